//! `logout/`: the token that came with the request ends, and the session.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::request::Parts;
use portcullis_web::{Access, Refusal};
use serde_json::json;

use super::RestAuth;

pub(super) async fn log_out(
    auth: RestAuth,
    request: Parts,
    access: Access,
) -> Result<Response, Refusal> {
    if let Some((jwt, cookies)) = &auth.jwt {
        return auth.log_out_jwt(&request, jwt, cookies).await;
    }
    let proof = access.authenticated();
    let is_by_session = proof.is_some_and(|p| p.authenticator == "SessionAuthentication");
    if !auth.settings.session_login && (proof.is_none() || is_by_session) {
        let detail = "You should be logged in to logout. Check whether the token is passed.";
        let body = Json(json!({ "detail": detail }));
        return Ok((StatusCode::BAD_REQUEST, body).into_response());
    }
    auth.accounts.log_out_token(&request, &access).await?;
    if auth.settings.session_login {
        auth.accounts.log_out_session(&request).await?;
    }
    Ok(Json(json!({ "detail": "Successfully logged out." })).into_response())
}

/// A link must not log anybody out; dj-rest-auth lists the method all the same.
pub(super) async fn not_by_get() -> Refusal {
    not_allowed("GET")
}

pub(super) fn not_allowed(method: &str) -> Refusal {
    Refusal::MethodNotAllowed(method.to_owned())
}
