//! Paths that spell plain letters in percent: `/ws/%72ooms/` is `/ws/rooms/`.
//!
//! axum's router compares paths as they came; Django decodes them first. Where no door is at a path, its
//! unreserved characters are decoded (RFC 3986, 6.2.2.2: the URL stays the same) and the door is looked for again.

use axum::Router;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::Uri;
use http::uri::PathAndQuery;
use tower::ServiceExt;

use crate::refusal::Refusal;

/// Routes a request that no door was found for.
pub(crate) async fn route(doors: Router, mut request: Request) -> Response {
    let Some(uri) = decoded(request.uri()) else {
        return Refusal::NotFound.into_response();
    };
    *request.uri_mut() = uri;
    let doors = doors.fallback(|| async { Refusal::NotFound });
    match doors.oneshot(request).await {
        Ok(response) => response,
    }
}

/// The URL with its path's unreserved characters decoded; `None` where that changes nothing.
fn decoded(uri: &Uri) -> Option<Uri> {
    let path = uri.path();
    if !path.contains('%') {
        return None;
    }
    let mut plain = String::with_capacity(path.len());
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('%') {
        plain.push_str(before);
        let hex = after.get(..2);
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) if byte.is_ascii_alphanumeric() || b"-_~".contains(&byte) => {
                plain.push(char::from(byte));
                rest = &after[2..];
            }
            _ => {
                plain.push('%');
                rest = after;
            }
        }
    }
    plain.push_str(rest);
    if plain == path {
        return None;
    }
    if let Some(query) = uri.query() {
        plain.push('?');
        plain.push_str(query);
    }
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(plain).ok()?);
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    #[test]
    fn only_unreserved_characters_are_decoded() {
        let decoded =
            |text: &str| super::decoded(&text.parse().unwrap()).map(|uri| uri.to_string());
        assert_eq!(
            decoded("/ws/%72ooms/1/?a=%20").as_deref(),
            Some("/ws/rooms/1/?a=%20")
        );
        assert_eq!(decoded("/a%2Fb/%zz/"), None);
        assert_eq!(decoded("/%2e%2e/"), None, "a dot could climb up");
        assert_eq!(decoded("/plain/"), None);
    }
}
