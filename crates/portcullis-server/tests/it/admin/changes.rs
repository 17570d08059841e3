//! Changing users and groups: what is written, what is refused, and what is said about it.

use super::visitor::{PASSWORD, Visitor, account, database, staff};
use crate::client::{Answer, Client};

/// The version that a form was shown with.
fn version(answer: &Answer) -> String {
    let page = answer.body.as_str().unwrap();
    let (_, rest) = page
        .split_once("name=\"version\" value=\"")
        .expect("a form");
    rest.split_once('"').unwrap().0.to_owned()
}

/// The key of the permission with that codename.
fn permission(client: &Client, codename: &str) -> String {
    let sql = "SELECT id FROM auth_permission WHERE codename = ?1";
    let id: i64 = database(client)
        .query_row(sql, [codename], |row| row.get(0))
        .unwrap();
    id.to_string()
}

fn text(client: &Client, sql: &str) -> String {
    database(client)
        .query_row(sql, [], |row| row.get(0))
        .unwrap()
}

fn number(client: &Client, sql: &str) -> i64 {
    database(client)
        .query_row(sql, [], |row| row.get(0))
        .unwrap()
}

const CHANGERS: [&str; 3] = ["view_user", "change_user", "add_user"];

#[tokio::test]
async fn staff_add_and_change_users_with_a_line_in_both_logs() {
    let client = Client::new().await;
    staff(&client, "ada@example.com", &CHANGERS).await;
    let ada = Visitor::logged_in(&client, "ada@example.com").await;
    let fields = [
        ("username", "eve"),
        ("email", "Eve@Example.COM"),
        ("password1", PASSWORD),
        ("password2", PASSWORD),
    ];
    let added = ada.post("/admin/users/add/", &fields).await;
    assert_eq!(added.status, 302, "{added:?}");
    let path = added
        .header("location")
        .trim_end_matches("?done=added")
        .to_owned();
    let form = ada.get(&path).await;
    let view = permission(&client, "view_user");
    let version = version(&form);
    let fields = [
        ("username", "eve"),
        ("email", "Eve@example.com"),
        ("first_name", "Eve \"x\" <b>"),
        ("is_active", "1"),
        ("is_staff", "1"),
        ("permissions", &view),
        ("version", &version),
    ];
    let saved = ada.post(&path, &fields).await;
    assert_eq!(
        saved.header("location"),
        format!("{path}?done=saved"),
        "{saved:?}"
    );
    let log = "SELECT group_concat(action_flag || object_repr || change_message, ';') FROM \
               (SELECT * FROM django_admin_log ORDER BY id)";
    assert_eq!(
        text(&client, log),
        "1eve[{\"added\": {}}];2eve[{\"changed\": {\"fields\": [\"First name\", \"Staff status\", \"User permissions\"]}}]"
    );
    let audit = "SELECT group_concat(event || ' ' || device, ';') FROM (SELECT * FROM portcullis_audit \
                 WHERE event LIKE 'account%' ORDER BY id)";
    assert_eq!(
        text(&client, audit),
        "account_added administrator ada@example.com;account_changed administrator ada@example.com"
    );
    let eve = Visitor::logged_in(&client, "eve@example.com").await;
    assert_eq!(eve.get("/admin/users/").await.status, 200);
    let page = ada.get(&path).await;
    let page = page.body.as_str().unwrap();
    assert!(
        page.contains("Changed First name, Staff status, User permissions."),
        "{page}"
    );
    assert!(!page.contains("<b>\""), "{page}");
    let unchanged = number(&client, "SELECT count(*) FROM django_admin_log");
    let again = super::changes::version(&ada.get(&path).await);
    let mut fields = fields.to_vec();
    fields.pop();
    fields.push(("version", &again));
    assert_eq!(ada.post(&path, &fields).await.status, 302);
    assert_eq!(
        number(&client, "SELECT count(*) FROM django_admin_log"),
        unchanged
    );
}

