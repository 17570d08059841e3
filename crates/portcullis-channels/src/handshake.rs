//! The handshake of RFC 6455: what a request has to be, and the answer that changes the protocol.

use axum::body::Body;
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use hyper::upgrade::OnUpgrade;
use sha1::{Digest, Sha1};

/// What a client appends to its key before it is hashed.
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// A request that may be upgraded.
#[derive(Debug)]
pub(crate) struct Handshake {
    pub(crate) upgrade: OnUpgrade,
    accept: HeaderValue,
}

impl Handshake {
    /// Takes the upgrade out of a request.
    ///
    /// # Errors
    /// The answer to what is no handshake: 426 with the version that is spoken, 405 or 400.
    pub(crate) fn of(request: &mut Parts) -> Result<Self, Box<Response>> {
        let headers = &request.headers;
        if request.method != Method::GET {
            return Err(Box::new(plain(StatusCode::METHOD_NOT_ALLOWED)));
        }
        if !has_word(headers, header::UPGRADE, "websocket") {
            let mut response = plain(StatusCode::UPGRADE_REQUIRED);
            upgrade_headers(response.headers_mut());
            return Err(Box::new(response));
        }
        if !has_word(headers, header::CONNECTION, "upgrade") {
            return Err(Box::new(plain(StatusCode::BAD_REQUEST)));
        }
        let version = headers.get(header::SEC_WEBSOCKET_VERSION);
        if version.is_none_or(|version| version != "13") {
            let mut response = plain(StatusCode::UPGRADE_REQUIRED);
            upgrade_headers(response.headers_mut());
            let version = HeaderValue::from_static("13");
            let headers = response.headers_mut();
            headers.insert(header::SEC_WEBSOCKET_VERSION, version);
            return Err(Box::new(response));
        }
        let key = headers.get(header::SEC_WEBSOCKET_KEY).filter(|key| {
            let decoded = STANDARD.decode(key.as_bytes());
            decoded.is_ok_and(|decoded| decoded.len() == 16)
        });
        let Some(accept) = key.and_then(accept) else {
            return Err(Box::new(plain(StatusCode::BAD_REQUEST)));
        };
        match request.extensions.remove::<OnUpgrade>() {
            Some(upgrade) => Ok(Self { upgrade, accept }),
            None => {
                tracing::error!("the server cannot change protocols on this connection");
                Err(Box::new(plain(StatusCode::INTERNAL_SERVER_ERROR)))
            }
        }
    }

    /// The answer that changes the protocol, and the upgrade that it leads to.
    pub(crate) fn accept(self, protocol: Option<&'static str>) -> (Response, OnUpgrade) {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        let headers = response.headers_mut();
        upgrade_headers(headers);
        headers.insert(header::SEC_WEBSOCKET_ACCEPT, self.accept);
        if let Some(protocol) = protocol {
            let protocol = HeaderValue::from_static(protocol);
            headers.insert(header::SEC_WEBSOCKET_PROTOCOL, protocol);
        }
        (response, self.upgrade)
    }
}

fn accept(key: &HeaderValue) -> Option<HeaderValue> {
    let mut hash = Sha1::new();
    hash.update(key.as_bytes());
    hash.update(GUID);
    HeaderValue::try_from(STANDARD.encode(hash.finalize())).ok()
}

fn upgrade_headers(headers: &mut HeaderMap) {
    let websocket = HeaderValue::from_static("websocket");
    headers.insert(header::UPGRADE, websocket);
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
}

/// Whether a header that lists words has this one.
fn has_word(headers: &HeaderMap, name: HeaderName, word: &str) -> bool {
    let lines = headers.get_all(name).iter();
    let mut words = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','));
    words.any(|listed| listed.trim().eq_ignore_ascii_case(word))
}

pub(crate) fn plain(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}
