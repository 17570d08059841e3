//! A single-page application's session: CSRF cookie, log-in, log-out, who am I.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::request::Parts;
use portcullis::{CurrentUser, Doors, Fields, Refusal, get, post};
use serde_json::{Value, json};

use crate::app::App;

pub(crate) fn doors(app: &App) -> Doors {
    let (a, b, c) = (app.clone(), app.clone(), app.clone());
    app.doors()
        .route(
            "/api/login-set-cookie/",
            get(move |request| login_set_cookie(a, request)),
        )
        .authenticated_by(Vec::new())
        .page()
        .open()
        .route(
            "/api/login/",
            post(move |request, body| login(b, request, body)),
        )
        .authenticated_by(Vec::new())
        .page()
        .open()
        .route("/api/logout/", post(move |request| logout(c, request)))
        .authenticated_by(Vec::new())
        .page()
        .open()
        .route(
            "/api/session-user/",
            get(session_user).post(session_user_posted),
        )
        .authenticated_by(vec![Arc::clone(&app.session)])
        .api(app.api("Session User"))
}

async fn login_set_cookie(app: App, request: Parts) -> Json<Value> {
    app.accounts.sessions().csrf().ensure_cookie(&request);
    Json(json!({ "detail": "CSRF cookie set" }))
}

/// Reads JSON whatever the body says to be.
async fn login(app: App, request: Parts, body: Bytes) -> Result<Response, Refusal> {
    let refused = |text: &str| {
        let body = Json(json!({ "detail": text }));
        Ok((StatusCode::BAD_REQUEST, body).into_response())
    };
    let Ok(data) = serde_json::from_slice::<Value>(&body) else {
        return refused("Malformed JSON.");
    };
    if !data.is_object() {
        return refused("A JSON object is needed.");
    }
    let text = |name: &str| data[name].as_str().filter(|text| !text.is_empty());
    let (Some(name), Some(password)) = (text("email"), text("password")) else {
        return refused("Both email and password are needed.");
    };
    match app
        .accounts
        .log_in_with_session(&request, name, password)
        .await?
    {
        Some(_) => Ok(Json(json!({ "detail": "Success" })).into_response()),
        None => refused("Invalid credentials"),
    }
}

async fn logout(app: App, request: Parts) -> Result<Json<Value>, Refusal> {
    app.accounts.log_out_session(&request).await?;
    Ok(Json(json!({ "detail": "Logged out" })))
}

async fn session_user(CurrentUser(user): CurrentUser) -> Json<Value> {
    Json(json!({ "user": user.username }))
}

async fn session_user_posted(CurrentUser(user): CurrentUser, fields: Fields) -> Json<Value> {
    Json(json!({ "user": user.username, "got": fields.into_map() }))
}
