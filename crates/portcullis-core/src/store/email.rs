//! Addresses of users, and whether they have shown that these are theirs.

use async_trait::async_trait;

use time::OffsetDateTime;

use super::{AuditEntry, StoreError, WriteMails};
use crate::user::User;

/// An address of a user: a row of allauth's `account_emailaddress`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmailAddress {
    /// Primary key; confirmation keys name it.
    pub id: i64,
    /// The address, in lower case.
    pub email: String,
    /// Whether they have shown that it is theirs. An address can be verified for one user only.
    #[doc(alias = "verified")]
    pub is_verified: bool,
    /// Whether mail goes there: one of each user's.
    #[doc(alias = "primary")]
    pub is_primary: bool,
}

/// An address that was just verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedEmail {
    /// Whose it is, as they are now.
    pub user: User,
    /// The address in whose place it is now.
    pub instead_of: Option<String>,
}

/// Reading and confirming addresses.
#[doc(alias = "EmailAddressManager")]
#[async_trait]
pub trait EmailStore: Send + Sync {
    /// A user's addresses in the order of the alphabet; the one of the user row is among them.
    ///
    /// Where that one has no row yet, because another server made the account, it gets one,
    /// unverified.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    async fn email_addresses(&self, user: &User) -> Result<Vec<EmailAddress>, StoreError>;

    /// The users who have an address, in any letter case: on their row, or as another of theirs.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    #[doc(alias = "filter_users_by_email")]
    async fn users_by_email(&self, email: &str) -> Result<Vec<User>, StoreError>;

    /// Whether a user has a verified address; of nobody, `false` after the same query.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    async fn has_verified_email(&self, user: Option<&User>) -> Result<bool, StoreError>;

    /// Writes down that a user wants an address instead of theirs, with the mails about it. Nothing else
    /// changes before it is verified; a later wish takes the place of an earlier one.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    async fn begin_email_change(
        &self,
        user: &User,
        email: &str,
        now: OffsetDateTime,
        mails: WriteMails<'_, EmailAddress>,
    ) -> Result<(), StoreError>;

    /// Marks an address as verified, with the mails about it. It becomes the user's primary one, and
    /// that of the user row, where they had none, or asked for it instead of theirs: the old one is
    /// then nobody's, and where it was their log-in name, too, that changes with it.
    ///
    /// `Ok(None)`: no address has that id, it was verified already, or is somebody else's by now.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    #[doc(alias = "confirm_email")]
    async fn verify_email(
        &self,
        address: i64,
        mails: WriteMails<'_, VerifiedEmail>,
        audit: Option<AuditEntry>,
    ) -> Result<Option<VerifiedEmail>, StoreError>;
}
