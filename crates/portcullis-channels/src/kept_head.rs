//! A handshake's head as it is kept for the life of its connection.

use axum::extract::OriginalUri;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Uri};

/// Copies what a head borrows from the buffer that the request was read into: 16 KiB that would stay with each
/// connection otherwise.
pub(crate) fn detach(head: &mut Parts) {
    let headers = std::mem::take(&mut head.headers);
    head.headers = HeaderMap::with_capacity(headers.keys_len());
    for (name, value) in &headers {
        // What was a value is one.
        if let Ok(mut copy) = HeaderValue::from_bytes(value.as_bytes()) {
            copy.set_sensitive(value.is_sensitive());
            head.headers.append(name.clone(), copy);
        }
    }
    head.uri = copied(&head.uri);
    if let Some(original) = head.extensions.get_mut::<OriginalUri>() {
        original.0 = copied(&original.0);
    }
}

fn copied(uri: &Uri) -> Uri {
    uri.to_string().parse().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    #[test]
    fn a_kept_head_is_the_same_elsewhere() {
        let request = Request::builder()
            .uri("/ws/?token=1")
            .header("x-name", "one")
            .header("x-name", "two");
        let (mut head, ()) = request.body(()).unwrap().into_parts();
        head.extensions.insert(OriginalUri(head.uri.clone()));
        let (before, uri) = (head.headers.clone(), head.uri.clone());
        detach(&mut head);
        assert_eq!((&head.headers, &head.uri), (&before, &uri));
        let OriginalUri(original) = head.extensions.get().unwrap();
        assert_eq!(original, &uri);
        let place = |headers: &HeaderMap| headers["x-name"].as_bytes().as_ptr();
        assert_ne!(place(&head.headers), place(&before));
    }
}
