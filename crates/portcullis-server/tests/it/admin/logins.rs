//! Logins of users, in the hands of administrators: passwords, ends, tokens.

use super::tables::{number, text};
use super::visitor::{PASSWORD, Visitor, superuser, text_of};
use crate::client::Client;

/// A user with a token of their own: their key, and what a request brings.
async fn eve_with_token(client: &Client) -> (i64, String) {
    let token = client.signup("eve@example.com", PASSWORD).await;
    let key = "SELECT id FROM auth_user WHERE email = 'eve@example.com'";
    (number(client, key), format!("Token {token}"))
}

#[tokio::test]
async fn password_by_an_administrator_ends_every_login() {
    let client = Client::new().await;
    let (eve, token) = eve_with_token(&client).await;
    let root = superuser(&client).await;
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
    let (eve, first) = eve_with_token(&client).await;
    let path = format!("/admin/users/{eve}/logins/");
    let root = superuser(&client).await;
    let issued = root
        .post(&path, &[("action", "issue"), ("device", "the <till>")])
        .await;
    let page = text_of(&issued);
    let (_, rest) = page.split_once("<code class=\"secret\">").unwrap();
    let token = rest.split_once('<').unwrap().0;
    let second = format!("Token {token}");
    assert_eq!(client.get("/api/user/", &second).await.status, 200);
    let list = root.get(&path).await;
    let page = text_of(&list);
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