#[tokio::test]
async fn nobody_hands_out_or_touches_more_than_they_hold() {
    let client = Client::new().await;
    let ada_id = staff(&client, "ada@example.com", &CHANGERS).await;
    let root = account(
        &client,
        "root@example.com",
        "is_staff = 1, is_superuser = 1",
    )
    .await;
    // Let in again, they would be what they were.
    let old = account(
        &client,
        "old@example.com",
        "is_superuser = 1, is_active = 0",
    )
    .await;
    let more = staff(&client, "more@example.com", &["delete_user"]).await;
    let eve = account(&client, "eve@example.com", "").await;
    database(&client)
        .execute_batch(&format!(
            "INSERT INTO auth_group (id, name) VALUES (1, 'deleters'), (2, 'viewers'); \
             INSERT INTO auth_group_permissions (group_id, permission_id) \
             SELECT 1, id FROM auth_permission WHERE codename = 'delete_user'; \
             INSERT INTO auth_group_permissions (group_id, permission_id) \
             SELECT 2, id FROM auth_permission WHERE codename = 'view_user'; \
             INSERT INTO auth_user_groups (user_id, group_id) VALUES ({eve}, 2);"
        ))
        .unwrap();
    let ada = Visitor::logged_in(&client, "ada@example.com").await;
    for id in [root, old, more] {
        let path = format!("/admin/users/{id}/");
        let page = ada.get(&path).await;
        assert!(
            page.body
                .as_str()
                .unwrap()
                .contains("they may do more than you")
        );
        let password = [
            ("password1", "quite another 7"),
            ("password2", "quite another 7"),
        ];
        let forged = [
            ada.post(&path, &[("username", "x"), ("version", "0")])
                .await,
            ada.post(&format!("{path}password/"), &password).await,
            ada.post(&format!("{path}logins/"), &[("action", "issue")])
                .await,
            ada.post(&format!("{path}logins/"), &[("action", "end_all")])
                .await,
        ];
        for answer in forged {
            assert_eq!(answer.status, 403, "{answer:?}");
        }
    }
    let (delete, view) = (
        permission(&client, "delete_user"),
        permission(&client, "view_user"),
    );
    let path = |id: i64| format!("/admin/users/{id}/");
    for (id, name, more) in [
        (eve, "eve@example.com", ("permissions", delete.as_str())),
        (eve, "eve@example.com", ("groups", "1")),
        (eve, "eve@example.com", ("is_superuser", "1")),
        (ada_id, "ada@example.com", ("permissions", delete.as_str())),
        (ada_id, "ada@example.com", ("groups", "1")),
        (ada_id, "ada@example.com", ("is_superuser", "1")),
    ] {
        let version = version(&ada.get(&path(id)).await);
        let fields = [
            ("username", name),
            ("email", name),
            ("is_active", "1"),
            ("is_staff", "1"),
            ("permissions", &view),
            ("version", &version),
            more,
        ];
        let answer = ada.post(&path(id), &fields).await;
        assert_eq!(answer.status, 403, "{more:?}");
    }
    assert_eq!(number(&client, "SELECT count(*) FROM django_admin_log"), 0);
    let held = format!("SELECT count(*) FROM auth_user_user_permissions WHERE user_id = {eve}");
    assert_eq!(number(&client, &held), 0);
    // What they hold, they may give; and they do not shut themselves out.
    let version = super::changes::version(&ada.get(&path(eve)).await);
    let fields = [
        ("username", "eve@example.com"),
        ("email", "eve@example.com"),
        ("is_active", "1"),
        ("groups", "2"),
        ("permissions", &view),
        ("version", &version),
    ];
    assert_eq!(ada.post(&path(eve), &fields).await.status, 302);
    assert_eq!(number(&client, &held), 1);
    let own = super::changes::version(&ada.get(&path(ada_id)).await);
    let fields = [
        ("username", "ada@example.com"),
        ("email", "ada@example.com"),
        ("is_staff", "1"),
        ("version", &own),
    ];
    let answer = ada.post(&path(ada_id), &fields).await;
    assert!(
        answer.body.as_str().unwrap().contains("lock yourself out"),
        "{answer:?}"
    );
}

