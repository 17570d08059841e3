//! How a door talks: plain JSON, DRF's API with its negotiation, or a page for people.

mod api;
mod html;

pub(crate) use api::Negotiated;
pub use api::{Api, Renderer};
pub(crate) use html::document;

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};

use crate::refusal::Refusal;

/// How a door talks.
#[derive(Clone, Debug, Default)]
pub(crate) enum Face {
    /// The handler's answers as they are; refusals in DRF's JSON.
    #[default]
    Plain,
    /// DRF's request pipeline.
    Api(Api),
    /// Refusals as HTML, and a CSRF token for every unsafe method, whoever asks.
    Page,
    /// A socket: its handler asks the door itself, by [`Knock`](crate::Knock).
    Socket,
    /// A handler that asks the door by itself as well, about a request that it is told of.
    Asking,
}

impl Face {
    /// The answer for a refusal.
    pub(crate) fn refuse(&self, refusal: Refusal) -> Response {
        match self {
            Self::Plain | Self::Api(_) | Self::Socket | Self::Asking => refusal.into_response(),
            Self::Page => page(&refusal),
        }
    }
}

/// A refusal as a page; that of a method is empty, as Django's is.
fn page(refusal: &Refusal) -> Response {
    let status = refusal.status();
    let text = match refusal {
        Refusal::MethodNotAllowed(_) => String::new(),
        _ => document(
            &format!("{} {}", status.as_u16(), title(status)),
            &refusal.detail(),
        ),
    };
    let html = HeaderValue::from_static("text/html; charset=utf-8");
    let mut response = (status, [(header::CONTENT_TYPE, html)], text).into_response();
    refusal.add_headers(response.headers_mut());
    response
}

fn title(status: StatusCode) -> &'static str {
    status.canonical_reason().unwrap_or("Refused")
}
