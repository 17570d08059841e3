//! Logins, whatever their scheme: opening one, finding it by its credential, ending it.

use std::fmt;

use async_trait::async_trait;
use time::OffsetDateTime;

use super::{AuditEntry, Device, NewJwtLogin, NewSession, SeenLogin, StoreError};
use crate::user::{PasswordHash, User, UserId};

/// A device token to be issued, as a knox row: only its digest is stored.
#[derive(Clone, Debug)]
pub struct NewDeviceLogin {
    /// Lower-case hex SHA-512 of the token text.
    pub digest: String,
    /// The first 15 characters of the token, by which it is looked up.
    pub token_key: String,
    /// The client.
    pub device: Device,
    /// When.
    pub now: OffsetDateTime,
    /// Until when the token is good; `None` is for ever.
    pub expires: Option<OffsetDateTime>,
    /// How many tokens a user may have that are not over, this one included; `None` is any number.
    #[doc(alias = "TOKEN_LIMIT_PER_USER")]
    pub limit: Option<u32>,
}

/// A login to be opened.
#[derive(Clone)]
pub enum NewLogin {
    /// A device token.
    Device(NewDeviceLogin),
    /// A browser's session.
    Session(NewSession),
    /// A browser's session that a log-in opens besides its token: the line in the audit log is the token's.
    SessionBeside(NewSession),
    /// A pair of JSON web tokens.
    Jwt(NewJwtLogin),
    /// DRF's token, one per user: this key is stored unless the user has one already.
    Token {
        /// 40 lower-case hex characters.
        key: String,
        /// The client.
        device: Device,
        /// When.
        now: OffsetDateTime,
    },
}

impl fmt::Debug for NewLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Device(_) => "Device(..)",
            Self::Session(_) => "Session(..)",
            Self::SessionBeside(_) => "SessionBeside(..)",
            Self::Jwt(_) => "Jwt(..)",
            Self::Token { .. } => "Token(..)",
        })
    }
}

/// What was issued.
#[derive(Clone, PartialEq, Eq)]
pub enum Issued {
    /// The login as it was asked for.
    AsAsked,
    /// The user's one DRF token, which may be older than this login.
    Token(String),
    /// Nothing: the user has as many device tokens as they may have.
    TooMany,
}

impl fmt::Debug for Issued {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AsAsked => "AsAsked",
            Self::Token(_) => "Token(..)",
            Self::TooMany => "TooMany",
        })
    }
}

/// A device token that was found.
#[derive(Clone, Debug)]
pub struct DeviceLogin {
    /// Whose it is.
    pub user: User,
    /// Its row in the list of logins; `None` for a token that another server made.
    pub login: Option<SeenLogin>,
    /// Digest of the token as stored.
    pub digest: String,
    /// Since when.
    pub created: OffsetDateTime,
    /// Until when it is good; `None` is for ever.
    pub expires: Option<OffsetDateTime>,
}

/// Logins by their credentials.
#[async_trait]
pub trait LoginStore: Send + Sync {
    /// Opens a login, with its line in the audit log; writes `last_login` (not for DRF's token and JWTs) and, when given, the re-hashed
    /// password. A device login removes the user's device tokens that are over.
    ///
    /// All of it only while the user is active and `user.password` is still the stored one.
    /// `Ok(None)`: it is not; nothing was written.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    async fn log_in(
        &self,
        user: &User,
        login: NewLogin,
        rehashed: Option<PasswordHash>,
    ) -> Result<Option<Issued>, StoreError>;

    /// The device tokens with that lookup key; the caller compares digests. Where knox has no table, those
    /// with that digest.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    async fn device_logins(
        &self,
        token_key: &str,
        digest: &str,
    ) -> Result<Vec<DeviceLogin>, StoreError>;

    /// Ends the device login with that token digest. `Ok(false)`: there was none.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    async fn end_device_login(
        &self,
        user: &UserId,
        digest: &str,
        audit: Option<AuditEntry>,
    ) -> Result<bool, StoreError>;

    /// Ends all device logins of a user; how many there were.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    #[doc(alias = "LogoutAllView")]
    async fn end_device_logins(
        &self,
        user: &UserId,
        audit: Option<AuditEntry>,
    ) -> Result<u64, StoreError>;

    /// Removes the device tokens of a user that are over.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    async fn sweep_device_logins(
        &self,
        user: &UserId,
        now: OffsetDateTime,
    ) -> Result<(), StoreError>;

    /// Gives device tokens, by their digests, more time. Those that are gone stay so, and none gets less.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    #[doc(alias = "AUTO_REFRESH")]
    async fn extend_device_logins(
        &self,
        expiries: &[(String, OffsetDateTime)],
        now: OffsetDateTime,
    ) -> Result<(), StoreError>;

    /// The user of a DRF token, compared exactly.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    async fn user_by_token(&self, key: &str) -> Result<Option<User>, StoreError>;

    /// Ends a user's DRF token, on every device. `Ok(false)`: there was none.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    async fn end_token(&self, user: &UserId, audit: Option<AuditEntry>)
    -> Result<bool, StoreError>;
}
