//! Sessions that go on under a new key, and sessions of nobody yet.

use http::request::Parts;
use portcullis_core::{NewSession, PasswordHash, StoreError, User};
use portcullis_django::session::{self, Expiry, HASH, USER_ID, auth_hash};
use serde_json::{Map, Value};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use super::known::secrets;
use super::{Open, Sessions};
use crate::device::device_of;
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
        let mut data = Map::clone(&open.data);
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
            Some(open) if !open.data.contains_key(USER_ID) => {
                (Map::clone(&open.data), Some(open.key))
            }
            _ => (Map::new(), None),
        };
        data.extend(entries);
        let (session, cookie_age) = self.new_session(request, &data, key);
        let key = session.key.clone();
        self.store.open_anonymous_session(session).await?;
        self.send_cookie(&effects, &key, cookie_age);
        Ok(())
    }

    /// Moves a session that an older secret vouched for to a new key, under the current secret.
    pub(super) async fn rekey(
        &self,
        request: &Parts,
        open: Open,
        user: &User,
        effects: &Effects,
    ) -> Result<(), StoreError> {
        let mut data = Map::clone(&open.data);
        data.insert(HASH.to_owned(), Value::String(self.hash_of(&user.password)));
        let (session, age) = self.new_session(request, &data, None);
        let key = session.key.clone();
        if self.store.rekey_session(&open.key, session).await? {
            self.send_cookie(effects, &key, age);
            effects.move_session(&key);
        }
        Ok(())
    }

    /// A session row with a new key, and how long its cookie is kept.
    pub(super) fn new_session(
        &self,
        request: &Parts,
        data: &Map<String, Value>,
        replaces: Option<String>,
    ) -> (NewSession, Option<Duration>) {
        let now = self.clock.now();
        let age = self.settings.cookie.age;
        let close = self.settings.expire_at_browser_close;
        let (expiry, is_browser_session) = session::expiry(data, age.whole_seconds(), close);
        let lives = match expiry {
            Expiry::Seconds(seconds) => Duration::seconds(seconds),
            Expiry::At(at) => OffsetDateTime::parse(&at, &Rfc3339).map_or(age, |at| at - now),
        };
        let lives = self.settings.absolute.map_or(lives, |most| lives.min(most));
        let fallbacks = self.secret_keys.expose_fallbacks();
        let session = NewSession {
            key: session::new_key(),
            data: session::encode(
                data,
                secrets(&self.secret_keys, &fallbacks),
                now.unix_timestamp(),
            ),
            replaces,
            device: device_of(request),
            now,
            expires: now.checked_add(lives).unwrap_or(now + age),
        };
        (session, (!is_browser_session).then_some(lives))
    }

    /// What a session holds of a password, and is over without.
    #[must_use]
    pub fn hash_of(&self, password: &PasswordHash) -> String {
        auth_hash(password.expose_secret(), self.secret_keys.expose_current())
    }
}
