//! Access tokens that an app brings: whom the provider made them for.

use std::sync::Arc;

use axum::extract::Path;
use axum::routing::{get, post};
use axum::{Json, Router};
use http::{HeaderMap, StatusCode};
use portcullis::accounts::social::{HttpClient, OAuthClient, Provider, facebook, github};
use portcullis_server::{SocialProviders, Surroundings};
use serde_json::{Value, json};
use url::Url;

use crate::client::Client;

/// The token of a person, made for us; others are made for somebody else.
const OURS: &str = "made-for-us";

fn bearer(headers: &HeaderMap) -> &str {
    let header = headers
        .get("authorization")
        .and_then(|value| value.to_str().ok());
    header
        .and_then(|text| text.strip_prefix("Bearer "))
        .unwrap_or_default()
}

/// GitHub's and Facebook's answers, as far as these tests ask.
fn answers() -> Router {
    let owner = |headers: HeaderMap, body: Value| async move {
        match bearer(&headers).starts_with("made-for") {
            true => Ok(Json(body)),
            false => Err(StatusCode::UNAUTHORIZED),
        }
    };
    let emails = json!([{ "email": "ada@example.com", "primary": true, "verified": true }]);
    Router::new()
        .route(
            "/github/api/v3/user",
            get(move |headers| owner(headers, json!({ "id": 7 }))),
        )
        .route(
            "/github/api/v3/user/emails",
            get(move |headers| owner(headers, emails.clone())),
        )
        .route("/github/api/v3/applications/{client}/token", post(of_app))
        .route(
            "/facebook/v19.0/me",
            get(move |headers| owner(headers, json!({ "id": "8", "email": "eve@example.com" }))),
        )
        .route("/facebook/v19.0/debug_token", get(debug_token))
}

/// As GitHub: 404 for a token of another app.
async fn of_app(
    Path(client): Path<String>,
    headers: HeaderMap,
    Json(asked): Json<Value>,
) -> Result<Json<Value>, StatusCode> {
    let is_us = headers["authorization"] == "Basic dXM6c2VjcmV0";
    match is_us && client == "us" && asked["access_token"] == OURS {
        true => Ok(Json(json!({ "app": { "client_id": "us" } }))),
        false => Err(StatusCode::NOT_FOUND),
    }
}

/// As Facebook: it says for which app, whoever asks.
async fn debug_token(headers: HeaderMap, query: axum::extract::RawQuery) -> Json<Value> {
    assert_eq!(bearer(&headers), "us|secret");
    let query = query.0.unwrap_or_default();
    let app = match query == format!("input_token={OURS}") {
        true => "us",
        false => "somebody-else",
    };
    Json(json!({ "data": { "is_valid": true, "app_id": app } }))
}

/// 8.7
#[tokio::test]
async fn access_token_is_taken_where_the_provider_says_that_it_is_for_us() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, answers()).await });
    let at = |path: &str| -> Url { format!("{base}{path}").parse().unwrap() };
    let client = || OAuthClient::new("us", "secret");
    let providers: Vec<Arc<dyn Provider>> = vec![
        Arc::new(github(client(), Some(&at("/github")))),
        Arc::new(facebook(client(), Some(&at("/facebook")))),
    ];
    let client = HttpClient::new(None).unwrap();
    let providers = SocialProviders { client, providers };
    let service = Client::with_providers(&Surroundings::default(), providers).await;
    for (provider, token, status) in [
        ("github", OURS, 200),
        ("github", "made-for-somebody-else", 400),
        ("github", "nonsense", 400),
        ("facebook", OURS, 200),
        ("facebook", "made-for-somebody-else", 400),
        ("facebook", "nonsense", 400),
    ] {
        let body = json!({ "access_token": token });
        let answer = service.post(&format!("/rest-auth/{provider}/"), body).await;
        assert_eq!(answer.status, status, "{provider} {token} {answer:?}");
    }
}
