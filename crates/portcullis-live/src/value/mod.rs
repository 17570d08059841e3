//! Values of fields: from JSON, into SQL, and back. Between the two they are JSON in one form for each
//! kind: exact decimals, dates, times and UUIDs are text.

mod bind;
mod clean;
mod decimal;
mod given;
mod moment;
mod render;

pub(crate) use bind::{bind, null};
pub(crate) use clean::clean;
pub(crate) use given::given;
pub(crate) use moment::{parse_datetime, write_datetime};
pub(crate) use render::{as_selected, column, render};

use crate::error::LiveError;

/// A UUID with its hyphens, of 32 hex digits with or without them.
pub(crate) fn hyphenated(text: &str) -> Option<String> {
    let text = text.trim();
    let text = text.strip_prefix("urn:uuid:").unwrap_or(text);
    let text = text.trim_start_matches('{').trim_end_matches('}');
    let hex: String = text.chars().filter(|c| *c != '-').collect();
    if hex.len() != 32 || !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let hex = hex.to_ascii_lowercase();
    let parts = [
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..],
    ];
    Some(parts.join("-"))
}

/// A new random UUID, as text.
pub(crate) fn random_uuid() -> Result<String, LiveError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| {
        tracing::error!(%error, "no randomness");
        LiveError::Refused(portcullis_web::Refusal::Unavailable)
    })?;
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let hex = hex::encode(bytes);
    Ok(hyphenated(&hex).unwrap_or(hex))
}
