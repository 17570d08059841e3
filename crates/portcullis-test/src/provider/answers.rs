//! What the provider answers, address by address.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{RawQuery, State as Shared};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use axum::{Json, extract};
use http::{HeaderMap, StatusCode, header};
use portcullis::django::authorization::basic_of;
use portcullis::django::signing::base64url_encode;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{CLIENT_ID, CLIENT_SECRET, FakeProvider, Manner, claims_of, signing};

pub(super) fn router(provider: FakeProvider) -> Router {
    Router::new()
        .route("/.well-known/openid-configuration", any(discovery))
        .route("/authorize", any(authorize))
        .route("/keys", any(keys))
        .route("/token", any(token))
        .route("/user", any(user))
        .fallback(elsewhere)
        .with_state(provider)
}

async fn elsewhere(
    Shared(provider): Shared<FakeProvider>,
    request: extract::Request,
) -> StatusCode {
    provider.locked().asked.push(request.uri().to_string());
    StatusCode::NOT_FOUND
}

async fn discovery(Shared(provider): Shared<FakeProvider>) -> Response {
    let issuer = provider.issuer();
    let (manner, promises) = {
        let mut state = provider.locked();
        state.asked.push("discovery".to_owned());
        (
            state.manners.discovery.clone(),
            state.manners.promises_issuer,
        )
    };
    let body = json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "userinfo_endpoint": format!("{issuer}/user"),
        "jwks_uri": format!("{issuer}/keys"),
        "authorization_response_iss_parameter_supported": promises,
    });
    behave(manner, StatusCode::OK, body)
}

/// Sends a browser back at once, with the code of whoever sits before it.
async fn authorize(Shared(provider): Shared<FakeProvider>, RawQuery(query): RawQuery) -> Response {
    let visitor = provider.locked().manners.visitor.clone();
    let Some(visitor) = visitor else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let query = query.unwrap_or_default();
    let back = pairs(&query).remove("redirect_uri").unwrap_or_default();
    let brought = provider.consent(&format!("/authorize?{query}"), &visitor);
    let location = format!("{back}?{brought}");
    (StatusCode::FOUND, [(header::LOCATION, location)]).into_response()
}

async fn keys(Shared(provider): Shared<FakeProvider>) -> Response {
    let (manner, body) = {
        let mut state = provider.locked();
        state.asked.push("keys".to_owned());
        (state.manners.keys.clone(), signing::jwks(&state))
    };
    behave(manner, StatusCode::OK, body)
}

/// Gives tokens for a code: once, to us, with its verifier, for the address that the browser came back to.
async fn token(
    Shared(provider): Shared<FakeProvider>,
    headers: HeaderMap,
    form: String,
) -> Response {
    let said = pairs(&form);
    let text = |name: &str| said.get(name).map_or("", String::as_str);
    let issuer = provider.issuer();
    let mut state = provider.locked();
    state.asked.push("token".to_owned());
    let manner = state.manners.token.clone();
    let refuse = |error: &str| (StatusCode::BAD_REQUEST, json!({ "error": error }));
    let challenge = base64url_encode(&Sha256::digest(text("code_verifier")));
    let granted = state.codes.get(text("code")).cloned();
    let (status, body) = match granted {
        _ if !is_us(&headers, &said) => (
            StatusCode::UNAUTHORIZED,
            json!({ "error": "invalid_client" }),
        ),
        _ if text("grant_type") != "authorization_code" => refuse("unsupported_grant_type"),
        None => refuse("invalid_grant"),
        Some(granted) if granted.is_used => refuse("invalid_grant"),
        Some(granted) if granted.redirect_uri != text("redirect_uri") => refuse("invalid_grant"),
        Some(granted) if granted.challenge != challenge => refuse("invalid_grant"),
        Some(mut granted) => {
            granted.is_used = true;
            let person = granted.person.clone();
            let nonce = granted.nonce.clone();
            state.codes.insert(text("code").to_owned(), granted);
            let access = format!("access-{}", state.next());
            state.tokens.insert(access.clone(), person.clone());
            let id_token = signing::id_token(&mut state, &issuer, &person, Some(&nonce));
            let mut body = json!({
                "access_token": access, "token_type": "Bearer", "expires_in": 300,
            });
            if !state.manners.keeps_id_token {
                body["id_token"] = id_token.into();
            }
            (StatusCode::OK, body)
        }
    };
    drop(state);
    behave(manner, status, body)
}

