//! `pbkdf2_sha256$<iterations>$<salt>$<base64>` and its SHA-1 sibling.

use super::{Algorithm, HashError, Hashers, salt, same_text};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha1::Sha1;
use sha2::Sha256;

/// More iterations than this are not run (ten times Django 5.2's number: a few seconds).
pub const MAX_ITERATIONS: u32 = 10_000_000;

/// A stored row, taken apart.
struct Row<'a> {
    iterations: u32,
    salt: &'a str,
}

fn parse(encoded: &str) -> Option<Row<'_>> {
    let mut parts = encoded.splitn(4, '$').skip(1);
    let (iterations, salt) = (parts.next()?, parts.next()?);
    parts.next()?;
    Some(Row {
        iterations: iterations.parse().ok()?,
        salt,
    })
}

/// Hashes `password`: PBKDF2-HMAC, 32 bytes for SHA-256 and 20 for SHA-1.
pub(super) fn encode(
    algorithm: Algorithm,
    password: &str,
    salt: &str,
    iterations: u32,
) -> Result<String, HashError> {
    salt::check(salt)?;
    if !(1..=MAX_ITERATIONS).contains(&iterations) {
        return Err(HashError::Cost(algorithm));
    }
    let (password, salt_bytes) = (password.as_bytes(), salt.as_bytes());
    let hash = if algorithm == Algorithm::Pbkdf2Sha1 {
        let tag = pbkdf2::pbkdf2_hmac_array::<Sha1, 20>(password, salt_bytes, iterations);
        STANDARD.encode(tag)
    } else {
        let tag = pbkdf2::pbkdf2_hmac_array::<Sha256, 32>(password, salt_bytes, iterations);
        STANDARD.encode(tag)
    };
    Ok(format!("{algorithm}${iterations}${salt}${hash}"))
}

/// Whether the password belongs to the row; `None` when the row is damaged.
///
/// The password is hashed again and the whole text compared, so a leading zero in the
/// iterations or missing padding is a mismatch, as in Django.
pub(super) fn verify(algorithm: Algorithm, password: &str, encoded: &str) -> Option<bool> {
    let row = parse(encoded)?;
    let again = encode(algorithm, password, row.salt, row.iterations).ok()?;
    Some(same_text(encoded, &again))
}

/// Whether the iterations differ from the configured ones (in either direction) or the salt is
/// too short.
pub(super) fn must_update(encoded: &str, hashers: &Hashers) -> bool {
    parse(encoded).is_some_and(|row| {
        row.iterations != hashers.pbkdf2_iterations || salt::too_short(row.salt.chars().count())
    })
}

/// Spends the iterations a cheap row saved, so that a wrong password takes as long everywhere.
pub(super) fn harden(algorithm: Algorithm, password: &str, encoded: &str, hashers: &Hashers) {
    if let Some(row) = parse(encoded) {
        // A row outside the limits was not run at all: dummy work has been done for it.
        let missing = hashers.pbkdf2_iterations.saturating_sub(row.iterations);
        if row.iterations > 0 && missing > 0 {
            let _ = std::hint::black_box(encode(algorithm, password, row.salt, missing));
        }
    }
}
