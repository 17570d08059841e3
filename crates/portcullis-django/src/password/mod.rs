//! Password hashes in the formats of `django.contrib.auth.hashers`.
//!
//! [`hash()`] makes the text for the `password` column, [`verify`] checks one and says whether it
//! should be made anew. Passwords are taken as given: no trimming, no Unicode normalisation;
//! NUL and the empty password are allowed.
//!
//! A stored text is outside input. A damaged one, or one that asks for more time or memory than
//! the limits of its format allow, does not match; nothing panics.
//!
//! ```
//! use portcullis_django::password::{self, Hashers};
//! let hashers = Hashers { pbkdf2_iterations: 1000, ..Hashers::default() };
//! let stored = password::hash("correct horse", &hashers)?;
//! assert!(stored.starts_with("pbkdf2_sha256$1000$"));
//! assert!(password::verify("correct horse", &stored, &hashers).matches);
//! assert!(!password::verify("wrong horse", &stored, &hashers).matches);
//! # Ok::<(), password::HashError>(())
//! ```

mod algorithm;
pub mod argon2;
pub mod bcrypt;
mod digest;
pub mod pbkdf2;
mod salt;
pub mod scrypt;
mod settings;

pub use algorithm::Algorithm;
pub use settings::{Argon2Cost, Argon2Variety, Hashers, ScryptCost};

use crate::random;
use subtle::ConstantTimeEq;

/// First character of a password nobody can log in with.
#[doc(alias = "UNUSABLE_PASSWORD_PREFIX")]
pub const UNUSABLE_PREFIX: char = '!';

/// Random characters behind the prefix.
const UNUSABLE_LENGTH: usize = 40;

/// Why a password could not be hashed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HashError {
    /// The salt is empty, has a `$` in it, or is no bcrypt salt.
    #[error("the salt cannot be used")]
    Salt,
    /// The cost is outside the limits of the format.
    #[error("the cost configured for {0} is out of bounds")]
    Cost(Algorithm),
    /// Plain bcrypt takes 72 bytes at most.
    #[error("the password is longer than 72 bytes")]
    TooLong,
}

/// The answer of [`verify`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Verification {
    /// The password is right.
    pub matches: bool,
    /// The row is not what [`hash()`] would make now. Act on it only when `matches`.
    pub must_update: bool,
}

impl Verification {
    /// The password is right and should be hashed again and stored.
    #[must_use]
    pub const fn needs_rehash(self) -> bool {
        self.matches && self.must_update
    }
}

/// The format of a stored row, when it is installed.
///
/// `None` for unusable passwords, unknown formats and formats not in `hashers.installed`.
#[doc(alias = "identify_hasher")]
#[must_use]
pub fn identify(encoded: &str, hashers: &Hashers) -> Option<Algorithm> {
    Algorithm::of(encoded).filter(|algorithm| hashers.installed.contains(algorithm))
}

/// Checks a password against the stored text.
///
/// Takes about as long for an unusable, unknown or damaged row, and for a wrong password on a
/// row cheaper than the configured cost, as for a row made now. A wrong password on a row of
/// another format takes that row's own time more: next to nothing for MD5 and SHA-1. For a user who
/// does not exist call [`dummy_work`].
#[doc(alias = "check_password")]
#[doc(alias = "verify_password")]
#[must_use]
pub fn verify(password: &str, encoded: &str, hashers: &Hashers) -> Verification {
    let known = identify(encoded, hashers).filter(|_| is_usable(encoded));
    let Some(algorithm) = known else {
        dummy_work(hashers);
        return Verification::default();
    };
    let must_update = must_update(encoded, algorithm, hashers);
    let verdict = match algorithm {
        Algorithm::Pbkdf2Sha256 | Algorithm::Pbkdf2Sha1 => {
            pbkdf2::verify(algorithm, password, encoded)
        }
        Algorithm::Argon2 => argon2::verify(password, encoded),
        Algorithm::BcryptSha256 | Algorithm::Bcrypt => bcrypt::verify(algorithm, password, encoded),
        Algorithm::Scrypt => scrypt::verify(password, encoded),
        Algorithm::Md5 | Algorithm::Sha1 | Algorithm::UnsaltedSha1 | Algorithm::UnsaltedMd5 => {
            digest::verify(algorithm, password, encoded)
        }
    };
    match verdict {
        None => dummy_work(hashers),
        Some(false) if must_update && algorithm == hashers.preferred() => {
            harden(password, encoded, algorithm, hashers);
        }
        // Django does nothing here, and an old MD5 row answers at once: that tells who has one.
        Some(false) if algorithm != hashers.preferred() => dummy_work(hashers),
        Some(_) => {}
    }
    Verification {
        matches: verdict == Some(true),
        must_update,
    }
}

