//! Sessions that go on under a new key, and sessions of nobody yet.

use http::request::Parts;
use portcullis_core::{NewSession, PasswordHash, StoreError, User};
use portcullis_django::session::{HASH, USER_ID, auth_hash};
use serde_json::{Map, Value};
use time::Duration;

use super::Sessions;
use crate::effects::Effects;

/// A session with a new key, until it is written and its cookie is sent.
#[derive(Clone, Debug)]
pub struct Renewal {
    /// What is to be written, in the transaction of the change.
    pub session: NewSession,
    cookie_age: Option<Duration>,
}

impl Sessions {
    /// The user's own session that a request belongs to, as it goes on with a new password.
    ///
    /// `Ok(None)`: the request is in no session of theirs. Nothing is written.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    #[doc(alias = "update_session_auth_hash")]
    pub async fn renewal(
        &self,
        request: &Parts,
        user: &User,
        password: &PasswordHash,
    ) -> Result<Option<Renewal>, StoreError> {
        let Some(open) = self.open(request, &Effects::of(request)).await? else {
            return Ok(None);
        };
        let id = user.id.to_string();
        if open.data.get(USER_ID).and_then(Value::as_str) != Some(&id) {
            return Ok(None);
        }
        let mut data = open.data;
        data.insert(HASH.to_owned(), Value::String(self.hash_of(password)));
        let (session, cookie_age) = self.new_session(request, &data, Some(open.key));
        Ok(Some(Renewal {
            session,
            cookie_age,
        }))
    }

    /// Sends the cookie of a renewed session that has been written.
    pub fn send_renewed(&self, request: &Parts, renewal: &Renewal) {
        let effects = Effects::of(request);
        self.send_cookie(&effects, &renewal.session.key, renewal.cookie_age);
    }

    /// Opens a session in which nobody is logged in, with entries added to those of an earlier one.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn open_anonymous(
        &self,
        request: &Parts,
        entries: Map<String, Value>,
    ) -> Result<(), StoreError> {
        let effects = Effects::of(request);
        let (mut data, key) = match self.open(request, &effects).await? {
            Some(open) if !open.data.contains_key(USER_ID) => (open.data, Some(open.key)),
            _ => (Map::new(), None),
        };
        data.extend(entries);
        let (session, cookie_age) = self.new_session(request, &data, key);
        let key = session.key.clone();
        self.store.open_anonymous_session(session).await?;
        self.send_cookie(&effects, &key, cookie_age);
        Ok(())
    }

    /// What a session holds of a password, and is over without.
    #[must_use]
    pub fn hash_of(&self, password: &PasswordHash) -> String {
        auth_hash(password.expose_secret(), self.secret_keys.expose_current())
    }
}
