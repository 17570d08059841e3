//! The doors of social log-in at `/api/social/`.

mod accounts;
mod callback;
mod exchange;
mod query;
mod start;

pub(crate) use accounts::row as account_row;

use axum::Json;
use portcullis_core::IsAuthenticated;
use portcullis_web::{Doors, Gate, delete, get, post};
use serde_json::{Value, json};

use super::{Provider, Social};
use crate::describe::social as describe;

impl Social {
    /// The doors of social log-in.
    ///
    /// | door | what it takes | what it answers |
    /// |---|---|---|
    /// | `GET /api/social/` | | 200, a list of `{"provider", "label"}` |
    /// | `POST /api/social/{provider}/start/` | `next`, `callback`, `connect`, `invitation`, `code_challenge` | 200 `{"authorization_url", "state"}`, and a cookie |
    /// | `GET /api/social/{provider}/start/` | `next`, from a page of ours | 302 to the provider, and a cookie |
    /// | `GET /api/social/{provider}/callback/` | what the provider sends back | 303 to `next`, and a session |
    /// | `GET`, `POST /api/social/{provider}/` | `code` and `state` of the app's own callback | 200 `{"detail": "success"}`, and a session |
    /// | `GET /api/social/accounts/` | | 200, a list of `{"id", "provider", "uid", "last_login", "date_joined"}` |
    /// | `DELETE /api/social/accounts/{id}/` | | 204; 400 for the last way to log in |
    ///
    /// With `connect` a log-in makes the account at the provider a way to log in to the account of whoever asks; it comes
    /// back to the callback, or to dj-rest-auth's door for it.
    #[must_use]
    pub fn doors(&self, gate: &Gate) -> Doors {
        let with = || self.clone();
        let (a, b, c, d, e, f, g, h, i) = (
            with(),
            with(),
            with(),
            with(),
            with(),
            with(),
            with(),
            with(),
            with(),
        );
        let starts = post(move |request, access, provider, fields| {
            start::begin(a, request, access, provider, fields)
        })
        .described(describe::start())
        .get(move |request, provider| start::send(b, request, provider))
        .described(describe::send());
        let callback =
            get(move |request, access, provider| callback::come_back(c, request, access, provider))
                .described(describe::callback())
                .post(move |provider, fields| callback::posted(d, provider, fields))
                .described(describe::callback_by_form());
        let exchange = get(move |request, provider| exchange::by_link(e, request, provider))
            .described(describe::exchange())
            .post(move |request, provider, fields| exchange::by_form(f, request, provider, fields))
            .described(describe::exchange_by_form());
        gate.doors()
            .route(
                "/api/social/",
                get(move || list(g)).described(describe::providers()),
            )
            .authenticated_by(Vec::new())
            .open()
            .route("/api/social/{provider}/start/", starts)
            .open()
            .route("/api/social/{provider}/callback/", callback)
            .open()
            .route("/api/social/{provider}/", exchange)
            .authenticated_by(Vec::new())
            .open()
            .route(
                "/api/social/accounts/",
                get(move |user| accounts::list(h, user)).described(describe::accounts()),
            )
            .require(IsAuthenticated)
            .route(
                "/api/social/accounts/{id}/",
                delete(move |request, access, user, id| {
                    accounts::unlink(i, request, access, user, id)
                })
                .described(describe::unlink()),
            )
            .require(IsAuthenticated)
            .grouped("Social log-in")
    }
}

/// What buttons there can be.
async fn list(social: Social) -> Json<Value> {
    let row = |provider: &std::sync::Arc<dyn Provider>| json!({ "provider": provider.name(), "label": provider.label() });
    Json(social.providers().iter().map(row).collect())
}
