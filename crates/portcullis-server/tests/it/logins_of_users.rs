//! Administrators see where a user is logged in, and end it: by doors and by a command.

use portcullis::core::{AuditFilter, AuditStore};
use serde_json::json;

use crate::client::{Answer, Client};
use crate::command::{ADA, Folder, count};

const PASSWORD: &str = "correct horse 9";
const EVE: &str = "eve@example.com";

/// An application with an administrator; its token's header.
async fn with_administrator() -> (Client, String) {
    let client = Client::new().await;
    let body = json!({ "email": ADA, "password": PASSWORD, "setup_key": client.setup_key });
    let made = client.post("/api/administrators/", body).await;
    let token = format!("Token {}", made.body["token"].as_str().unwrap());
    (client, token)
}

async fn log_in(client: &Client, path: &str) -> Answer {
    let body = json!({ "username": EVE, "password": PASSWORD });
    let answer = client.post(path, body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer
}

#[tokio::test]
async fn administrator_lists_and_ends_the_logins_of_a_user_at_once() {
    let (client, administrator) = with_administrator().await;
    let first = format!("Token {}", client.signup(EVE, PASSWORD).await);
    let second = log_in(&client, "/api/token/").await;
    let second = format!("Token {}", second.body["token"].as_str().unwrap());
    let access = log_in(&client, "/jwt/token/").await;
    let access = format!("Bearer {}", access.body["access"].as_str().unwrap());
    let list = client.get("/api/users/EVE@example.com/devices/", &administrator);
    let list = list.await;
    let rows = list.body.as_array().unwrap();
    let schemes: Vec<_> = rows
        .iter()
        .map(|row| row["scheme"].as_str().unwrap())
        .collect();
    assert_eq!(schemes, ["jwt", "device", "device"], "{list:?}");
    assert!(rows.iter().all(|row| row["current"] == json!(false)));
    let path = format!("/api/users/{EVE}/devices/{}/", rows[2]["id"]);
    let ended = client.call("DELETE", &path, &administrator).await;
    assert_eq!(ended.status, 204, "{ended:?}");
    assert_eq!(client.get("/api/user/", &first).await.status, 401);
    assert_eq!(
        client.call("DELETE", &path, &administrator).await.status,
        404
    );
    for open in [&second, &access] {
        assert_eq!(client.get("/api/user/", open).await.status, 200);
    }
    let path = format!("/api/users/{EVE}/devices/logout-all/");
    let ended = client.call("POST", &path, &administrator).await;
    assert_eq!(ended.body, json!({ "ended": 2 }));
    for open in [&second, &access] {
        assert_eq!(client.get("/api/user/", open).await.status, 401);
    }
    assert_eq!(client.get("/api/user/", &administrator).await.status, 200);
    let lines = client.store.audit(&AuditFilter::default()).await.unwrap();
    let lines: Vec<_> = lines
        .iter()
        .filter(|line| line.event == "token_revoked")
        .map(|line| (line.username.as_deref(), line.device.as_str()))
        .collect();
    assert_eq!(lines, [(Some(EVE), "administrator ada@example.com"); 2]);
}

// Security: staff, users and strangers learn nothing, not even who is there.
#[tokio::test]
async fn logins_of_users_are_for_administrators_alone() {
    let (client, administrator) = with_administrator().await;
    let user = format!("Token {}", client.signup(EVE, PASSWORD).await);
    let file = rusqlite::Connection::open(client.database()).unwrap();
    file.execute("UPDATE auth_user SET is_staff = 1", [])
        .unwrap();
    for name in [ADA, EVE, "nobody@example.com"] {
        for (method, rest) in [("GET", ""), ("DELETE", "1/"), ("POST", "logout-all/")] {
            let path = format!("/api/users/{name}/devices/{rest}");
            for (token, status) in [("", 401), (user.as_str(), 403)] {
                let answer = client.call(method, &path, token).await;
                assert_eq!(answer.status, status, "{method} {path}");
            }
        }
    }
    let list = "/api/users/nobody@example.com/devices/";
    assert_eq!(client.get(list, &administrator).await.status, 404);
    // Somebody else's login is not this user's.
    let path = format!("/api/users/{EVE}/devices/1/");
    assert_eq!(
        client.call("DELETE", &path, &administrator).await.status,
        404
    );
    assert_eq!(client.get("/api/user/", &administrator).await.status, 200);
}

#[test]
fn command_lists_and_ends_the_logins_of_a_user() {
    let folder = Folder::with_user(ADA);
    folder.ok(&["token", "create", ADA, "--device", "a\u{7}b"]);
    folder.ok(&["token", "create", ADA]);
    let list = folder.ok(&["logins", "ADA@example.com"]);
    assert_eq!(list.lines().count(), 3, "{list}");
    assert!(
        list.lines().nth(2).unwrap().starts_with("1   device  ab "),
        "{list}"
    );
    let ended = folder.ok(&["logins", ADA, "--end"]);
    assert_eq!(ended, "2 logins of ada@example.com ended\n");
    assert_eq!(count(&folder, "knox_authtoken"), 0);
    assert_eq!(folder.ok(&["logins", ADA]).lines().count(), 1);
    let log = folder.ok(&["audit", "--event", "token_revoked"]);
    assert!(
        log.lines()
            .nth(1)
            .unwrap()
            .ends_with("portcullis, the command"),
        "{log}"
    );
    assert_eq!(folder.run(&["logins", "nobody"]).status, 1);
}