#[tokio::test]
async fn stale_form_says_so_and_loses_nothing() {
    let client = Client::new().await;
    account(
        &client,
        "root@example.com",
        "is_staff = 1, is_superuser = 1",
    )
    .await;
    let eve = account(&client, "eve@example.com", "").await;
    let path = format!("/admin/users/{eve}/");
    let root = Visitor::logged_in(&client, "root@example.com").await;
    let shown = version(&root.get(&path).await);
    let sql = "UPDATE auth_user SET last_name = 'Meanwhile' WHERE id = ?1";
    database(&client).execute(sql, [eve]).unwrap();
    let fields = |version: &str| {
        vec![
            ("username".to_owned(), "eve@example.com".to_owned()),
            ("email".to_owned(), "eve@example.com".to_owned()),
            ("first_name".to_owned(), "Typed".to_owned()),
            ("is_active".to_owned(), "1".to_owned()),
            ("version".to_owned(), version.to_owned()),
        ]
    };
    let post = async |version: &str| {
        let fields = fields(version);
        let fields: Vec<_> = fields
            .iter()
            .map(|(name, value)| (&**name, &**value))
            .collect();
        root.post(&path, &fields).await
    };
    let answer = post(&shown).await;
    let page = answer.body.as_str().unwrap();
    assert_eq!(answer.status, 200);
    for told in [
        "nothing was saved",
        "value=\"Typed\"",
        "Stored now: Meanwhile",
    ] {
        assert!(page.contains(told), "{told}: {page}");
    }
    let name = format!("SELECT first_name || '|' || last_name FROM auth_user WHERE id = {eve}");
    assert_eq!(text(&client, &name), "|Meanwhile");
    assert_eq!(post(&version(&answer)).await.status, 302);
    assert_eq!(text(&client, &name), "Typed|");
    database(&client)
        .execute_batch(&format!(
            "PRAGMA foreign_keys = OFF; DELETE FROM auth_user WHERE id = {eve}"
        ))
        .unwrap();
    assert_eq!(post(&shown).await.status, 404);
}

#[tokio::test]
async fn wrong_fields_of_a_user_are_told_beside_them() {
    let client = Client::new().await;
    account(
        &client,
        "root@example.com",
        "is_staff = 1, is_superuser = 1",
    )
    .await;
    account(&client, "eve@example.com", "").await;
    let root = Visitor::logged_in(&client, "root@example.com").await;
    let long = "x".repeat(151);
    for (fields, told) in [
        (vec![("username", "")], "This field is required."),
        (vec![("username", "a b")], "Enter a valid username."),
        (vec![("username", &*long)], "at most 150 characters"),
        (
            vec![("username", "bob"), ("email", "nonsense")],
            "Enter a valid email address.",
        ),
        (
            vec![("username", "bob"), ("password1", "a"), ("password2", "b")],
            "didn’t match",
        ),
        (
            vec![
                ("username", "bob"),
                ("password1", "password"),
                ("password2", "password"),
            ],
            "too common",
        ),
        (
            vec![("username", "EVE@example.com"), ("without_password", "1")],
            "username already exists",
        ),
        (
            vec![
                ("username", "bob"),
                ("email", "EVE@example.com"),
                ("without_password", "1"),
            ],
            "e-mail address already exists",
        ),
    ] {
        let answer = root.post("/admin/users/add/", &fields).await;
        assert_eq!(answer.status, 200, "{fields:?}");
        assert!(
            answer.body.as_str().unwrap().contains(told),
            "{told}: {answer:?}"
        );
    }
    let nul = root
        .post("/admin/users/add/", &[("username", "a\0b")])
        .await;
    assert_eq!(nul.status, 400);
    let huge = root
        .post("/admin/users/add/", &[("username", &"x".repeat(2_000_000))])
        .await;
    assert_eq!(huge.status, 413);
    let json = root
        .send("POST", "/admin/users/add/", Some("{}".to_owned()))
        .await;
    assert_eq!(json.status, 403, "without a token");
}

