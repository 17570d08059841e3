//! The `session_data` column, the session key, and the hash that ties a session to a password.

use std::fmt;

use serde_json::{Map, Value};

use crate::random;
use crate::signing::{Algorithm, Signer, dumps, hex, loads, salted_hmac};

/// Built from the class name of the session store; a subclass of the same name keeps it.
const SALT: &str = "django.contrib.sessions.SessionStore";

const HASH_SALT: &str = "django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash";

/// How many characters a new key has.
const KEY_LENGTH: usize = 32;

/// Shorter cookie values are no session keys.
const MIN_KEY_LENGTH: usize = 8;

/// The secret key, and older ones that are still good for reading.
#[derive(Clone, Copy)]
pub struct Secrets<'a> {
    /// Signs, and is tried first.
    #[doc(alias = "SECRET_KEY")]
    pub key: &'a str,
    /// Only tried.
    #[doc(alias = "SECRET_KEY_FALLBACKS")]
    pub fallbacks: &'a [&'a str],
}

impl fmt::Debug for Secrets<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets(..)")
    }
}

/// A new session key: 32 random characters of `a-z0-9`, 165 bits.
#[must_use]
pub fn new_key() -> String {
    random::text(KEY_LENGTH, random::LOWER_ALPHANUMERIC)
}

/// Whether a cookie's value is looked up at all: 8 characters or more.
#[must_use]
pub fn is_key(cookie: &str) -> bool {
    cookie.chars().nth(MIN_KEY_LENGTH - 1).is_some()
}

/// The `session_data` of a session, signed at `now` (Unix seconds), compressed where that is shorter.
///
/// ```
/// use portcullis_django::session::{Secrets, decode, encode};
/// let secrets = Secrets { key: "a secret", fallbacks: &[] };
/// let data = serde_json::json!({ "cart": [1, 2] }).as_object().cloned().unwrap();
/// assert_eq!(decode(&encode(&data, secrets, 0), secrets), data);
/// assert!(decode("forged", secrets).is_empty());
/// ```
#[must_use]
pub fn encode(session: &Map<String, Value>, secrets: Secrets<'_>, now: i64) -> String {
    let signer = Signer::new(secrets.key, secrets.fallbacks, SALT);
    dumps(&Value::Object(session.clone()), &signer, true, now)
}

/// The session of a `session_data` column; empty when it is forged, unreadable or no object.
///
/// The time inside is not looked at: only `expire_date` ends a session.
#[must_use]
pub fn decode(data: &str, secrets: Secrets<'_>) -> Map<String, Value> {
    match loads(
        data,
        &Signer::new(secrets.key, secrets.fallbacks, SALT),
        None,
        0.0,
    ) {
        Ok(Value::Object(session)) => session,
        _ => Map::new(),
    }
}

/// What ties a session to a password: changing the `password` column ends the session.
///
/// 64 lower-case hex characters.
#[doc(alias = "get_session_auth_hash")]
#[must_use]
pub fn auth_hash(password_column: &str, secret_key: &str) -> String {
    let hash = salted_hmac(
        HASH_SALT,
        password_column.as_bytes(),
        secret_key,
        Algorithm::Sha256,
    );
    hex(&hash)
}
