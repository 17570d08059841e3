//! `/docs/`: every door with what it wants and answers, from its OpenAPI document beside it.

use axum::response::{Html, IntoResponse};
use http::header;
use portcullis::channels::AsyncApi;
use portcullis::web::About;
use portcullis::{Doors, Gate, get};

use super::{HTML, SCRIPT, STYLE, file};

/// It shows texts of the document, and loads nothing from elsewhere.
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; img-src data:; frame-ancestors 'none'; \
                                       base-uri 'none'; form-action 'none'";

/// These doors, their documentation, and the page that shows it; both open to everybody.
pub(crate) fn with_docs(doors: Doors, gate: &Gate) -> Doors {
    let about = About {
        title: "Portcullis".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        description: "Sign-up, log-in, user and log-out, in the words of Django REST Framework."
            .to_owned(),
    };
    let page = gate
        .doors()
        .route(
            "/docs/",
            get(html).described(file("Every door, to read", HTML)),
        )
        .authenticated_by(Vec::new())
        .open()
        .route(
            "/docs/docs.js",
            get(script).described(file("Its script", SCRIPT)),
        )
        .authenticated_by(Vec::new())
        .open()
        .route(
            "/docs/docs.css",
            get(style).described(file("Its style", STYLE)),
        )
        .authenticated_by(Vec::new())
        .open()
        .route(
            "/docs/sockets.js",
            get(sockets).described(file("The script of its sockets", SCRIPT)),
        )
        .authenticated_by(Vec::new())
        .open()
        .grouped("Documentation");
    doors
        .merge(page)
        .with_asyncapi(gate, "/docs/asyncapi.json", &about)
        .with_openapi(gate, "/docs/openapi.json", &about)
}

async fn html() -> impl IntoResponse {
    let headers = [(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY)];
    (headers, Html(include_str!("docs.html")))
}

async fn script() -> impl IntoResponse {
    let headers = [(header::CONTENT_TYPE, "text/javascript; charset=utf-8")];
    (headers, include_str!("docs.js"))
}

async fn sockets() -> impl IntoResponse {
    let headers = [(header::CONTENT_TYPE, "text/javascript; charset=utf-8")];
    (headers, include_str!("docs_sockets.js"))
}

async fn style() -> impl IntoResponse {
    let headers = [(header::CONTENT_TYPE, "text/css; charset=utf-8")];
    (headers, include_str!("docs.css"))
}
