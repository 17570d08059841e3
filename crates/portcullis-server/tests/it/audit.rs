//! What requests leave in the audit log.

use axum::body::Body;
use http::Request;
use portcullis::core::{AuditFilter, AuditRecord, AuditStore};
use portcullis::web::TrustedProxies;
use portcullis_server::Surroundings;
use serde_json::json;

use crate::client::{Answer, Client};

const ADA: &str = "ada@example.com";
const PASSWORD: &str = "correct horse 9";

async fn client() -> Client {
    let surroundings = Surroundings {
        trusted_proxies: TrustedProxies::DangerEverybody,
        ..Surroundings::default()
    };
    Client::with(&surroundings).await
}

async fn post(client: &Client, path: &str, bearer: &str, body: serde_json::Value) -> Answer {
    let request = Request::post(path)
        .header("Content-Type", "application/json")
        .header("User-Agent", "a test")
        .header("X-Forwarded-For", "192.0.2.7")
        .header("Authorization", bearer);
    client
        .send(request.body(Body::from(body.to_string())).unwrap())
        .await
}

async fn records(client: &Client) -> Vec<AuditRecord> {
    client.store.audit(&AuditFilter::default()).await.unwrap()
}

/// Event, outcome, user and scheme of each line.
fn shown(records: &[AuditRecord]) -> Vec<String> {
    let line = |record: &AuditRecord| {
        let name = record.username.as_deref().unwrap_or("-");
        format!(
            "{} {} {name} {}",
            record.event, record.outcome, record.scheme
        )
    };
    records.iter().map(line).collect()
}

#[tokio::test]
async fn each_step_of_an_account_leaves_a_line_and_no_secret() {
    let client = client().await;
    let credentials = json!({ "email": ADA, "username": ADA, "password": PASSWORD });
    post(&client, "/api/signup/", "", credentials.clone()).await;
    let answer = post(&client, "/api/token/", "", credentials.clone()).await;
    let token = format!("Token {}", answer.body["token"].as_str().unwrap());
    let answer = post(&client, "/jwt/token/", "", credentials.clone()).await;
    let refresh = answer.body["refresh"].as_str().unwrap().to_owned();
    post(&client, "/jwt/refresh/", "", json!({ "refresh": refresh })).await;
    client.clock.advance(time::Duration::minutes(1));
    post(&client, "/jwt/refresh/", "", json!({ "refresh": refresh })).await;
    let wrong = json!({ "email": ADA, "password": "wrong horse 9" });
    post(&client, "/api/token/", "", wrong).await;
    let nobody = json!({ "email": "nobody@example.com", "password": "wrong horse 9" });
    post(&client, "/api/token/", "", nobody).await;
    post(
        &client,
        "/rest-auth/password/reset/",
        "",
        json!({ "email": ADA }),
    )
    .await;
    post(&client, "/api/auth/logout/", &token, json!({})).await;
    let again = post(&client, "/api/token/", "", credentials).await;
    let token = format!("Token {}", again.body["token"].as_str().unwrap());
    post(&client, "/api/devices/logout-all/", &token, json!({})).await;
    let records = records(&client).await;
    assert_eq!(
        shown(&records),
        [
            "signup ok ada@example.com device",
            "login ok ada@example.com device",
            "login ok ada@example.com jwt",
            "token_revoked reused ada@example.com jwt",
            "login failed ada@example.com ",
            "login failed - ",
            "reset_asked ok ada@example.com ",
            "logout ok ada@example.com device",
            "login ok ada@example.com device",
            "logout ok ada@example.com ",
        ]
    );
    for record in &records {
        assert_eq!(record.address.as_deref(), Some("192.0.2.7"), "{record:?}");
        assert_eq!(record.device, "a test", "{record:?}");
        let text = format!("{record:?}");
        assert!(
            !text.contains("horse") && !text.contains("nobody"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn log_in_that_opens_a_token_and_a_session_is_one_line() {
    let client = client().await;
    let body = json!({ "email": ADA, "password1": PASSWORD, "password2": PASSWORD });
    let made = post(&client, "/rest-auth/registration/", "", body).await;
    let body = json!({ "email": ADA, "password": PASSWORD });
    let opened = post(&client, "/rest-auth/login/", "", body).await;
    for answer in [made, opened] {
        assert!(answer.body["key"].is_string(), "{answer:?}");
        assert!(answer.header("set-cookie").starts_with("sessionid="));
    }
    assert_eq!(
        shown(&records(&client).await),
        [
            "signup ok ada@example.com device",
            "login ok ada@example.com device"
        ]
    );
}

#[tokio::test]
async fn lock_is_written_down_once_in_its_window() {
    let client = client().await;
    client.signup(ADA, PASSWORD).await;
    let wrong = json!({ "email": ADA, "password": "wrong horse 9" });
    for _ in 0..15 {
        post(&client, "/api/token/", "", wrong.clone()).await;
    }
    let lines = shown(&records(&client).await);
    let count = |event: &str| lines.iter().filter(|line| line.starts_with(event)).count();
    assert_eq!((count("login failed"), count("lock")), (10, 1), "{lines:?}");
    assert!(lines.contains(&"lock failed ada@example.com ".to_owned()));
}

#[tokio::test]
async fn locks_of_many_names_from_one_address_do_not_fill_the_log() {
    let client = client().await;
    for number in 0..150 {
        let wrong = json!({ "email": format!("a{number}@example.com"), "password": "wrong" });
        post(&client, "/api/token/", "", wrong).await;
    }
    let all = AuditFilter {
        limit: 1000,
        ..AuditFilter::default()
    };
    let lines = shown(&client.store.audit(&all).await.unwrap());
    let count = |event: &str| lines.iter().filter(|line| line.starts_with(event)).count();
    assert_eq!((count("login failed"), count("lock")), (100, 30));
}
