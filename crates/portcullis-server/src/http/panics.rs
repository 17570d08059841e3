//! A panic ends its request and nothing else.

use std::any::Any;
use std::panic::PanicHookInfo;

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::json;

/// The answer to a request whose handler panicked: DRF's words, and nothing of the panic's.
pub(crate) fn panicked(_: Box<dyn Any + Send>) -> Response {
    let body = Json(json!({ "detail": "A server error occurred." }));
    (StatusCode::INTERNAL_SERVER_ERROR, body).into_response()
}

/// Logs where a panic was, for `std::panic::set_hook`; not its message, which may hold a secret.
///
/// It is one line within the request's span, so that it has the request's name.
pub fn log_panic(info: &PanicHookInfo<'_>) {
    match info.location() {
        Some(at) => tracing::error!(file = at.file(), line = at.line(), "panicked"),
        None => tracing::error!("panicked"),
    }
}
