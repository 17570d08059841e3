//! How a door talks: plain JSON, DRF's API with its negotiation, or a page for people.

mod api;
mod html;

pub(crate) use api::Negotiated;
pub use api::{Api, Renderer};
pub(crate) use html::document;

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, Method, StatusCode, Uri, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

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
    /// The same, for people who log in at that path: whoever may not enter is sent there.
    Site(&'static str),
    /// A socket: its handler asks the door itself, by [`Knock`](crate::Knock).
    Socket,
    /// A handler that asks the door by itself as well, about a request that it is told of.
    Asking,
}

impl Face {
    /// The answer for a refusal of what was asked for at that place.
    pub(crate) fn refuse(&self, refusal: Refusal, uri: &Uri) -> Response {
        match (self, &refusal) {
            (Self::Plain | Self::Api(_) | Self::Socket | Self::Asking, _) => {
                refusal.into_response()
            }
            (
                Self::Site(login),
                Refusal::NotAuthenticated(_)
                | Refusal::AuthenticationFailed(..)
                | Refusal::PermissionDenied(None),
            ) => to_login(login, uri),
            (Self::Page | Self::Site(_), _) => page(&refusal),
        }
    }

    /// Whether it is for people rather than programs.
    pub(crate) fn is_page(&self) -> bool {
        matches!(self, Self::Page | Self::Site(_))
    }
}

/// As Django's `quote(safe="/")` writes it.
const QUOTED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/');

/// To the log-in, and from there back.
fn to_login(login: &str, uri: &Uri) -> Response {
    let place = uri.path_and_query().map_or("/", |place| place.as_str());
    let location = format!("{login}?next={}", utf8_percent_encode(place, QUOTED));
    let headers = [
        (header::LOCATION, location),
        (header::CONTENT_TYPE, "text/html; charset=utf-8".to_owned()),
        (header::CACHE_CONTROL, NEVER_CACHE.to_owned()),
    ];
    (StatusCode::FOUND, headers).into_response()
}

/// What a page of a site takes, as Django's views say it.
pub(crate) fn options(methods: &[Method]) -> Response {
    let mut names: Vec<&str> = methods.iter().map(Method::as_str).collect();
    names.extend(["HEAD", "OPTIONS"]);
    names.sort_unstable();
    names.dedup();
    let headers = [
        (header::ALLOW, names.join(", ")),
        (header::CONTENT_TYPE, "text/html; charset=utf-8".to_owned()),
        (header::CACHE_CONTROL, NEVER_CACHE.to_owned()),
    ];
    headers.into_response()
}

/// What Django's `never_cache` says.
const NEVER_CACHE: &str = "max-age=0, no-cache, no-store, must-revalidate, private";

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
