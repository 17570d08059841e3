//! The signature of a request to the publish API.

use http::StatusCode;
use http::request::Parts;

use super::api::{Refused, refused};
use super::signature::checksum;
use super::state::Inner;

/// How far a signature's time may be from ours, in seconds.
const MAX_AGE: i64 = 600;

/// Whether a request is signed by the secret, lately, with this body.
pub(super) fn checked(
    inner: &Inner,
    head: &Parts,
    app_id: &str,
    pairs: &[(String, String)],
    body: &[u8],
) -> Result<(), Refused> {
    let wrong = |text: &str| refused(StatusCode::UNAUTHORIZED, text);
    if app_id != inner.settings.app_id {
        return Err(refused(StatusCode::NOT_FOUND, "Unknown app id"));
    }
    let value = |wanted: &str| {
        let mut found = pairs
            .iter()
            .filter(|(name, _)| name.eq_ignore_ascii_case(wanted));
        match (found.next(), found.next()) {
            (Some((_, value)), None) => Some(value.as_str()),
            _ => None,
        }
    };
    if value("auth_key") != Some(&inner.settings.key) {
        return Err(wrong("Unknown auth_key"));
    }
    let mut signed: Vec<(String, &str)> = pairs
        .iter()
        .map(|(name, value)| (name.to_lowercase(), value.as_str()))
        .filter(|(name, _)| name != "auth_signature")
        .collect();
    signed.sort();
    let signed: Vec<String> = signed
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let text = format!("{}\n{}\n{}", head.method, head.uri.path(), signed.join("&"));
    let signature = value("auth_signature").unwrap_or_default();
    if value("auth_version") != Some("1.0") || !inner.signer.is_signed(signature, &text) {
        return Err(wrong("Invalid signature"));
    }
    let at = value("auth_timestamp").and_then(|text| text.parse::<i64>().ok());
    let now = inner.live.inner.clock.now().unix_timestamp();
    if at.is_none_or(|at| now.saturating_sub(at).saturating_abs() > MAX_AGE) {
        return Err(wrong("Timestamp expired"));
    }
    let is_body_signed = match value("body_md5") {
        Some(sum) => sum == checksum(body),
        None => body.is_empty(),
    };
    match is_body_signed {
        true => Ok(()),
        false => Err(wrong("body_md5 does not match")),
    }
}
