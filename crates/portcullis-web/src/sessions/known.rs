//! What a session holds and whether it is good for its user: worked out once a minute, not at each request.

use std::sync::Arc;

use portcullis_core::{SecretKeys, User};
use portcullis_django::session::{self, Candidate, Fate, HASH, Resolved, Secrets};
use serde_json::{Map, Value};

use crate::remembered::Remembered;

/// Both are pure functions of columns and of secret keys that do not change while the service runs.
#[derive(Clone, Default)]
pub(super) struct Known {
    data: Arc<Remembered<Map<String, Value>>>,
    /// By the auth hash and the column of the password that it stands for.
    good: Arc<Remembered<Resolved>>,
}

impl Known {
    /// The entries of a row of the table of sessions, at `now` in Unix seconds.
    pub(super) fn decode(
        &self,
        stored: &str,
        secret_keys: &SecretKeys,
        now: i64,
    ) -> Arc<Map<String, Value>> {
        if let Some(known) = self.data.get(stored, now) {
            return known;
        }
        let fallbacks = secret_keys.expose_fallbacks();
        let data = Arc::new(session::decode(stored, secrets(secret_keys, &fallbacks)));
        self.data.keep(stored, Arc::clone(&data), now, i64::MAX);
        data
    }

    /// Whether a session is good for the user that it names. Only a plain yes is remembered.
    pub(super) fn resolve(
        &self,
        data: &Map<String, Value>,
        user: &User,
        secret_keys: &SecretKeys,
        now: i64,
    ) -> Resolved {
        let candidate = Candidate {
            password_column: user.password.expose_secret(),
            is_active: user.is_active,
        };
        let hash = data.get(HASH).and_then(Value::as_str).unwrap_or_default();
        let both = format!("{hash}:{}", candidate.password_column);
        if candidate.is_active
            && let Some(known) = self.good.get(&both, now)
        {
            return *known;
        }
        let fallbacks = secret_keys.expose_fallbacks();
        let resolved = session::resolve(data, candidate, secrets(secret_keys, &fallbacks));
        if resolved.is_user && resolved.fate == Fate::Kept {
            self.good.keep(&both, Arc::new(resolved), now, i64::MAX);
        }
        resolved
    }
}

/// The keys in the order in which they are tried.
pub(super) fn secrets<'a>(secret_keys: &'a SecretKeys, fallbacks: &'a [&'a str]) -> Secrets<'a> {
    Secrets {
        key: secret_keys.expose_current(),
        fallbacks,
    }
}
