//! Where links in mails lead: a page that asks before it does anything.
//!
//! `GET` changes nothing, for mail scanners follow links; the button posts to the doors.

use axum::response::{Html, IntoResponse};
use http::header;
use portcullis::{Doors, Gate, get};

use super::{HTML, SCRIPT, file};

/// Keys stand in the address: it is told to nobody, and the page is kept by nobody.
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; img-src data:; frame-ancestors 'none'; \
                                       base-uri 'none'; form-action 'self'";

/// The pages, open to everybody.
pub(super) fn doors(gate: &Gate) -> Doors {
    gate.doors()
        .route(
            "/confirm-email/{key}/",
            get(confirm_email).described(file("Confirm an address", HTML)),
        )
        .authenticated_by(Vec::new())
        .open()
        .route(
            "/password/reset/key/{uid}/{token}/",
            get(reset_password).described(file("Set a new password", HTML)),
        )
        .authenticated_by(Vec::new())
        .open()
        .route(
            "/invitation/{invitation}/",
            get(invitation).described(file("Sign up with an invitation", HTML)),
        )
        .authenticated_by(Vec::new())
        .open()
        .route(
            "/second-factor/",
            get(second_factor).described(file("Bring a second factor", HTML)),
        )
        .authenticated_by(Vec::new())
        .open()
        .route(
            "/links.js",
            get(script).described(file("The script of these pages", SCRIPT)),
        )
        .authenticated_by(Vec::new())
        .open()
}

async fn confirm_email() -> impl IntoResponse {
    page("Confirm your address", include_str!("confirm_email.html"))
}

async fn reset_password() -> impl IntoResponse {
    page("A new password", include_str!("reset_password.html"))
}

async fn invitation() -> impl IntoResponse {
    page("Sign up", include_str!("invitation.html"))
}

async fn second_factor() -> impl IntoResponse {
    page("Second factor", include_str!("second_factor.html"))
}

/// A page with that heading and form.
fn page(title: &str, form: &str) -> impl IntoResponse + use<> {
    let html = include_str!("link.html").replace("{title}", title);
    let html = html.replace("{form}", form);
    let headers = [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, Html(html))
}

async fn script() -> impl IntoResponse {
    let headers = [(header::CONTENT_TYPE, "text/javascript; charset=utf-8")];
    (headers, include_str!("links.js"))
}