#[tokio::test]
async fn those_who_may_only_look_write_nothing_by_forged_forms() {
    let client = Client::new().await;
    staff(&client, "ada@example.com", &["view_user", "view_group"]).await;
    let eve = account(&client, "eve@example.com", "").await;
    database(&client)
        .execute_batch("INSERT INTO auth_group (id, name) VALUES (1, 'g')")
        .unwrap();
    let ada = Visitor::logged_in(&client, "ada@example.com").await;
    let password = [
        ("password1", "quite another 7"),
        ("password2", "quite another 7"),
        ("username", "new"),
    ];
    for (path, fields) in [
        (
            format!("/admin/users/{eve}/"),
            &[("username", "x"), ("is_staff", "1")][..],
        ),
        (format!("/admin/users/{eve}/password/"), &password),
        (
            format!("/admin/users/{eve}/logins/"),
            &[("action", "end_all")],
        ),
        (
            format!("/admin/users/{eve}/logins/"),
            &[("action", "issue")],
        ),
        ("/admin/users/add/".to_owned(), &password),
        ("/admin/groups/add/".to_owned(), &[("name", "x")]),
        ("/admin/groups/1/".to_owned(), &[("name", "x")]),
        ("/admin/groups/1/delete/".to_owned(), &[]),
    ] {
        assert_eq!(ada.post(&path, fields).await.status, 403, "{path}");
    }
    for path in [
        format!("/admin/users/{eve}/"),
        format!("/admin/users/{eve}/logins/"),
        "/admin/groups/1/".to_owned(),
    ] {
        let page = ada.get(&path).await;
        assert_eq!(page.status, 200, "{path}");
        assert_eq!(
            page.body.as_str().unwrap().matches("<button").count(),
            1,
            "log out alone: {path}"
        );
    }
    assert_eq!(number(&client, "SELECT count(*) FROM django_admin_log"), 0);
}

