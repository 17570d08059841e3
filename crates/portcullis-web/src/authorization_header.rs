//! The `Authorization` header, split as DRF splits it.

use http::{HeaderMap, HeaderValue, header};
use portcullis_core::AuthError;
use portcullis_django::authorization;

/// The one credential after a keyword such as `Token`.
///
/// `Ok(None)`: no such header, or another scheme's. The keyword is compared without regard to case;
/// blanks and tabs separate. `Token x` and `token\tx` are the same.
///
/// # Errors
/// [`AuthError::Failed`] when the keyword is there and not exactly one credential follows it.
pub(crate) fn credential<'a>(
    headers: &'a HeaderMap,
    keyword: &str,
) -> Result<Option<&'a str>, AuthError> {
    let twice = "Invalid token header. Token string should not contain spaces.";
    match only_value(headers).map_err(|_| AuthError::failed(twice))? {
        None => Ok(None),
        Some(value) => authorization::token_of(value, keyword).map_err(AuthError::failed),
    }
}

/// The header was sent more than once.
#[derive(Debug)]
pub(crate) struct SentTwice;

/// The header, which must not be sent twice: servers in front may have looked at either; DRF sees
/// them joined by a comma.
pub(crate) fn only_value(headers: &HeaderMap) -> Result<Option<&[u8]>, SentTwice> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    match (values.next(), values.next()) {
        (_, Some(_)) => Err(SentTwice),
        (value, None) => Ok(value.map(HeaderValue::as_bytes)),
    }
}
