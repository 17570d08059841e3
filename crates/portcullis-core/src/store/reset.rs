//! Links for a new password: when the newest of each user was made.

use std::fmt;

use async_trait::async_trait;
use time::OffsetDateTime;

use super::{OutgoingMail, StoreError};
use crate::user::UserId;

/// A link for a new password, on its way to its user.
#[derive(Clone)]
pub struct NewResetLink {
    /// Whose password it is for.
    pub user: UserId,
    /// When it was made; links of that user made before are no good any more.
    pub made: OffsetDateTime,
    /// The mail that brings it.
    pub mail: OutgoingMail,
}

/// The mail stays out of logs: the link in it opens an account.
impl fmt::Debug for NewResetLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewResetLink")
            .field("user", &self.user)
            .field("made", &self.made)
            .finish_non_exhaustive()
    }
}

/// What is known of links for a new password, which are in no table themselves.
#[doc(alias = "PasswordResetTokenGenerator")]
#[async_trait]
pub trait ResetStore: Send + Sync {
    /// Puts links into the outbox, and writes down that older ones of their users are over, in one
    /// transaction. Without a link a mail to nobody is written, by as many statements as one link takes.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails; then nothing will be sent, and older links stay good.
    async fn send_reset_links(
        &self,
        links: &[NewResetLink],
        now: OffsetDateTime,
    ) -> Result<(), StoreError>;

    /// When the newest link of a user was made here; `None` when there was none.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    async fn newest_reset_link(&self, user: &UserId) -> Result<Option<OffsetDateTime>, StoreError>;
}
