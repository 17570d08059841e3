//! How a link names a user: base 64 of the primary key (Django), or base 36 (allauth).

use crate::signing::{base64url_decode, base64url_encode};

/// More digits are refused before anything is computed.
const MAX_BASE36_DIGITS: usize = 13;

/// Django's `uidb64`: URL-safe base64 of the primary key's text.
///
/// ```
/// assert_eq!(portcullis_django::account_token::uid_encode("42"), "NDI");
/// ```
#[doc(alias = "urlsafe_base64_encode")]
#[must_use]
pub fn uid_encode(primary_key: &str) -> String {
    base64url_encode(primary_key.as_bytes())
}

/// The primary key's text of a `uidb64`; `None` when it is not one.
#[doc(alias = "urlsafe_base64_decode")]
#[must_use]
pub fn uid_decode(uid: &str) -> Option<String> {
    let text = String::from_utf8(base64url_decode(uid)?).ok()?;
    (!text.is_empty()).then_some(text)
}

/// A number in base 36, lower case: allauth's uid of an integer key, and the time in a reset token.
///
/// ```
/// assert_eq!(portcullis_django::account_token::base36_encode(1295), "zz");
/// ```
#[doc(alias = "int_to_base36")]
#[must_use]
pub fn base36_encode(number: u64) -> String {
    let mut rest = number;
    let mut digits = Vec::new();
    loop {
        let digit = u8::try_from(rest % 36).unwrap_or(0);
        digits.push(char::from(if digit < 10 {
            b'0' + digit
        } else {
            b'a' + digit - 10
        }));
        rest /= 36;
        if rest == 0 {
            return digits.iter().rev().collect();
        }
    }
}

/// Reads base 36, in either case; `None` for other characters, more than 13 digits or 64 bits.
///
/// Stricter than Python, which also takes signs, blanks around and underscores between digits.
#[doc(alias = "base36_to_int")]
#[must_use]
pub fn base36_decode(text: &str) -> Option<u64> {
    if text.is_empty() || text.len() > MAX_BASE36_DIGITS {
        return None;
    }
    text.chars().try_fold(0_u64, |number, character| {
        number
            .checked_mul(36)?
            .checked_add(u64::from(character.to_digit(36)?))
    })
}
