//! Forms of those who may not do what they ask for.

use super::tables::{database, number, permission};
use super::visitor::{CHANGERS, Visitor, account, staff, text_of, version_in};
use crate::client::Client;

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
        assert!(text_of(&page).contains("they may do more than you"));
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
        let version = version_in(&ada.get(&path(id)).await);
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
    let version = version_in(&ada.get(&path(eve)).await);
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
    let own = version_in(&ada.get(&path(ada_id)).await);
    let fields = [
        ("username", "ada@example.com"),
        ("email", "ada@example.com"),
        ("is_staff", "1"),
        ("version", &own),
    ];
    let answer = ada.post(&path(ada_id), &fields).await;
    assert!(text_of(&answer).contains("lock yourself out"), "{answer:?}");
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
            text_of(&page).matches("<button").count(),
            1,
            "log out alone: {path}"
        );
    }
    assert_eq!(number(&client, "SELECT count(*) FROM django_admin_log"), 0);
}

#[tokio::test]
async fn faulty_forms_show_nothing_to_those_who_may_not_look() {
    let client = Client::new().await;
    staff(&client, "ada@example.com", &[]).await;
    let eve = account(&client, "eve@example.com", "").await;
    database(&client)
        .execute_batch("INSERT INTO auth_group (id, name) VALUES (1, 'the hidden')")
        .unwrap();
    let ada = Visitor::logged_in(&client, "ada@example.com").await;
    for (path, field) in [
        ("/admin/groups/1/".to_owned(), "name"),
        ("/admin/groups/add/".to_owned(), "name"),
        (format!("/admin/users/{eve}/"), "username"),
        (format!("/admin/users/{eve}/password/"), "password1"),
        (format!("/admin/users/{eve}/logins/"), "action"),
        ("/admin/users/add/".to_owned(), "username"),
    ] {
        let answer = ada.post(&path, &[(field, "")]).await;
        assert_eq!(answer.status, 403, "{path}");
        let page = text_of(&answer);
        assert!(!page.contains("the hidden") && !page.contains("eve@"));
    }
}
