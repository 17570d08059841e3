//! The page at `/`: every door, to try. Hand-written HTML and one ES module, no build step.

use axum::response::{Html, IntoResponse};
use http::header;

const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; img-src data:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

/// `GET /`.
pub(crate) async fn html() -> impl IntoResponse {
    let headers = [(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY)];
    (headers, Html(include_str!("page.html")))
}

/// `GET /page.js`.
pub(crate) async fn script() -> impl IntoResponse {
    let headers = [(header::CONTENT_TYPE, "text/javascript; charset=utf-8")];
    (headers, include_str!("page.js"))
}

/// `GET /page.css`.
pub(crate) async fn style() -> impl IntoResponse {
    (
        [(header::CONTENT_TYPE, "text/css; charset=utf-8")],
        include_str!("page.css"),
    )
}
