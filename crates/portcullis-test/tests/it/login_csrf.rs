//! A log-in that another site sends makes nobody somebody else, also at a door without CSRF tokens.

use axum::Json;
use http::Method;
use http::request::Parts;
use portcullis::web::Compat;
use portcullis::{AccountSettings, Accounts, Fields, Refusal, post};
use portcullis_test::{TestApp, TestParts};
use serde_json::{Value, json};

/// A log-in of one's own, open to everybody.
fn service(parts: TestParts, compat: Compat) -> axum::Router {
    let accounts = Accounts::new(
        parts.passwords,
        parts.sessions,
        parts.clock,
        AccountSettings::default(),
    );
    let gate = parts.gate.with_compat(compat);
    let doors = gate.doors().route(
        "/enter/",
        post(move |request: Parts, fields: Fields| enter(accounts, request, fields)),
    );
    doors.open().into_router()
}

async fn enter(accounts: Accounts, request: Parts, fields: Fields) -> Result<Json<bool>, Refusal> {
    let fields = fields.into_map();
    let text = |name: &str| fields[name].as_str().unwrap_or_default();
    let user = accounts.log_in_with_session(&request, text("name"), text("password"));
    Ok(Json(user.await?.is_some()))
}

async fn log_in(app: &TestApp, headers: &[(&str, &str)]) -> (u16, bool) {
    let client = app.anonymous();
    let body: Value = json!({ "name": "ada", "password": "password of ada" });
    let mut request = client.request(Method::POST, "/enter/").json(&body);
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let status = request.send().await.status.as_u16();
    (status, client.cookie("sessionid").is_some())
}

#[tokio::test]
async fn log_in_that_another_site_sends_is_403() {
    let app = TestApp::new(|parts| service(parts, Compat::default())).await;
    app.user("ada").await;
    for headers in [
        &[("origin", "https://evil.example")][..],
        &[("origin", "null")],
        &[("origin", "https://localhost")],
        &[("origin", "http://localhost.evil.example")],
        &[("origin", "http://localhost:81")],
        &[
            ("origin", "http://localhost"),
            ("origin", "http://evil.example"),
        ],
        &[("sec-fetch-site", "cross-site")],
        &[
            ("origin", "https://evil.example"),
            ("sec-fetch-site", "same-origin"),
        ],
    ] {
        assert_eq!(log_in(&app, headers).await, (403, false), "{headers:?}");
    }
    // One's own page, and what is no browser.
    for headers in [
        &[
            ("origin", "http://localhost"),
            ("sec-fetch-site", "same-origin"),
        ][..],
        &[("sec-fetch-site", "same-origin")],
        &[],
    ] {
        assert_eq!(log_in(&app, headers).await, (200, true), "{headers:?}");
    }
}

#[tokio::test]
async fn setting_gives_the_log_in_of_django_back() {
    let compat = Compat {
        login_without_origin_check: true,
        ..Compat::default()
    };
    let app = TestApp::new(|parts| service(parts, compat)).await;
    app.user("ada").await;
    let headers = [
        ("origin", "https://evil.example"),
        ("sec-fetch-site", "cross-site"),
    ];
    assert_eq!(log_in(&app, &headers).await, (200, true));
}
