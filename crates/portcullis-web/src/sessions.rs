//! Sessions at the door: whose a request is, logging in, logging out.

mod known;
mod lifetime;
mod renewal;

use std::fmt;
use std::sync::Arc;

use http::request::Parts;
use portcullis_core::{
    AuditEntry, AuditEvent, Clock, ForeignLogin, LoginId, NewLogin, NewSession, PasswordHash,
    Scheme, SecretKeys, SeenLogin, Store, StoreError, User,
};
use portcullis_django::session::{self, BACKEND, Fate, HASH, Resolved, USER_ID};
use serde_json::{Map, Value};
use time::{Duration, OffsetDateTime};

use crate::csrf::Csrf;
use crate::device::device_of;
use crate::effects::Effects;
use crate::last_seen::LastSeen;
use crate::session_settings::{CookieDoorSettings, SessionSettings};

use known::Known;
pub use renewal::Renewal;

/// Django's sessions, over a store.
#[doc(alias = "SessionMiddleware")]
#[derive(Clone)]
pub struct Sessions {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    secret_keys: SecretKeys,
    settings: Arc<SessionSettings>,
    csrf: Csrf,
    last_seen: LastSeen,
    known: Known,
}

/// Whose session a request belongs to.
#[derive(Clone, Debug)]
pub struct SessionOwner {
    /// Who it is.
    pub user: User,
    /// The session's row in the list of logins; `None` when it could not be written.
    pub login: Option<LoginId>,
}

/// A session that a request belongs to.
struct Open {
    key: String,
    data: Arc<Map<String, Value>>,
    expires: OffsetDateTime,
    login: Option<SeenLogin>,
}

