//! The first administrator is made by a key, once and for an hour; others by administrators.

use axum::body::Body;
use http::Request;
use portcullis::core::UserStore;
use portcullis::sql::Database;
use serde_json::{Value, json};
use time::Duration;

use crate::client::{Answer, Client};

const PASSWORD: &str = "correct horse 9";

async fn make(client: &Client, email: &str, key: Option<&str>, token: Option<&str>) -> Answer {
    let mut body = json!({ "email": email, "password": PASSWORD });
    if let Some(key) = key {
        body["setup_key"] = Value::from(key);
    }
    let mut request =
        Request::post("/api/administrators/").header("Content-Type", "application/json");
    if let Some(token) = token {
        request = request.header("Authorization", format!("Token {token}"));
    }
    client
        .send(request.body(Body::from(body.to_string())).unwrap())
        .await
}

#[tokio::test]
async fn setup_key_makes_one_administrator() {
    let client = Client::new().await;
    let key = client.setup_key.clone();
    for wrong in [None, Some(""), Some("wrong"), Some(&key[..42])] {
        assert_eq!(
            make(&client, "eve@example.com", wrong, None).await.status,
            401
        );
    }
    // What is refused for its fields does not use the key up.
    let body = json!({ "email": "ada@example.com", "password": "123", "setup_key": key });
    assert_eq!(client.post("/api/administrators/", body).await.status, 400);
    let made = make(&client, "ada@example.com", Some(&key), None).await;
    assert_eq!(made.status, 201, "{made:?}");
    let again = make(&client, "eve@example.com", Some(&key), None).await;
    assert_eq!(again.status, 401);

    let database = Database::open_sqlite(&client.database()).unwrap().0;
    let ada = database
        .user_by_login_name("ada@example.com")
        .await
        .unwrap()
        .unwrap();
    assert!(ada.is_staff && ada.is_superuser);
    assert!(
        database
            .user_by_login_name("eve@example.com")
            .await
            .unwrap()
            .is_none()
    );

    let token = made.body["token"].as_str().unwrap();
    assert_eq!(
        make(&client, "grace@example.com", None, Some(token))
            .await
            .status,
        201
    );
    let plain = client.signup("bob@example.com", PASSWORD).await;
    let refused = make(&client, "bob2@example.com", Some(&key), Some(&plain)).await;
    assert_eq!(refused.status, 403);
}

#[tokio::test]
async fn setup_key_is_over_after_an_hour() {
    let client = Client::new().await;
    let key = client.setup_key.clone();
    client.clock.advance(Duration::HOUR);
    assert_eq!(
        make(&client, "ada@example.com", Some(&key), None)
            .await
            .status,
        401
    );
}
