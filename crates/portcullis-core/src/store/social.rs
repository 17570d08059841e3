//! Accounts at providers of social log-in, and whose they are here.

use std::fmt;

use async_trait::async_trait;
use time::OffsetDateTime;

use super::{
    AuditEntry, CreateAccountError, MadeAccount, NewAccount, OutgoingMail, StoreError, WriteMails,
};
use crate::user::{PasswordHash, User, UserId};

/// Who somebody is at a provider. The pair is what an account is known by: never the address.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[doc(alias = "UserSocialAuth")]
pub struct SocialKey {
    /// The provider's name, such as `github`; at most 32 characters.
    pub provider: String,
    /// What the provider calls them for ever (OpenID Connect's `sub`); at most 191 characters.
    pub uid: String,
}

/// What is written down of somebody's account at a provider.
#[derive(Clone)]
pub struct SocialProfile {
    /// Who it is.
    pub key: SocialKey,
    /// What the provider says about them: the text of a JSON object, without tokens.
    pub extra_data: String,
}

impl fmt::Debug for SocialProfile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SocialProfile")
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

/// An account to be made for somebody who came by a provider.
#[derive(Clone, Debug)]
pub struct NewSocialAccount {
    /// The account.
    pub account: NewAccount,
    /// Given name, or empty.
    pub first_name: String,
    /// Family name, or empty.
    pub last_name: String,
    /// By what they log in.
    pub profile: SocialProfile,
}

/// An account at a provider that belongs to a user: a row of allauth's `socialaccount_socialaccount`, or
/// of social-auth-app-django's table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SocialAccount {
    /// Primary key.
    pub id: i64,
    /// Who it is there.
    pub key: SocialKey,
    /// When it was last used.
    pub last_login: OffsetDateTime,
    /// Since when it is theirs.
    pub date_joined: OffsetDateTime,
}

/// What came of linking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Linked {
    /// It is theirs now.
    Done,
    /// It was theirs before.
    Already,
    /// It is somebody else's, and stays so.
    OfAnother,
    /// The user is gone or closed, or their password was changed meanwhile: nothing was written.
    Stale,
}

/// What came of unlinking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unlinked {
    /// It is nobody's now.
    Done,
    /// They have none of that number.
    NotFound,
    /// They have no password and no other account at a provider: nothing was written.
    LastWay,
}

/// Accounts at providers.
#[async_trait]
pub trait SocialStore: Send + Sync {
    /// Whose an account at a provider is.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    async fn user_by_social(&self, key: &SocialKey) -> Result<Option<User>, StoreError>;

    /// A user's accounts at providers, the oldest first.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    async fn social_accounts(&self, user: &UserId) -> Result<Vec<SocialAccount>, StoreError>;

    /// Makes an account that somebody logs in to by a provider, and writes the mails about it, at once.
    ///
    /// # Errors
    /// [`CreateAccountError::Taken`] when somebody has the name, the address, or that account at the
    /// provider.
    async fn create_social_account(
        &self,
        new: NewSocialAccount,
        mails: WriteMails<'_, MadeAccount>,
    ) -> Result<User, CreateAccountError>;

    /// Writes that an account at a provider is a user's.
    ///
    /// With `unusable` it takes the place of the user's password, and ends all that it opened: for an
    /// address that somebody else may have signed up with, and never confirmed.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    async fn link_social(
        &self,
        user: &User,
        profile: &SocialProfile,
        unusable: Option<PasswordHash>,
        audit: AuditEntry,
        mails: &[OutgoingMail],
    ) -> Result<Linked, StoreError>;

    /// Writes that an account at a provider was used, and what is said of it now.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    async fn touch_social(
        &self,
        profile: &SocialProfile,
        now: OffsetDateTime,
    ) -> Result<(), StoreError>;

    /// Takes an account at a provider from a user, unless it is their last way to log in.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    async fn unlink_social(
        &self,
        user: &UserId,
        id: i64,
        audit: AuditEntry,
    ) -> Result<Unlinked, StoreError>;
}
