//! The random text in front of a hash.

use super::HashError;
use crate::random;

/// Characters of a fresh salt: `ceil(128 / log2 62)`.
pub(super) const LENGTH: usize = 22;

/// A fresh salt: 22 letters and digits, 131 bits.
pub(super) fn fresh() -> String {
    random::text(LENGTH, random::ALPHANUMERIC)
}

/// Refuses a salt Django would refuse: an empty one, or one with the separator in it.
pub(super) fn check(salt: &str) -> Result<(), HashError> {
    if salt.is_empty() || salt.contains('$') {
        return Err(HashError::Salt);
    }
    Ok(())
}

/// Whether a salt of that many characters of the 62-character alphabet has under 128 bits.
#[doc(alias = "must_update_salt")]
pub(super) fn too_short(length: usize) -> bool {
    length < LENGTH
}
