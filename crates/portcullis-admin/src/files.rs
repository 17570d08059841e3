//! The site's style and script, open to everybody.

use axum::response::IntoResponse;
use http::header;
use portcullis_web::{Content, Description, Doors, Gate, get};

pub(crate) fn doors(gate: &Gate) -> Doors {
    let file =
        |summary, kind| Description::new(summary).answer(200, "The file.", Content::Text(kind));
    gate.doors()
        .route(
            "/admin/static/admin.css",
            get(style).described(file("The admin site's style", "text/css")),
        )
        .authenticated_by(Vec::new())
        .open()
        .route(
            "/admin/static/admin.js",
            get(script).described(file("The admin site's script", "text/javascript")),
        )
        .authenticated_by(Vec::new())
        .open()
}

async fn style() -> impl IntoResponse {
    let kind = [(header::CONTENT_TYPE, "text/css; charset=utf-8")];
    (kind, include_str!("static/admin.css"))
}

async fn script() -> impl IntoResponse {
    let kind = [(header::CONTENT_TYPE, "text/javascript; charset=utf-8")];
    (kind, include_str!("static/admin.js"))
}
