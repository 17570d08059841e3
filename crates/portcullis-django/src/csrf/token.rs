//! The secret in the cookie, and the token in the page: the secret behind a mask.

use std::fmt;

use subtle::ConstantTimeEq;

use crate::random::{self, ALPHANUMERIC};

/// How many characters a secret has: 32 of a 62-letter alphabet are 190 bits.
pub const SECRET_LENGTH: usize = 32;

/// How many characters a masked token has: the mask, and the secret behind it.
pub const TOKEN_LENGTH: usize = 2 * SECRET_LENGTH;

/// What is wrong with the form of a secret or token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[doc(alias = "InvalidTokenFormat")]
pub enum MalformedToken {
    /// Neither 32 nor 64 characters.
    Length,
    /// Other characters than ASCII letters and digits.
    Characters,
}

impl fmt::Display for MalformedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Length => "has incorrect length",
            Self::Characters => "has invalid characters",
        })
    }
}

/// A new secret.
#[doc(alias = "rotate_token")]
#[must_use]
pub fn new_secret() -> String {
    random::text(SECRET_LENGTH, ALPHANUMERIC)
}

/// Checks the form of a secret or token.
///
/// # Errors
/// [`MalformedToken`]; the length is looked at first.
pub fn well_formed(text: &str) -> Result<(), MalformedToken> {
    let length = text.chars().count();
    if length != SECRET_LENGTH && length != TOKEN_LENGTH {
        Err(MalformedToken::Length)
    } else if !text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        Err(MalformedToken::Characters)
    } else {
        Ok(())
    }
}

fn index(byte: u8) -> usize {
    ALPHANUMERIC
        .iter()
        .position(|known| *known == byte)
        .unwrap_or(0)
}

/// Puts a secret behind a mask of the same length; both are [`well_formed`].
///
/// ```
/// use portcullis_django::csrf::{mask, secret_of};
/// let token = mask(&"b".repeat(32), &"9".repeat(32));
/// assert_eq!(token, "9".repeat(32) + &"a".repeat(32));
/// assert_eq!(secret_of(&token), "b".repeat(32));
/// ```
#[doc(alias = "_mask_cipher_secret")]
#[must_use]
pub fn mask(secret: &str, mask: &str) -> String {
    let cipher = secret.bytes().zip(mask.bytes()).map(|(secret, mask)| {
        char::from(ALPHANUMERIC[(index(secret) + index(mask)) % ALPHANUMERIC.len()])
    });
    mask.chars().chain(cipher).collect()
}

/// A token for a page: the secret behind a fresh mask, different on every answer.
#[doc(alias = "get_token")]
#[must_use]
pub fn new_token(secret: &str) -> String {
    mask(secret, &random::text(SECRET_LENGTH, ALPHANUMERIC))
}

/// The secret of a [`well_formed`] token, masked or bare.
#[doc(alias = "_unmask_cipher_token")]
#[must_use]
pub fn secret_of(token: &str) -> String {
    if token.len() != TOKEN_LENGTH {
        return token.to_owned();
    }
    let (mask, cipher) = token.as_bytes().split_at(SECRET_LENGTH);
    let size = ALPHANUMERIC.len();
    let secret = cipher.iter().zip(mask).map(|(cipher, mask)| {
        char::from(ALPHANUMERIC[(index(*cipher) + size - index(*mask)) % size])
    });
    secret.collect()
}

/// Whether a token is of a secret; both are [`well_formed`], masked or bare.
#[doc(alias = "_does_token_match")]
#[must_use]
pub fn matches(token: &str, secret: &str) -> bool {
    secret_of(token)
        .as_bytes()
        .ct_eq(secret_of(secret).as_bytes())
        .into()
}
