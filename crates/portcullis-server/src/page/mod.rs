//! The page at `/`: every door, to try. Hand-written HTML and one ES module, no build step.

mod docs;
mod links;
mod live;
mod social;

use std::sync::Arc;

use axum::Json;
use axum::response::{Html, IntoResponse};
use http::header;
use portcullis::accounts::social::Provider;
use portcullis::live::Live;
use portcullis::web::{Content, Description, Methods};
use portcullis::{CurrentUser, Doors, Gate, get};

pub(crate) use docs::with_docs;

/// The page asks its own server, its sockets too (not every browser has them in `self`), and loads nothing from elsewhere.
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; img-src data:; connect-src 'self' ws: wss:; \
                                       frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

/// The page and its parts, open to everybody, and `/test_auth/`, which greets whoever is logged in.
pub(crate) fn doors(gate: &Gate, providers: &[Arc<dyn Provider>], models: Option<&Live>) -> Doors {
    let page = social::with_buttons(include_str!("page.html"), providers);
    let page: Arc<str> = live::with_list(&page, models).into();
    let page = get(move || html(Arc::clone(&page)));
    gate.doors()
        .route("/", page.described(file("Every door, to try", HTML)))
        .authenticated_by(Vec::new())
        .open()
        .route(
            "/page.js",
            get(script).described(file("Its script", SCRIPT)),
        )
        .authenticated_by(Vec::new())
        .open()
        .route(
            "/socket.js",
            get(socket).described(file("The script of its socket", SCRIPT)),
        )
        .authenticated_by(Vec::new())
        .open()
        .route(
            "/factors.js",
            get(factors).described(file("The script of its second factors", SCRIPT)),
        )
        .authenticated_by(Vec::new())
        .open()
        .route(
            "/live.js",
            get(live::script).described(file("The script of its live list", SCRIPT)),
        )
        .authenticated_by(Vec::new())
        .open()
        .route("/page.css", get(style).described(file("Its style", STYLE)))
        .authenticated_by(Vec::new())
        .open()
        .route("/test_auth/", hello())
        .merge(links::doors(gate))
        .grouped("Pages")
}

const HTML: &str = "text/html";
const SCRIPT: &str = "text/javascript";
const STYLE: &str = "text/css";

/// The description of a file of the pages.
fn file(summary: &'static str, media_type: &'static str) -> Description {
    Description::new(summary).answer(200, "The file.", Content::Text(media_type))
}

fn hello() -> Methods {
    let greets = |summary| {
        let greeting = Content::Text("application/json");
        Description::new(summary).answer(200, "A greeting by name.", greeting)
    };
    get(greet)
        .described(greets("Try a credential by GET"))
        .post(greet_posted)
        .described(greets("Try a credential by POST"))
}

async fn html(page: Arc<str>) -> impl IntoResponse {
    let headers = [(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY)];
    (headers, Html(page.to_string()))
}

async fn script() -> impl IntoResponse {
    let headers = [(header::CONTENT_TYPE, "text/javascript; charset=utf-8")];
    (headers, include_str!("page.js"))
}

async fn socket() -> impl IntoResponse {
    let headers = [(header::CONTENT_TYPE, "text/javascript; charset=utf-8")];
    (headers, include_str!("socket.js"))
}

async fn factors() -> impl IntoResponse {
    let headers = [(header::CONTENT_TYPE, "text/javascript; charset=utf-8")];
    (headers, include_str!("factors.js"))
}

async fn style() -> impl IntoResponse {
    let headers = [(header::CONTENT_TYPE, "text/css; charset=utf-8")];
    (headers, include_str!("page.css"))
}

async fn greet(CurrentUser(user): CurrentUser) -> Json<String> {
    Json(format!("Hello {}!", user.username))
}

async fn greet_posted(CurrentUser(user): CurrentUser) -> Json<String> {
    Json(format!("Hello {}! Posted!", user.username))
}
