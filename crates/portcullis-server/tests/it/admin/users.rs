//! Adding and changing users: what is written, what is refused, and what is said about it.

use super::tables::{database, number, permission, text};
use super::visitor::{CHANGERS, PASSWORD, Visitor, account, staff, superuser, text_of, version_in};
use crate::client::Client;

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
    let version = version_in(&form);
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
    let page = text_of(&page);
    assert!(
        page.contains("Changed First name, Staff status, User permissions."),
        "{page}"
    );
    assert!(!page.contains("<b>\""), "{page}");
    let unchanged = number(&client, "SELECT count(*) FROM django_admin_log");
    let again = version_in(&ada.get(&path).await);
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
async fn stale_form_says_so_and_loses_nothing() {
    let client = Client::new().await;
    let eve = account(&client, "eve@example.com", "").await;
    let path = format!("/admin/users/{eve}/");
    let root = superuser(&client).await;
    let shown = version_in(&root.get(&path).await);
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
    let page = text_of(&answer);
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
    assert_eq!(post(&version_in(&answer)).await.status, 302);
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
    account(&client, "eve@example.com", "").await;
    let root = superuser(&client).await;
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
        assert!(text_of(&answer).contains(told), "{told}: {answer:?}");
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
