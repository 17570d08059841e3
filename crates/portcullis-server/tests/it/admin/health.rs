//! How the service stands, and letting those in again who were locked out.

use portcullis::core::{Clock, Store};
use portcullis::core::{OutboxStore, OutgoingMail};

use super::tables::database;
use super::visitor::{PASSWORD, Visitor, staff, superuser};
use crate::client::Client;

#[tokio::test]
async fn superusers_lift_locks_and_log_ins_go_on() {
    let client = Client::new().await;
    staff(&client, "ada@example.com", &["view_user", "change_user"]).await;
    let ada = Visitor::logged_in(&client, "ada@example.com").await;
    let root = superuser(&client).await;
    let health = root.get("/admin/health/").await;
    assert!(
        health.body.as_str().unwrap().contains("Nothing is locked."),
        "{health:?}"
    );
    let guesser = Visitor::new(&client);
    let mut status = 200;
    for _ in 0..30 {
        status = guesser
            .log_in("ADA@example.com", "a guess", "/admin/")
            .await
            .status
            .as_u16();
        if status == 429 {
            break;
        }
    }
    assert_eq!(status, 429);
    let locked = Visitor::new(&client)
        .log_in("ada@example.com", PASSWORD, "/admin/")
        .await;
    assert_eq!(locked.status, 429);
    let page = root.get("/admin/health/").await;
    let page = page.body.as_str().unwrap();
    assert!(page.contains("log-ins as ada@example.com"), "{page}");
    let key = [("lock", "lock:login:name:ada@example.com")];
    assert_eq!(ada.get("/admin/health/").await.status, 403);
    assert_eq!(ada.post("/admin/health/", &key).await.status, 403);
    let lifted = root.post("/admin/health/", &key).await;
    assert_eq!(
        lifted.header("location"),
        "/admin/health/?done=lifted",
        "{lifted:?}"
    );
    Visitor::logged_in(&client, "ada@example.com").await;
    for key in [
        "lock:login:name:ada@example.com",
        "mail:ada@example.com",
        "lock:",
        "",
        &"x".repeat(999),
    ] {
        let again = root.post("/admin/health/", &[("lock", key)]).await;
        let is_nothing = again.status == 404 || again.header("location").ends_with("done=gone");
        assert!(is_nothing, "{key}: {again:?}");
    }
    let sql = "SELECT count(*) FROM portcullis_audit WHERE event = 'lock_lifted'";
    let lines: i64 = database(&client)
        .query_row(sql, [], |row| row.get(0))
        .unwrap();
    assert_eq!(lines, 1);
    client.store.ping().await.unwrap();
}

#[tokio::test]
async fn mail_that_is_not_sent_is_shown_without_its_text() {
    let client = Client::new().await;
    let now = client.clock.now();
    let mail = OutgoingMail {
        kind: "reset_password".to_owned(),
        recipient: "<eve>@example.com".to_owned(),
        subject: "A new password".to_owned(),
        text: "a secret link".to_owned(),
        html: None,
        created: now,
        not_before: now,
    };
    client.store.enqueue_mails(&[mail]).await.unwrap();
    let root = superuser(&client).await;
    let page = root.get("/admin/health/").await;
    let page = page.body.as_str().unwrap();
    assert!(page.contains("&lt;eve&gt;@example.com"), "{page}");
    assert!(
        page.contains("0 given up") && !page.contains("secret link"),
        "{page}"
    );
}
