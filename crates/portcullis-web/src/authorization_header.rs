//! The `Authorization` header, split as DRF splits it.

use http::{HeaderMap, header};
use portcullis_core::AuthError;

/// The one credential after a keyword such as `Token`.
///
/// `Ok(None)`: no such header, or another scheme's. The keyword is compared without regard to case;
/// blanks and tabs separate. FEEL for people who type: `Token x`, `token  x` and `Token\tx` are the same.
///
/// # Errors
/// [`AuthError::Failed`] when the keyword is there and not exactly one credential follows it.
pub(crate) fn credential<'a>(
    headers: &'a HeaderMap,
    keyword: &str,
) -> Result<Option<&'a str>, AuthError> {
    let Some(value) = headers.get(header::AUTHORIZATION) else {
        return Ok(None);
    };
    if headers.get_all(header::AUTHORIZATION).iter().count() > 1 {
        return Err(AuthError::failed("More than one Authorization header."));
    }
    let mut parts = value
        .as_bytes()
        .split(|byte| byte.is_ascii_whitespace())
        .filter(|part| !part.is_empty());
    match parts.next() {
        Some(first) if first.eq_ignore_ascii_case(keyword.as_bytes()) => {}
        _ => return Ok(None),
    }
    let Some(credential) = parts.next() else {
        return Err(AuthError::failed(
            "Invalid token header. No credentials provided.",
        ));
    };
    if parts.next().is_some() {
        let text = "Invalid token header. Token string should not contain spaces.";
        return Err(AuthError::failed(text));
    }
    std::str::from_utf8(credential).map(Some).map_err(|_| {
        let text = "Invalid token header. Token string should not contain invalid characters.";
        AuthError::failed(text)
    })
}
