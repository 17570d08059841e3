//! Who a session belongs to, and what becomes of its row.

use serde_json::{Map, Value};
use subtle::ConstantTimeEq;

use super::{BACKEND, HASH, Secrets, USER_ID, auth_hash};

/// The user that a session names, as the store found them.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    /// The `password` column.
    pub password_column: &'a str,
    /// Inactive users are anonymous; their sessions come back to life with them.
    pub is_active: bool,
}

/// What becomes of the row of a session that was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It stays as it is.
    Kept,
    /// It is deleted, and the cookie with it: the password has changed.
    Flushed,
    /// It moves to a new key, with an auth hash under the current secret.
    Rekeyed,
}

/// The verdict on a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// Whether the request is made by the candidate; anonymous otherwise.
    pub is_user: bool,
    /// What becomes of the row.
    pub fate: Fate,
}

/// The primary key (as text) of the user whom a session names, if a configured backend logged them in.
#[doc(alias = "get_user")]
#[must_use]
pub fn owner(session: &Map<String, Value>, backends: &[&str]) -> Option<String> {
    let backend = session.get(BACKEND)?.as_str()?;
    if !backends.contains(&backend) {
        return None;
    }
    match session.get(USER_ID)? {
        Value::String(id) => Some(id.clone()),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    }
}

/// Whether a session is good for the user that it names.
///
/// The auth hash may be one under a fallback secret: then the session is re-keyed. A hash that is
/// missing, empty or different ends the session.
#[doc(alias = "get_session_auth_fallback_hash")]
#[must_use]
pub fn resolve(
    session: &Map<String, Value>,
    user: Candidate<'_>,
    secrets: Secrets<'_>,
) -> Resolved {
    if !user.is_active {
        return Resolved {
            is_user: false,
            fate: Fate::Kept,
        };
    }
    let stored = session
        .get(HASH)
        .and_then(Value::as_str)
        .unwrap_or_default();
    let is_made_with = |key: &str| -> bool {
        let hash = auth_hash(user.password_column, key);
        hash.as_bytes().ct_eq(stored.as_bytes()).into()
    };
    if is_made_with(secrets.key) {
        Resolved {
            is_user: true,
            fate: Fate::Kept,
        }
    } else if secrets.fallbacks.iter().any(|key| is_made_with(key)) {
        Resolved {
            is_user: true,
            fate: Fate::Rekeyed,
        }
    } else {
        Resolved {
            is_user: false,
            fate: Fate::Flushed,
        }
    }
}
