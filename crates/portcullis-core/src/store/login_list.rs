//! The list of logins: whose devices are in, ending one of them, sweeping those that are over.

use std::fmt;

use async_trait::async_trait;
use time::OffsetDateTime;

use super::{AuditEntry, Device, StoreError};
use crate::authenticator::LoginId;
use crate::user::UserId;

/// What kind of credential a login has.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Scheme {
    /// A device token.
    Device,
    /// A browser's session.
    Session,
    /// JSON web tokens: a family of refresh tokens.
    Jwt,
    /// Another, by its name in the table.
    Other(String),
}

impl Scheme {
    /// The scheme of that name in the table.
    #[must_use]
    pub fn of_name(name: String) -> Self {
        match name.as_str() {
            "device" => Self::Device,
            "session" => Self::Session,
            "jwt" => Self::Jwt,
            _ => Self::Other(name),
        }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Device => "device",
            Self::Session => "session",
            Self::Jwt => "jwt",
            Self::Other(name) => name,
        })
    }
}

/// A login as its user sees it: never the credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedLogin {
    /// Its number.
    pub id: LoginId,
    /// What kind of credential it has.
    pub scheme: Scheme,
    /// What the client called itself; empty where it did not say, or another server let it in.
    pub device: String,
    /// Where it was when it was last seen, as text; `None` where that is not known.
    pub address: Option<String>,
    /// Since when.
    pub created: OffsetDateTime,
    /// When it was last seen, as far as that was written down.
    pub last_seen: OffsetDateTime,
    /// Until when; `None` is for ever.
    pub expires: Option<OffsetDateTime>,
}

/// A login that a credential was found to belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeenLogin {
    /// Its number.
    pub id: LoginId,
    /// When it was last seen, as far as that was written down.
    pub last_seen: OffsetDateTime,
}

/// A credential that another server made, which is to join the list.
#[derive(Clone)]
pub enum ForeignLogin {
    /// A session of a user, by its key.
    Session(String),
    /// A device token, by its digest.
    Device(String),
}

impl fmt::Debug for ForeignLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Session(_) => "Session(..)",
            Self::Device(_) => "Device(..)",
        })
    }
}

/// A login that was used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Touch {
    /// Which.
    pub login: LoginId,
    /// By whom: the address is kept; the device's name stays.
    pub device: Device,
    /// When.
    pub now: OffsetDateTime,
    /// Until when its credential is good, where the list may be behind.
    pub expires: Option<OffsetDateTime>,
}

/// What stays when all logins of somebody end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spared {
    /// Nothing.
    Nothing,
    /// That login of theirs.
    Login(LoginId),
    /// DRF's token, which has no login.
    Token,
}

/// How much was swept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cleared {
    /// Sessions.
    pub sessions: u64,
    /// Device tokens.
    pub tokens: u64,
    /// Refresh tokens.
    pub refresh_tokens: u64,
}

/// Logins as a list, whatever their scheme.
#[async_trait]
pub trait LoginListStore: Send + Sync {
    /// The logins of a user, the newest first. Device tokens that another server made join the list.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    async fn list_logins(&self, user: &UserId) -> Result<Vec<ListedLogin>, StoreError>;

    /// Puts a credential that another server made into a user's list; its login, also when it has one.
    ///
    /// `Ok(None)`: it is gone, or somebody else's.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    async fn adopt_login(
        &self,
        user: &UserId,
        credential: ForeignLogin,
        device: Device,
        now: OffsetDateTime,
    ) -> Result<Option<LoginId>, StoreError>;

    /// Writes down when logins were used, and from where; those that are gone stay so.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    async fn touch_logins(&self, touches: Vec<Touch>) -> Result<(), StoreError>;

    /// Ends a login and its credential: one of that user, or, without one, whoever's it is.
    /// `Ok(false)`: they have none of that number.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    async fn end_login(
        &self,
        login: LoginId,
        user: Option<&UserId>,
        audit: Option<AuditEntry>,
    ) -> Result<bool, StoreError>;

    /// Ends the logins of a user and their credentials, DRF's token too; how many there were.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    async fn end_logins(
        &self,
        user: &UserId,
        spared: Spared,
        audit: Option<AuditEntry>,
    ) -> Result<u64, StoreError>;

    /// Removes sessions, device tokens and refresh tokens that are over, and their logins.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    #[doc(alias = "clearsessions")]
    #[doc(alias = "flushexpiredtokens")]
    async fn clear_expired(&self, now: OffsetDateTime) -> Result<Cleared, StoreError>;
}
