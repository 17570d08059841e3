//! How long a session lives.

use serde_json::{Map, Value};

const EXPIRY: &str = "_session_expiry";

/// What the `_session_expiry` of a session says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expiry {
    /// So many seconds after each save. Negative: over already.
    Seconds(i64),
    /// At this time, ISO 8601 with its offset, such as `2026-01-04T04:55:45+00:00`.
    At(String),
}

/// How a session expires: when, and whether its cookie ends with the browser.
///
/// `cookie_age` is `SESSION_COOKIE_AGE` in seconds. A session that ends with the browser still
/// lives that long in the table.
#[doc(alias = "get_expiry_age")]
#[doc(alias = "get_expire_at_browser_close")]
#[must_use]
pub fn expiry(
    session: &Map<String, Value>,
    cookie_age: i64,
    expire_at_browser_close: bool,
) -> (Expiry, bool) {
    match session.get(EXPIRY) {
        Some(Value::String(at)) => (Expiry::At(at.clone()), false),
        Some(Value::Number(seconds)) => match seconds.as_i64() {
            Some(0) | None => (Expiry::Seconds(cookie_age), true),
            Some(seconds) => (Expiry::Seconds(seconds), false),
        },
        _ => (Expiry::Seconds(cookie_age), expire_at_browser_close),
    }
}
