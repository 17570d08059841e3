//! The span and the one line of each request in the log.
//!
//! Paths, queries, headers and bodies are never logged: any of them may hold a secret. A request is
//! told by its route, as it was declared.

use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use http::Method;
use portcullis::web::{ClientInfo, RefusalLogged};
use tracing::Instrument;
use tracing::field::{self, Empty};

use super::request_id::{RequestId, X_REQUEST_ID};

/// Names the request, and logs what came of it, for `axum::middleware::from_fn`.
pub(crate) async fn trace(mut request: Request, next: Next) -> Response {
    let id = RequestId::of(request.headers());
    let method = method_name(request.method());
    let address = ClientInfo::of(request.extensions()).address;
    let route = request.extensions().get::<MatchedPath>();
    // Of the highest level, so that also the lines of a short log have the request's name.
    let span = tracing::error_span!(
        "request",
        request_id = %id,
        method,
        route = route.map_or("-", MatchedPath::as_str),
        address = address.map(field::display),
        user = Empty,
    );
    request.extensions_mut().insert(id.clone());
    let started = Instant::now();
    let mut response = next.run(request).instrument(span.clone()).await;
    response.headers_mut().insert(X_REQUEST_ID, id.header());
    span.in_scope(|| log(&response, started));
    response
}

/// A door has logged its own refusals.
fn log(response: &Response, started: Instant) {
    let (door, status) = ("rest", response.status().as_u16());
    let micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
    let is_logged = response.extensions().get::<RefusalLogged>().is_some();
    match status {
        500.. => tracing::warn!(door, status, micros, outcome = "failed", "answered"),
        400.. if !is_logged => {
            tracing::info!(door, status, micros, outcome = "refused", "answered");
        }
        400.. => tracing::debug!(door, status, micros, outcome = "refused", "answered"),
        _ => tracing::debug!(door, status, micros, outcome = "ok", "answered"),
    }
}

/// A method of HTTP; what else a client may call one is not logged.
fn method_name(method: &Method) -> &'static str {
    let known = [
        "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE",
    ];
    known
        .into_iter()
        .find(|known| *known == method.as_str())
        .unwrap_or("other")
}
