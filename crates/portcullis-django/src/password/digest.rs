//! The one-pass formats: `md5$<salt>$<hex>`, `sha1$<salt>$<hex>` and both unsalted ones.
//!
//! They protect nothing; they are read so that old rows can be re-hashed at the next login.

use super::{Algorithm, HashError, salt, same_text};
use md5::Md5;
use sha1::{Digest, Sha1};

/// Lower-case hex of the digest of `salt` and `password`.
fn hex<D: Digest>(salt: &str, password: &str) -> String {
    let mut digest = D::new();
    digest.update(salt.as_bytes());
    digest.update(password.as_bytes());
    hex::encode(digest.finalize())
}

/// Hashes `password`; the unsalted formats take no notice of the salt.
pub(super) fn encode(
    algorithm: Algorithm,
    password: &str,
    salt: &str,
) -> Result<String, HashError> {
    Ok(match algorithm {
        Algorithm::UnsaltedMd5 => hex::<Md5>("", password),
        Algorithm::UnsaltedSha1 => format!("sha1$${}", hex::<Sha1>("", password)),
        Algorithm::Sha1 => {
            salt::check(salt)?;
            format!("sha1${salt}${}", hex::<Sha1>(salt, password))
        }
        _ => {
            salt::check(salt)?;
            format!("md5${salt}${}", hex::<Md5>(salt, password))
        }
    })
}

/// The salt of a salted row.
fn salt_of(encoded: &str) -> Option<&str> {
    let mut parts = encoded.splitn(3, '$').skip(1);
    let salt = parts.next()?;
    parts.next().map(|_hash| salt)
}

/// Whether the password belongs to the row; `None` when the row is damaged.
pub(super) fn verify(algorithm: Algorithm, password: &str, encoded: &str) -> Option<bool> {
    let (salt, stored) = match algorithm {
        // The oldest rows are the bare hash, later ones have an empty salt in front.
        Algorithm::UnsaltedMd5 => ("", encoded.strip_prefix("md5$$").unwrap_or(encoded)),
        Algorithm::UnsaltedSha1 => ("", encoded),
        _ => (salt_of(encoded)?, encoded),
    };
    let again = encode(algorithm, password, salt).ok()?;
    Some(same_text(stored, &again))
}

/// Whether the salt is too short; rows of the unsalted formats are left as they are.
pub(super) fn must_update(algorithm: Algorithm, encoded: &str) -> bool {
    matches!(algorithm, Algorithm::Md5 | Algorithm::Sha1)
        && salt_of(encoded).is_some_and(|text| salt::too_short(text.chars().count()))
}
