//! A name for each request, in its answer and in every line of the log.

use std::fmt;

use http::{HeaderMap, HeaderName, HeaderValue};

/// The header that carries the name.
pub(crate) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

const MAX_LENGTH: usize = 64;

/// A request's name: the client's, when it is 1 to 64 of `A-Z a-z 0-9 . _ -`, else a random one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(HeaderValue);

impl RequestId {
    /// The name of a request with these headers.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Self {
        let mut sent = headers.get_all(X_REQUEST_ID).iter();
        match (sent.next(), sent.next()) {
            (Some(value), None) if is_name(value.as_bytes()) => Self(value.clone()),
            _ => Self(random()),
        }
    }

    /// The name as a header's value.
    #[must_use]
    pub fn header(&self) -> HeaderValue {
        self.0.clone()
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.to_str().unwrap_or_default())
    }
}

fn is_name(value: &[u8]) -> bool {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-".contains(byte);
    (1..=MAX_LENGTH).contains(&value.len()) && value.iter().all(is_part)
}

fn random() -> HeaderValue {
    let mut bytes = [0; 16];
    // Without randomness the name is no secret lost: only lines of the log are harder to tell apart.
    let _ = getrandom::fill(&mut bytes);
    let text = format!("{:032x}", u128::from_be_bytes(bytes));
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_short_plain_names_are_taken_over() {
        let id = |value: &str| {
            let header = (X_REQUEST_ID, HeaderValue::from_str(value).unwrap());
            RequestId::of(&[header].into_iter().collect()).to_string()
        };
        let long = "a".repeat(64);
        for good in ["a", "A-b_c.9", long.as_str()] {
            assert_eq!(id(good), good);
        }
        for bad in ["", "a b", "a\tb", "a\"", "ä", &"a".repeat(65)] {
            let made = id(bad);
            assert!(made != bad && made.len() == 32, "{bad}");
        }
        assert_ne!(id(""), id(""));
    }
}
