//! Refusals as pages for people.

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use portcullis_core::{AdministrationError, StoreError};
use portcullis_web::Refusal;

use crate::page;

/// A refusal inside of a page's handler, answered as a page.
pub(crate) struct Trouble(Refusal);

impl From<Refusal> for Trouble {
    fn from(refusal: Refusal) -> Self {
        Self(refusal)
    }
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Self(error.into())
    }
}

impl From<AdministrationError> for Trouble {
    /// What a page does not say in its own words.
    fn from(error: AdministrationError) -> Self {
        match error {
            AdministrationError::Store(error) => error.into(),
            AdministrationError::Gone => Self::not_found(),
            _ => Self::forbidden(),
        }
    }
}

impl Trouble {
    /// 403 for somebody who may be here, but may not do this.
    pub(crate) fn forbidden() -> Self {
        Self(Refusal::PermissionDenied(None))
    }

    pub(crate) fn not_found() -> Self {
        Self(Refusal::NotFound)
    }
}

impl IntoResponse for Trouble {
    fn into_response(self) -> Response {
        let Self(refusal) = self;
        let status = refusal.status();
        let (title, text) = match status {
            StatusCode::FORBIDDEN => ("403 Forbidden", "You may not do this."),
            StatusCode::NOT_FOUND => (
                "404 Not Found",
                "There is no such page. What it was about may have been deleted meanwhile.",
            ),
            StatusCode::SERVICE_UNAVAILABLE => (
                "503 Service Unavailable",
                "The database is away or busy. Nothing was changed: please try again.",
            ),
            StatusCode::PAYLOAD_TOO_LARGE => ("413 Too Large", "The form is too large."),
            StatusCode::TOO_MANY_REQUESTS => (
                "429 Too Many Requests",
                "Too many tries have failed. Please wait before the next one.",
            ),
            _ => ("400 Bad Request", "The form cannot be read."),
        };
        let mut response = page::plain(status, title, text);
        // What a refusal adds, such as when to come back.
        for (name, value) in refusal.into_response().headers() {
            if name == http::header::RETRY_AFTER {
                response.headers_mut().insert(name, value.clone());
            }
        }
        response
    }
}
