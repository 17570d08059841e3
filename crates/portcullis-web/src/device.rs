//! What a client calls itself, for the list of logins.

use http::{HeaderMap, header};

/// How many characters of a `User-Agent` are kept.
const MAX_CHARACTERS: usize = 200;

/// The `User-Agent` of a request, without control characters, cut to 200 characters.
#[must_use]
pub fn device_name(headers: &HeaderMap) -> String {
    let agent = headers
        .get(header::USER_AGENT)
        .and_then(|value| value.to_str().ok());
    let shown = agent
        .unwrap_or("")
        .chars()
        .filter(|character| !character.is_control());
    shown.take(MAX_CHARACTERS).collect()
}
