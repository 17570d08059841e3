//! The `Authorization` header, split as DRF splits it.

use http::{HeaderMap, header};
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
    let Some(value) = headers.get(header::AUTHORIZATION) else {
        return Ok(None);
    };
    if headers.get_all(header::AUTHORIZATION).iter().count() > 1 {
        // Servers in front may have looked at either; DRF sees them joined by a comma.
        let text = "Invalid token header. Token string should not contain spaces.";
        return Err(AuthError::failed(text));
    }
    authorization::token_of(value.as_bytes(), keyword).map_err(AuthError::failed)
}