/// Whether the client is us: by the header, as most want it, or by the form.
fn is_us(headers: &HeaderMap, said: &BTreeMap<String, String>) -> bool {
    let header = headers.get(header::AUTHORIZATION);
    let read = header.map(|value| basic_of(value.as_bytes()));
    let by_header = matches!(read, Some(Ok(Some((id, secret))))
        if decoded(&id) == CLIENT_ID && decoded(&secret) == CLIENT_SECRET);
    let text = |name: &str| said.get(name).map_or("", String::as_str);
    by_header || (text("client_id") == CLIENT_ID && text("client_secret") == CLIENT_SECRET)
}

async fn user(Shared(provider): Shared<FakeProvider>, headers: HeaderMap) -> Response {
    let header = headers.get(header::AUTHORIZATION);
    let token = header.and_then(|value| value.to_str().ok());
    let token = token.and_then(|text| text.strip_prefix("Bearer "));
    let (manner, body) = {
        let mut state = provider.locked();
        state.asked.push("user".to_owned());
        let person = token.and_then(|token| state.tokens.get(token));
        let body = person.map(|person| {
            let mut claims = claims_of(person);
            claims.extend(state.manners.user_claims.clone());
            Value::Object(claims)
        });
        (state.manners.user.clone(), body)
    };
    match body {
        Some(body) => behave(manner, StatusCode::OK, body),
        None => behave(
            manner,
            StatusCode::UNAUTHORIZED,
            json!({ "error": "invalid_token" }),
        ),
    }
}

fn behave(manner: Manner, status: StatusCode, body: Value) -> Response {
    match manner {
        Manner::Right => (status, Json(body)).into_response(),
        Manner::Status(status) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
            (status, Json(body)).into_response()
        }
        Manner::Html => (
            [(header::CONTENT_TYPE, "text/html")],
            "<h1>Maintenance</h1>",
        )
            .into_response(),
        Manner::Huge => "x".repeat(2 * 1024 * 1024).into_response(),
        Manner::Silent => {
            let never = std::future::pending::<Result<Bytes, std::io::Error>>();
            stream(never)
        }
        Manner::Slow => {
            let late = async {
                tokio::time::sleep(Duration::from_secs(30)).await;
                Ok(Bytes::from_static(b"{}"))
            };
            stream(late)
        }
        Manner::Redirect(to) => (StatusCode::FOUND, [(header::LOCATION, to)]).into_response(),
        Manner::Json(other) => (status, Json(other)).into_response(),
        Manner::Deep(depth) => {
            let text = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
            text.into_response()
        }
    }
}

/// A body of one part, which comes when it comes.
fn stream(part: impl Future<Output = Result<Bytes, std::io::Error>> + Send + 'static) -> Response {
    let body = http_body_util::StreamBody::new(futures_util::stream::once(async {
        part.await.map(http_body::Frame::data)
    }));
    Body::new(body).into_response()
}

/// Names and values of a query or form.
pub(super) fn pairs(text: &str) -> BTreeMap<String, String> {
    url::form_urlencoded::parse(text.as_bytes())
        .into_owned()
        .collect()
}

/// A text as it stands in a query.
pub(super) fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

fn decoded(text: &str) -> String {
    let pair = pairs(&format!("x={text}"));
    pair.get("x").cloned().unwrap_or_default()
}
