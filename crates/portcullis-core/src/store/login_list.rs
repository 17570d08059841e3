//! The list of logins: whose devices are in, ending one of them, sweeping those that are over.

use std::fmt;

use async_trait::async_trait;
use time::OffsetDateTime;

use super::StoreError;
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
    /// Since when.
    pub created: OffsetDateTime,
    /// When it was last seen, as far as that was written down.
    pub last_seen: OffsetDateTime,
    /// Until when; `None` is for ever.
    pub expires: Option<OffsetDateTime>,
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

    /// Ends a login and its credential, whoever's it is. `Ok(false)`: there is none of that number.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    async fn end_login(&self, login: LoginId) -> Result<bool, StoreError>;

    /// Removes sessions, device tokens and refresh tokens that are over, and their logins.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    #[doc(alias = "clearsessions")]
    #[doc(alias = "flushexpiredtokens")]
    async fn clear_expired(&self, now: OffsetDateTime) -> Result<Cleared, StoreError>;
}
