//! Opaque API tokens: knox's per-device tokens, and DRF's one per user.

use sha2::{Digest, Sha512};
use subtle::ConstantTimeEq;

use crate::random;

/// How many characters of a token it is looked up by (knox 5; knox 4 used 8).
pub const KNOX_KEY_LENGTH: usize = 15;

/// Random bytes of a device token: 32, written as 64 hex characters.
const KNOX_BYTES: usize = 32;

/// Random bytes of a DRF token: 20, written as 40 hex characters.
const AUTHTOKEN_BYTES: usize = 20;

/// A new device token: the prefix (at most 10 characters, mostly empty) and 64 hex characters.
///
/// The text is shown once; what is stored is its [`knox_digest`].
#[doc(alias = "create_token_string")]
#[must_use]
pub fn new_knox_token(prefix: &str) -> String {
    format!("{prefix}{}", random::hex(KNOX_BYTES))
}

/// Whether a text looks like a token of DRF: 40 digits of base 16, in lower case. A look at the text, no secret.
///
/// ```
/// use portcullis_django::api_token::{is_authtoken, new_authtoken, new_knox_token};
/// assert!(is_authtoken(&new_authtoken()));
/// assert!(!is_authtoken(&new_knox_token("")));
/// ```
#[must_use]
pub fn is_authtoken(text: &str) -> bool {
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    text.len() == 2 * AUTHTOKEN_BYTES && text.bytes().all(is_digit)
}

/// The longest prefix of device tokens, in characters; knox has the same limit.
#[doc(alias = "MAXIMUM_TOKEN_PREFIX_LENGTH")]
pub const MAX_KNOX_PREFIX: usize = 10;

/// How many characters a checksum has: the hex of a CRC-32.
const CHECKSUM_LENGTH: usize = 8;

/// A new device token that shows whether it was mistyped: prefix, 64 hex characters, and the CRC-32 of
/// both as 8 more.
///
/// Scanners for leaked secrets can tell it from other text by prefix and checksum. knox takes it as any
/// other: its [`knox_digest`] is that of the whole text.
#[must_use]
pub fn new_checked_token(prefix: &str) -> String {
    let token = new_knox_token(prefix);
    let checksum = checksum(&token);
    token + &checksum
}

/// Whether a text may be a token of [`new_checked_token`] with that prefix: a look at the text, no secret.
///
/// ```
/// use portcullis_django::api_token::{is_checked_token, new_checked_token};
/// let token = new_checked_token("shop_");
/// assert!(is_checked_token(&token, "shop_"));
/// assert!(!is_checked_token(&token.to_uppercase(), "shop_"));
/// assert!(!is_checked_token(&token[..token.len() - 1], "shop_"));
/// ```
#[must_use]
pub fn is_checked_token(text: &str, prefix: &str) -> bool {
    let Some(end) = text.len().checked_sub(CHECKSUM_LENGTH) else {
        return false;
    };
    let length = prefix.len() + 2 * KNOX_BYTES;
    match text.split_at_checked(end) {
        Some((token, sum)) => {
            token.len() == length && token.starts_with(prefix) && checksum(token) == sum
        }
        None => false,
    }
}

fn checksum(text: &str) -> String {
    format!("{:08x}", crc32fast::hash(text.as_bytes()))
}

/// Lower-case hex SHA-512 of the token text, the `digest` column of `knox_authtoken`.
///
/// ```
/// assert_eq!(portcullis_django::api_token::knox_digest("x").len(), 128);
/// ```
#[doc(alias = "hash_token")]
#[must_use]
pub fn knox_digest(token: &str) -> String {
    hex::encode(Sha512::digest(token.as_bytes()))
}

/// The first [`KNOX_KEY_LENGTH`] characters of a token, the `token_key` column.
///
/// ```
/// assert_eq!(portcullis_django::api_token::knox_key("0123456789abcdef"), "0123456789abcde");
/// ```
#[must_use]
pub fn knox_key(token: &str) -> &str {
    let end = token
        .char_indices()
        .nth(KNOX_KEY_LENGTH)
        .map_or(token.len(), |(at, _)| at);
    &token[..end]
}

/// Whether two digests are the same, in a time that does not tell where they differ.
#[must_use]
pub fn digests_match(stored: &str, computed: &str) -> bool {
    stored.as_bytes().ct_eq(computed.as_bytes()).into()
}

/// A new DRF token: 40 lower-case hex characters, stored as they are.
#[doc(alias = "generate_key")]
#[must_use]
pub fn new_authtoken() -> String {
    random::hex(AUTHTOKEN_BYTES)
}