/// Whether the row differs from what the preferred format and its costs would make.
fn must_update(encoded: &str, algorithm: Algorithm, hashers: &Hashers) -> bool {
    if algorithm != hashers.preferred() {
        return true;
    }
    match algorithm {
        Algorithm::Pbkdf2Sha256 | Algorithm::Pbkdf2Sha1 => pbkdf2::must_update(encoded, hashers),
        Algorithm::Argon2 => argon2::must_update(encoded, hashers),
        Algorithm::BcryptSha256 | Algorithm::Bcrypt => bcrypt::must_update(encoded, hashers),
        Algorithm::Scrypt => scrypt::must_update(encoded, hashers),
        Algorithm::Md5 | Algorithm::Sha1 | Algorithm::UnsaltedSha1 | Algorithm::UnsaltedMd5 => {
            digest::must_update(algorithm, encoded)
        }
    }
}

/// Evens out the time of a wrong password on a cheap row; argon2 and scrypt have no such step.
#[doc(alias = "harden_runtime")]
fn harden(password: &str, encoded: &str, algorithm: Algorithm, hashers: &Hashers) {
    match algorithm {
        Algorithm::Pbkdf2Sha256 | Algorithm::Pbkdf2Sha1 => {
            pbkdf2::harden(algorithm, password, encoded, hashers);
        }
        Algorithm::BcryptSha256 | Algorithm::Bcrypt => {
            bcrypt::harden(algorithm, password, encoded, hashers);
        }
        _ => {}
    }
}

/// Hashes a password with the preferred format and a fresh salt.
///
/// # Errors
/// [`HashError::Cost`] when the configured cost is out of bounds, [`HashError::TooLong`] for
/// more than 72 bytes with plain bcrypt.
#[doc(alias = "make_password")]
pub fn hash(password: &str, hashers: &Hashers) -> Result<String, HashError> {
    let algorithm = hashers.preferred();
    let salt = match algorithm {
        Algorithm::BcryptSha256 | Algorithm::Bcrypt => bcrypt::fresh_salt(hashers.bcrypt_cost),
        _ => salt::fresh(),
    };
    hash_with_salt(password, &salt, algorithm, hashers)
}

/// Hashes a password with the given format and salt.
///
/// The salt is any text without `$`; for both bcrypt formats it is `$2b$<cost>$<22 characters>`
/// and brings the cost. The unsalted formats take no notice of it.
///
/// # Errors
/// Those of [`hash()`], and [`HashError::Salt`].
#[doc(alias = "encode")]
pub fn hash_with_salt(
    password: &str,
    salt: &str,
    algorithm: Algorithm,
    hashers: &Hashers,
) -> Result<String, HashError> {
    match algorithm {
        Algorithm::Pbkdf2Sha256 | Algorithm::Pbkdf2Sha1 => {
            pbkdf2::encode(algorithm, password, salt, hashers.pbkdf2_iterations)
        }
        Algorithm::Argon2 => argon2::encode(password, salt, hashers.argon2),
        Algorithm::BcryptSha256 | Algorithm::Bcrypt => bcrypt::encode(algorithm, password, salt),
        Algorithm::Scrypt => scrypt::encode(password, salt, hashers.scrypt),
        Algorithm::Md5 | Algorithm::Sha1 | Algorithm::UnsaltedSha1 | Algorithm::UnsaltedMd5 => {
            digest::encode(algorithm, password, salt)
        }
    }
}

/// A password nobody can log in with: `!` and 40 random letters and digits.
#[doc(alias = "set_unusable_password")]
#[must_use]
pub fn unusable() -> String {
    let rest = random::text(UNUSABLE_LENGTH, random::ALPHANUMERIC);
    format!("{UNUSABLE_PREFIX}{rest}")
}

/// Whether the row is not marked unusable; an empty or unknown one counts as usable.
#[doc(alias = "is_password_usable")]
#[doc(alias = "has_usable_password")]
#[must_use]
pub fn is_usable(encoded: &str) -> bool {
    !encoded.starts_with(UNUSABLE_PREFIX)
}

/// Hashes a random text and throws it away: for a login with an unknown user name, which must
/// not be faster than one with a wrong password.
pub fn dummy_work(hashers: &Hashers) {
    let text = random::text(UNUSABLE_LENGTH, random::ALPHANUMERIC);
    let _ = std::hint::black_box(hash(&text, hashers));
}

/// Compares two texts in a time that does not depend on where they differ.
fn same_text(a: &str, b: &str) -> bool {
    a.as_bytes().ct_eq(b.as_bytes()).into()
}
