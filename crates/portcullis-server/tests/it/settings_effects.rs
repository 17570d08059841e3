//! What settings do: the application that is built by them.

use std::collections::BTreeMap;

use axum::body::Body;
use http::Request;
use portcullis_server::Settings;
use serde_json::json;

use crate::client::{Answer, Client};

async fn client(flags: &[(&str, &str)]) -> Client {
    let flags = flags
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    // Not the file of the folder in which the tests run, if there is one.
    let empty = tempfile::NamedTempFile::new().unwrap();
    let settings = Settings::load(Some(empty.path()), BTreeMap::new(), flags.collect()).unwrap();
    Client::with(&settings.surroundings()).await
}

async fn get(client: &Client, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::builder().uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    client.send(request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn listed_origins_may_read_answers_and_others_may_not() {
    let settings = [
        ("cors.origins", "https://app.example.com"),
        ("cors.credentials", "true"),
    ];
    let client = client(&settings).await;
    let listed = get(
        &client,
        "/healthz",
        &[("Origin", "https://app.example.com")],
    )
    .await;
    assert_eq!(
        listed.header("access-control-allow-origin"),
        "https://app.example.com"
    );
    assert_eq!(listed.header("access-control-allow-credentials"), "true");
    let other = get(&client, "/healthz", &[("Origin", "https://evil.example")]).await;
    assert_eq!(other.header("access-control-allow-origin"), "");
}

#[tokio::test]
async fn without_origins_there_is_no_word_of_cors() {
    let client = client(&[]).await;
    let answer = get(
        &client,
        "/healthz",
        &[("Origin", "https://app.example.com")],
    )
    .await;
    assert_eq!(answer.header("access-control-allow-origin"), "");
}

#[tokio::test]
async fn only_allowed_hosts_are_answered() {
    let client = client(&[("allowed_hosts", ".example.com")]).await;
    for (host, status) in [
        ("a.example.com", 200),
        ("localhost:8000", 200),
        ("evil.example", 400),
    ] {
        assert_eq!(
            get(&client, "/healthz", &[("Host", host)]).await.status,
            status,
            "{host}"
        );
    }
}

#[tokio::test]
async fn default_permission_stands_at_doors_that_name_none() {
    let client = client(&[("default_permission_classes", "IsAdminUser")]).await;
    let token = client.signup("ada@example.com", "correct horse 9").await;
    let answer = client.get("/api/user/", &format!("Token {token}")).await;
    assert_eq!(answer.status, 403, "{answer:?}");
}

#[tokio::test]
async fn authtoken_issues_and_recognises_one_token_per_user() {
    let client = client(&[("compat.authtoken", "true")]).await;
    let token = client.signup("ada@example.com", "correct horse 9").await;
    assert_eq!(token.len(), 40);
    let answer = client.get("/api/user/", &format!("Token {token}")).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let body = json!({ "email": "ada@example.com", "password": "correct horse 9" });
    assert_eq!(
        client.post("/api/token/", body).await.body["token"],
        token.as_str()
    );
}

#[tokio::test]
async fn basic_authentication_is_asked_where_it_is_listed() {
    let client = client(&[("default_authentication_classes", "BasicAuthentication")]).await;
    client.signup("ada@example.com", "correct horse 9").await;
    // ada@example.com:correct horse 9
    let basic = "Basic YWRhQGV4YW1wbGUuY29tOmNvcnJlY3QgaG9yc2UgOQ==";
    assert_eq!(client.get("/api/user/", basic).await.status, 200);
    let nobody = client.get("/api/user/", "").await;
    assert_eq!(nobody.header("www-authenticate"), "Basic realm=\"api\"");
}

#[tokio::test]
async fn compat_all_sets_every_key_but_what_is_said() {
    let both = [
        ("compat.all", "true"),
        (
            "default_authentication_classes",
            "SessionAuthentication,BasicAuthentication",
        ),
    ];
    let answer = client(&both).await.get("/api/user/", "").await;
    assert_eq!(
        (answer.status.as_u16(), answer.header("cache-control")),
        (403, "")
    );
    let strict = [("compat.first_class_challenge", "false"), both[0], both[1]];
    assert_eq!(
        client(&strict).await.get("/api/user/", "").await.status,
        401
    );
}

#[tokio::test]
async fn login_limit_counts_as_it_is_set() {
    let client = client(&[("login_limit.tries", "2")]).await;
    let body = json!({ "email": "ada@example.com", "password": "wrong" });
    for status in [400, 400, 429] {
        assert_eq!(
            client.post("/api/token/", body.clone()).await.status,
            status
        );
    }
}

#[tokio::test]
async fn device_token_ends_when_it_is_set_to() {
    let client = client(&[("device.token_ttl_seconds", "60")]).await;
    let token = client.signup("ada@example.com", "correct horse 9").await;
    client.clock.advance(time::Duration::seconds(61));
    assert_eq!(
        client
            .get("/api/user/", &format!("Token {token}"))
            .await
            .status,
        401
    );
}
