//! Rows of `django_session`.

use std::fmt;

use async_trait::async_trait;
use time::OffsetDateTime;

use super::{AuditEntry, Device, SeenLogin, StoreError};

/// A session to be opened.
#[derive(Clone)]
pub struct NewSession {
    /// The session key, 32 characters of `a-z0-9`.
    pub key: String,
    /// The `session_data` column, signed.
    pub data: String,
    /// The session that it takes the place of: that row is deleted.
    pub replaces: Option<String>,
    /// The client.
    pub device: Device,
    /// When.
    pub now: OffsetDateTime,
    /// Until when it is good.
    pub expires: OffsetDateTime,
}

impl fmt::Debug for NewSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewSession")
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}

/// A session that was found.
#[derive(Clone)]
pub struct StoredSession {
    /// The `session_data` column.
    pub data: String,
    /// Until when it is good; exactly then it is over.
    pub expires: OffsetDateTime,
    /// Its row in the list of logins; `None` for one of nobody, or that another server opened.
    pub login: Option<SeenLogin>,
    /// Since when that login is open, under whichever key.
    pub since: Option<OffsetDateTime>,
}

impl fmt::Debug for StoredSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredSession")
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}

/// Sessions; opening one is [`LoginStore::log_in`](super::LoginStore::log_in).
#[doc(alias = "SessionBase")]
#[async_trait]
pub trait SessionStore: Send + Sync {
    /// The session with that key, expired or not.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    async fn session(&self, key: &str) -> Result<Option<StoredSession>, StoreError>;

    /// Opens a session in which nobody is logged in: it is not in the list of logins.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    async fn open_anonymous_session(&self, session: NewSession) -> Result<(), StoreError>;

    /// Moves a session to a new key with new data. `Ok(false)`: it is gone, and stays so.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    #[doc(alias = "cycle_key")]
    async fn rekey_session(&self, old_key: &str, session: NewSession) -> Result<bool, StoreError>;

    /// Ends a session. `Ok(false)`: there was none.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    #[doc(alias = "flush")]
    async fn end_session(&self, key: &str, audit: Option<AuditEntry>) -> Result<bool, StoreError>;
}
