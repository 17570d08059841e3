//! Groups, from making to deleting.

use super::tables::{database, number, permission, text};
use super::visitor::{Visitor, staff, text_of, version_in};
use crate::client::Client;

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
    assert!(text_of(&taken).contains("already exists"));
    let id = number(&client, "SELECT id FROM auth_group");
    let path = format!("/admin/groups/{id}/");
    let shown = version_in(&ada.get(&path).await);
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
    assert!(text_of(&stale).contains("nothing was saved"), "{stale:?}");
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
    assert!(text_of(&asked).contains("deletes the group lookers"));
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