impl Sessions {
    /// Sessions over `store`.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, settings: CookieDoorSettings) -> Self {
        let csrf = Csrf::new(settings.csrf, Arc::clone(&clock));
        let (secret_keys, settings) = (settings.secret_keys, Arc::new(settings.session));
        Self {
            last_seen: LastSeen::new(Arc::clone(&store)),
            store,
            clock,
            secret_keys,
            settings,
            csrf,
            known: Known::default(),
        }
    }

    /// The CSRF protection that belongs to these sessions.
    #[must_use]
    pub fn csrf(&self) -> &Csrf {
        &self.csrf
    }

    /// What sessions, and the keys of links in mails, are signed with.
    #[must_use]
    pub fn secret_keys(&self) -> &SecretKeys {
        &self.secret_keys
    }

    /// The name of the session cookie.
    #[must_use]
    pub fn cookie_name(&self) -> &str {
        &self.settings.cookie.name
    }

    /// The user whose session a request's cookie names.
    ///
    /// Ends the session when the password has changed since, and removes a cookie that names none.
    /// Cost: two indexed queries, and no more than one hash per secret key a minute; one write a minute for when
    /// it was last seen, and one the first time for a session that another server opened.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    #[doc(alias = "get_user")]
    pub async fn owner_of(&self, request: &Parts) -> Result<Option<SessionOwner>, StoreError> {
        let effects = Effects::of(request);
        let Some(open) = self.open(request, &effects).await? else {
            return Ok(None);
        };
        let backends: Vec<&str> = self.settings.backends.iter().map(String::as_str).collect();
        let Some(id) = session::owner(&open.data, &backends) else {
            return Ok(None);
        };
        let Some(mut user) = self.store.user_by_id(&id).await? else {
            return Ok(None);
        };
        let mut resolved = self.resolve(&open, &user);
        if resolved.fate == Fate::Flushed {
            // Another server may have changed the password, and opened this session by the new one, while
            // the old one was remembered here.
            let Some(stored) = self.store.user_by_id_now(&id).await? else {
                return Ok(None);
            };
            user = stored;
            resolved = self.resolve(&open, &user);
        }
        if resolved.fate == Fate::Flushed {
            self.store.end_session(&open.key, None).await?;
            self.delete_cookie(&effects);
        }
        if !resolved.is_user {
            return Ok(None);
        }
        effects.expire_at(open.expires);
        let login = self.listed(request, &open, &user).await;
        if resolved.fate == Fate::Rekeyed {
            self.rekey(request, open, &user, &effects).await?;
        }
        Ok(Some(SessionOwner { user, login }))
    }

    /// The session's row in the list of logins, which learns that it is used.
    async fn listed(&self, request: &Parts, open: &Open, user: &User) -> Option<LoginId> {
        let now = self.clock.now();
        let last_seen = &self.last_seen;
        match open.login {
            Some(login) => Some(
                last_seen
                    .note(request, login, Some(open.expires), now)
                    .await,
            ),
            None => {
                let session = ForeignLogin::Session(open.key.clone());
                last_seen.adopt(request, &user.id, session, now).await
            }
        }
    }

    /// Opens a session for a user whose password was just checked; sends its cookie, and a new CSRF secret.
    ///
    /// The key is always new. What an anonymous session, or one of the same user, held is kept.
    /// `Ok(false)`: the user was closed or their password changed meanwhile; nothing was written.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    #[doc(alias = "django.contrib.auth.login")]
    pub async fn log_in(
        &self,
        request: &Parts,
        user: &User,
        rehashed: Option<PasswordHash>,
    ) -> Result<bool, StoreError> {
        self.begin(request, user, rehashed, NewLogin::Session).await
    }

    /// The same besides a token that the same log-in has opened: in the audit log they are one line.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn log_in_beside(&self, request: &Parts, user: &User) -> Result<bool, StoreError> {
        self.begin(request, user, None, NewLogin::SessionBeside)
            .await
    }

    async fn begin(
        &self,
        request: &Parts,
        user: &User,
        rehashed: Option<PasswordHash>,
        login: fn(NewSession) -> NewLogin,
    ) -> Result<bool, StoreError> {
        let effects = Effects::of(request);
        let earlier = self.open(request, &effects).await?;
        let id = user.id.to_string();
        let mut data = match &earlier {
            Some(open) if is_of_another(&open.data, &id) => Map::new(),
            Some(open) => Map::clone(&open.data),
            None => Map::new(),
        };
        let backend = self.settings.backends.first().cloned().unwrap_or_default();
        let hash = self.hash_of(rehashed.as_ref().unwrap_or(&user.password));
        for (name, value) in [(USER_ID, id), (BACKEND, backend), (HASH, hash)] {
            data.insert(name.to_owned(), Value::String(value));
        }
        let (session, age) = self.new_session(request, &data, earlier.map(|open| open.key));
        let key = session.key.clone();
        let opened = self.store.log_in(user, login(session), rehashed).await?;
        if opened.is_none() {
            return Ok(false);
        }
        self.send_cookie(&effects, &key, age);
        self.csrf.rotate(&effects);
        Ok(true)
    }

    /// The key of the session that a request's cookie names, whether or not there is one of that name.
    #[must_use]
    pub fn session_key(&self, request: &Parts) -> Option<String> {
        self.key_of(request, &Effects::of(request))
    }

    /// Whether a request has the session's cookie at all, of whichever value.
    #[must_use]
    pub fn has_cookie(&self, request: &Parts) -> bool {
        self.settings.cookie.is_in(&request.headers)
    }

    /// Ends the session of a request, and removes its cookie.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    #[doc(alias = "django.contrib.auth.logout")]
    pub async fn log_out(&self, request: &Parts) -> Result<(), StoreError> {
        let effects = Effects::of(request);
        effects.vary_by_cookie();
        if let Some(key) = self.key_of(request, &effects) {
            let entry = AuditEntry::new(AuditEvent::Logout, device_of(request), self.clock.now());
            let entry = entry.by(Scheme::Session);
            self.store.end_session(&key, Some(entry)).await?;
        }
        if self.settings.cookie.is_in(&request.headers) {
            self.delete_cookie(&effects);
        }
        Ok(())
    }

    fn resolve(&self, open: &Open, user: &User) -> Resolved {
        let now = self.clock.now().unix_timestamp();
        self.known.resolve(&open.data, user, &self.secret_keys, now)
    }

    /// The session that the cookie names, if it is there and not over.
    async fn open(&self, request: &Parts, effects: &Effects) -> Result<Option<Open>, StoreError> {
        effects.vary_by_cookie();
        let cookie = &self.settings.cookie;
        let key = self.key_of(request, effects);
        let Some(key) = key.filter(|key| session::is_key(key)) else {
            if cookie.is_in(&request.headers) {
                self.delete_cookie(effects);
            }
            return Ok(None);
        };
        match self.store.session(&key).await? {
            Some(stored) if stored.expires > self.clock.now() => {
                let now = self.clock.now();
                let seconds = now.unix_timestamp();
                let data = (self.known).decode(&stored.data, &self.secret_keys, seconds);
                let lifetime = self.lifetime_of(&stored, &data);
                if lifetime.expires.min(lifetime.idles) > now {
                    return Ok(Some(Open {
                        key,
                        data,
                        expires: lifetime.expires,
                        login: stored.login,
                    }));
                }
                // Django, which looks at its own row alone, must not let it in either.
                self.store.end_session(&key, None).await?;
            }
            _ => {}
        }
        self.delete_cookie(effects);
        Ok(None)
    }

    /// The key of a request's session: that of its cookie, or where the session has moved since.
    fn key_of(&self, request: &Parts, effects: &Effects) -> Option<String> {
        let of_cookie = || self.settings.cookie.value(&request.headers);
        effects
            .moved_session()
            .or_else(|| of_cookie().map(str::to_owned))
    }

    fn send_cookie(&self, effects: &Effects, key: &str, age: Option<Duration>) {
        if let Some(cookie) = self.settings.cookie.set(key, age, self.clock.now()) {
            effects.replace_cookie(&self.settings.cookie.name, cookie);
        }
    }

    fn delete_cookie(&self, effects: &Effects) {
        if let Some(cookie) = self.settings.cookie.delete() {
            effects.replace_cookie(&self.settings.cookie.name, cookie);
        }
    }
}

fn is_of_another(session: &Map<String, Value>, id: &str) -> bool {
    session
        .get(USER_ID)
        .is_some_and(|owner| owner.as_str() != Some(id))
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sessions")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
