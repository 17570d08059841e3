//! Which hosts a request may name.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};

use crate::face::document;

/// Django's `ALLOWED_HOSTS`: names, `.name` for a name and all below it, `*` for every one.
#[doc(alias = "ALLOWED_HOSTS")]
#[derive(Clone, Debug)]
pub struct AllowedHosts(Arc<[String]>);

impl AllowedHosts {
    /// These hosts, without ports.
    #[must_use]
    pub fn new(hosts: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self(
            hosts
                .into_iter()
                .map(|host| host.into().to_lowercase())
                .collect(),
        )
    }

    /// Whether a `Host` header is allowed, whichever port it names.
    ///
    /// ```
    /// use portcullis_web::AllowedHosts;
    /// let hosts = AllowedHosts::new([".example.com", "localhost"]);
    /// assert!(hosts.has("a.example.com:8000") && hosts.has("LOCALHOST.") && hosts.has("example.com"));
    /// assert!(!hosts.has("example.com.evil.org") && !hosts.has("a b") && !hosts.has(""));
    /// ```
    #[doc(alias = "validate_host")]
    #[must_use]
    pub fn has(&self, header: &str) -> bool {
        let Some(name) = name_of(header) else {
            return false;
        };
        self.0
            .iter()
            .any(|allowed| match allowed.strip_prefix('.') {
                Some(parent) => name == parent || name.ends_with(allowed.as_str()),
                None => allowed == "*" || *allowed == name,
            })
    }

    /// Refuses other hosts with 400, for `axum::middleware::from_fn_with_state`.
    pub async fn check(State(hosts): State<Self>, request: Request, next: Next) -> Response {
        let authority = request
            .uri()
            .authority()
            .map(|authority| authority.as_str());
        let header = request
            .headers()
            .get(header::HOST)
            .and_then(|host| host.to_str().ok());
        if authority.or(header).is_some_and(|host| hosts.has(host)) {
            return next.run(request).await;
        }
        let html = HeaderValue::from_static("text/html; charset=utf-8");
        let page = document("Bad Request (400)", "The host is not one of this server's.");
        (
            StatusCode::BAD_REQUEST,
            [(header::CONTENT_TYPE, html)],
            page,
        )
            .into_response()
    }
}

/// The name of a `Host` header in lower case, without port and final dot; `None` when malformed.
fn name_of(header: &str) -> Option<String> {
    let (name, port) = match header.strip_prefix('[') {
        Some(rest) => {
            let (address, port) = rest.split_once(']')?;
            (
                format!("[{address}]"),
                port.strip_prefix(':').unwrap_or(port).to_owned(),
            )
        }
        None => match header.rsplit_once(':') {
            Some((name, port)) => (name.to_owned(), port.to_owned()),
            None => (header.to_owned(), String::new()),
        },
    };
    let is_name = |c: char| c.is_ascii_alphanumeric() || ".-[]:_".contains(c);
    let is_well_formed = !name.is_empty()
        && name.chars().all(is_name)
        && port.len() <= 5
        && port.bytes().all(|byte| byte.is_ascii_digit());
    is_well_formed.then(|| name.strip_suffix('.').unwrap_or(&name).to_lowercase())
}