#[tokio::test]
async fn password_by_an_administrator_ends_every_login() {
    let client = Client::new().await;
    account(
        &client,
        "root@example.com",
        "is_staff = 1, is_superuser = 1",
    )
    .await;
    let token = format!("Token {}", client.signup("eve@example.com", PASSWORD).await);
    let eve = number(
        &client,
        "SELECT id FROM auth_user WHERE email = 'eve@example.com'",
    );
    let root = Visitor::logged_in(&client, "root@example.com").await;
    assert_eq!(client.get("/api/user/", &token).await.status, 200);
    let fields = [
        ("password1", "quite another 7"),
        ("password2", "quite another 7"),
    ];
    let changed = root
        .post(&format!("/admin/users/{eve}/password/"), &fields)
        .await;
    assert_eq!(changed.status, 302, "{changed:?}");
    assert_eq!(client.get("/api/user/", &token).await.status, 401);
    let log = text(&client, "SELECT change_message FROM django_admin_log");
    assert_eq!(log, "[{\"changed\": {\"fields\": [\"password\"]}}]");
    let old = Visitor::new(&client);
    assert_eq!(
        old.log_in("root@example.com", "quite another 7", "/admin/")
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn administrators_end_logins_and_issue_tokens_that_are_shown_once() {
    let client = Client::new().await;
    account(
        &client,
        "root@example.com",
        "is_staff = 1, is_superuser = 1",
    )
    .await;
    let first = format!("Token {}", client.signup("eve@example.com", PASSWORD).await);
    let eve = number(
        &client,
        "SELECT id FROM auth_user WHERE email = 'eve@example.com'",
    );
    let path = format!("/admin/users/{eve}/logins/");
    let root = Visitor::logged_in(&client, "root@example.com").await;
    let issued = root
        .post(&path, &[("action", "issue"), ("device", "the <till>")])
        .await;
    let page = issued.body.as_str().unwrap();
    let (_, rest) = page.split_once("<code class=\"secret\">").unwrap();
    let token = rest.split_once('<').unwrap().0;
    let second = format!("Token {token}");
    assert_eq!(client.get("/api/user/", &second).await.status, 200);
    let list = root.get(&path).await;
    let page = list.body.as_str().unwrap();
    assert!(
        !page.contains(token) && page.contains("the &lt;till&gt;"),
        "{page}"
    );
    let (_, rest) = page.split_once("name=\"login\" value=\"").unwrap();
    let newest = rest.split_once('"').unwrap().0;
    let end = [("action", "end"), ("login", newest)];
    let ended = root.post(&path, &end).await;
    assert!(
        ended.header("location").ends_with("done=ended"),
        "{ended:?}"
    );
    assert_eq!(client.get("/api/user/", &second).await.status, 401);
    assert_eq!(client.get("/api/user/", &first).await.status, 200);
    assert!(
        root.post(&path, &end)
            .await
            .header("location")
            .ends_with("done=gone")
    );
    assert_eq!(root.post(&path, &[("action", "end_all")]).await.status, 302);
    assert_eq!(client.get("/api/user/", &first).await.status, 401);
    for fields in [
        &[("action", "end"), ("login", "x")][..],
        &[("action", "nonsense")],
        &[],
    ] {
        assert_eq!(root.post(&path, fields).await.status, 404);
    }
    let messages = "SELECT group_concat(change_message, ';') FROM (SELECT * FROM django_admin_log ORDER BY id)";
    assert_eq!(
        text(&client, messages),
        "Issued a device token.;Ended a login.;Ended all logins."
    );
}

#[tokio::test]
async fn groups_are_made_changed_and_deleted() {
    let client = Client::new().await;
    let names = [
        "view_group",
        "add_group",
        "change_group",
        "delete_group",
        "view_user",
    ];
    staff(&client, "ada@example.com", &names).await;
    let ada = Visitor::logged_in(&client, "ada@example.com").await;
    let (view, delete) = (
        permission(&client, "view_user"),
        permission(&client, "delete_user"),
    );
    let more = ada
        .post(
            "/admin/groups/add/",
            &[("name", "x"), ("permissions", &delete)],
        )
        .await;
    assert_eq!(more.status, 403);
    let added = ada
        .post(
            "/admin/groups/add/",
            &[("name", "viewers"), ("permissions", &view)],
        )
        .await;
    assert_eq!(added.status, 302, "{added:?}");
    let taken = ada.post("/admin/groups/add/", &[("name", "viewers")]).await;
    assert!(taken.body.as_str().unwrap().contains("already exists"));
    let id = number(&client, "SELECT id FROM auth_group");
    let path = format!("/admin/groups/{id}/");
    let shown = version(&ada.get(&path).await);
    let saved = ada
        .post(
            &path,
            &[
                ("name", "lookers"),
                ("permissions", &view),
                ("version", &shown),
            ],
        )
        .await;
    assert_eq!(saved.status, 302, "{saved:?}");
    let stale = ada
        .post(&path, &[("name", "others"), ("version", &shown)])
        .await;
    assert!(
        stale.body.as_str().unwrap().contains("nothing was saved"),
        "{stale:?}"
    );
    let sql = format!(
        "INSERT INTO auth_group_permissions (group_id, permission_id) VALUES ({id}, {delete})"
    );
    database(&client).execute_batch(&sql).unwrap();
    assert_eq!(
        ada.post(&format!("{path}delete/"), &[]).await.status,
        403,
        "it may more than she"
    );
    let sql = format!("DELETE FROM auth_group_permissions WHERE permission_id = {delete}");
    database(&client).execute_batch(&sql).unwrap();
    let asked = ada.get(&format!("{path}delete/")).await;
    assert!(
        asked
            .body
            .as_str()
            .unwrap()
            .contains("deletes the group lookers")
    );
    assert_eq!(ada.post(&format!("{path}delete/"), &[]).await.status, 302);
    assert_eq!(number(&client, "SELECT count(*) FROM auth_group"), 0);
    assert_eq!(
        number(&client, "SELECT count(*) FROM auth_group_permissions"),
        0
    );
    let flags =
        "SELECT group_concat(action_flag, '') FROM (SELECT * FROM django_admin_log ORDER BY id)";
    assert_eq!(text(&client, flags), "123");
}
