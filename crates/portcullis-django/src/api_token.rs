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

/// Lower-case hex SHA-512 of the token text, the `digest` column of `knox_authtoken`.
///
/// ```
/// assert_eq!(portcullis_django::api_token::knox_digest("x").len(), 128);
/// ```
#[doc(alias = "hash_token")]
#[must_use]
pub fn knox_digest(token: &str) -> String {
    Sha512::digest(token.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
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
