//! The page at `/`: every door, to try. Hand-written HTML and one ES module, no build step.

mod links;

use axum::Json;
use axum::response::{Html, IntoResponse};
use http::header;
use portcullis::{CurrentUser, Doors, Gate, get};

/// The page may ask other origins' APIs, and load nothing from elsewhere.
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; img-src data:; connect-src *; \
                                       frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

/// The page and its parts, open to everybody, and `/test_auth/`, which greets whoever is logged in.
pub(crate) fn doors(gate: &Gate) -> Doors {
    gate.doors()
        .route("/", get(html))
        .authenticated_by(Vec::new())
        .open()
        .route("/page.js", get(script))
        .authenticated_by(Vec::new())
        .open()
        .route("/page.css", get(style))
        .authenticated_by(Vec::new())
        .open()
        .route("/test_auth/", get(hello).post(hello_posted))
        .merge(links::doors(gate))
}

async fn html() -> impl IntoResponse {
    let headers = [(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY)];
    (headers, Html(include_str!("page.html")))
}

async fn script() -> impl IntoResponse {
    let headers = [(header::CONTENT_TYPE, "text/javascript; charset=utf-8")];
    (headers, include_str!("page.js"))
}

async fn style() -> impl IntoResponse {
    let headers = [(header::CONTENT_TYPE, "text/css; charset=utf-8")];
    (headers, include_str!("page.css"))
}

async fn hello(CurrentUser(user): CurrentUser) -> Json<String> {
    Json(format!("Hello {}!", user.username))
}

async fn hello_posted(CurrentUser(user): CurrentUser) -> Json<String> {
    Json(format!("Hello {}! Posted!", user.username))
}
