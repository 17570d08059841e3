//! Where accounts and logins are kept: commands, each one transaction.

use async_trait::async_trait;
use time::OffsetDateTime;

use crate::authenticator::LoginId;
use crate::user::{PasswordHash, User, UserId};

/// The machine failed, not the client: the answer is 503 with a neutral sentence.
///
/// "Not found" is never an error but `Ok(None)`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The database cannot be reached, is busy beyond its timeout, or refused the statement.
    #[error("the database is not available: {0}")]
    Unavailable(String),
}

/// An account to be made.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// The log-in name; unique.
    pub username: String,
    /// E-mail address; unique without regard to case.
    pub email: String,
    /// The password, already hashed.
    pub password: PasswordHash,
    /// When.
    pub now: OffsetDateTime,
}

/// A device token to be issued, as a knox row: only its digest is stored.
#[derive(Clone, Debug)]
pub struct NewDeviceLogin {
    /// Lower-case hex SHA-512 of the token text.
    pub digest: String,
    /// The first 15 characters of the token, by which it is looked up.
    pub token_key: String,
    /// What the client calls itself (its `User-Agent`), cut to 200 characters.
    pub device: String,
    /// When.
    pub now: OffsetDateTime,
    /// Until when the token is good.
    pub expires: OffsetDateTime,
}

/// A device token that was found.
#[derive(Clone, Debug)]
pub struct DeviceLogin {
    /// Whose it is.
    pub user: User,
    /// Its row in the list of logins; `None` for a token that another server made.
    pub login: Option<LoginId>,
    /// Digest of the token as stored.
    pub digest: String,
    /// Until when it is good; `None` is for ever.
    pub expires: Option<OffsetDateTime>,
}

/// Why an account was not made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CreateAccountError {
    /// Somebody has that name or address already; the letter case does not count.
    #[error("the name or address is taken")]
    Taken,
    /// The machine failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How often something may be tried in a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// So many tries …
    pub tries: u32,
    /// … in this time from the first.
    pub window: time::Duration,
}

/// Whether one more try may be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// Yes, and it was counted.
    Allowed,
    /// No; the window ends after this time, at least a second.
    Stopped {
        /// How long to wait.
        retry_after: time::Duration,
    },
}

/// Accounts and their logins.
///
/// Every method is one transaction: it happens whole and durably, or not at all.
#[doc(alias = "UserManager")]
#[async_trait]
pub trait AccountStore: Send + Sync {
    /// The user whom a typed name means: an exact username, or else an e-mail address in any letter case.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    #[doc(alias = "get_by_natural_key")]
    async fn user_by_login_name(&self, name: &str) -> Result<Option<User>, StoreError>;

    /// Makes an account and its first login at once: there are no half-made users.
    ///
    /// # Errors
    /// [`CreateAccountError::Taken`] when the name or address is in use.
    async fn create_account(
        &self,
        account: NewAccount,
        login: NewDeviceLogin,
    ) -> Result<User, CreateAccountError>;

    /// Issues a device token, writes `last_login`, and, when given, the re-hashed password.
    ///
    /// The new hash is stored only while `user.password` is still the stored one.
    /// `Ok(false)`: the user is gone, inactive, or has another password meanwhile; nothing was written.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    async fn log_in(
        &self,
        user: &User,
        login: NewDeviceLogin,
        rehashed: Option<PasswordHash>,
    ) -> Result<bool, StoreError>;

    /// The device tokens with that lookup key; the caller compares digests.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    async fn device_logins(&self, token_key: &str) -> Result<Vec<DeviceLogin>, StoreError>;

    /// Ends the login with that token digest. `Ok(false)`: there was none.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    async fn end_device_login(&self, user: &UserId, digest: &str) -> Result<bool, StoreError>;

    /// Counts a try against `key`, before it is made: of many at once, no more than the limit get on.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    async fn attempt(
        &self,
        key: &str,
        limit: Limit,
        now: OffsetDateTime,
    ) -> Result<Attempt, StoreError>;

    /// Forgets the tries of `key`.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    async fn forget_attempts(&self, key: &str) -> Result<(), StoreError>;

    /// Whether the store answers; for health checks.
    ///
    /// # Errors
    /// [`StoreError`] when it does not.
    async fn ping(&self) -> Result<(), StoreError>;
}
