//! The `Authorization` header, taken apart as DRF takes it apart, with DRF's words for its faults.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The parts of a header of that scheme; `None` for no header, an empty one, or another scheme's.
fn parts<'h>(header: &'h [u8], keyword: &str) -> Option<Vec<&'h [u8]>> {
    let mut parts = header
        .split(u8::is_ascii_whitespace)
        .filter(|part| !part.is_empty());
    let is_ours = parts.next()?.eq_ignore_ascii_case(keyword.as_bytes());
    is_ours.then(|| parts.collect())
}

/// The token of `<keyword> <token>`; the keyword is compared without regard to case.
///
/// `Ok(None)`: no such header, or another scheme's.
///
/// # Errors
/// The sentence of the 401, when not exactly one readable token follows the keyword.
///
/// ```
/// use portcullis_django::authorization::token_of;
/// assert_eq!(token_of(b"token\tx ", "Token"), Ok(Some("x")));
/// assert_eq!(token_of(b"Bearer x", "Token"), Ok(None));
/// assert!(token_of(b"Token x y", "Token").is_err());
/// ```
#[doc(alias = "TokenAuthentication")]
pub fn token_of<'h>(header: &'h [u8], keyword: &str) -> Result<Option<&'h str>, &'static str> {
    match parts(header, keyword).as_deref() {
        None => Ok(None),
        Some([]) => Err("Invalid token header. No credentials provided."),
        Some([token]) => std::str::from_utf8(token).map(Some).map_err(
            |_| "Invalid token header. Token string should not contain invalid characters.",
        ),
        Some(_) => Err("Invalid token header. Token string should not contain spaces."),
    }
}

/// Name and password of `Basic <base64>`, read as UTF-8 or else Latin-1, parted at the first colon.
///
/// `Ok(None)`: no such header, or another scheme's. Padding is required; characters outside the
/// alphabet are refused, where DRF skips them.
///
/// # Errors
/// The sentence of the 401.
#[doc(alias = "BasicAuthentication")]
pub fn basic_of(header: &[u8]) -> Result<Option<(String, String)>, &'static str> {
    const NOT_BASE64: &str = "Invalid basic header. Credentials not correctly base64 encoded.";
    let encoded = match parts(header, "Basic").as_deref() {
        None => return Ok(None),
        Some([]) => return Err("Invalid basic header. No credentials provided."),
        Some([encoded]) => STANDARD.decode(encoded).map_err(|_| NOT_BASE64)?,
        Some(_) => {
            return Err("Invalid basic header. Credentials string should not contain spaces.");
        }
    };
    let text = String::from_utf8(encoded)
        .unwrap_or_else(|error| error.as_bytes().iter().copied().map(char::from).collect());
    let (name, password) = text.split_once(':').ok_or(NOT_BASE64)?;
    Ok(Some((name.to_owned(), password.to_owned())))
}
