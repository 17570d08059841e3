//! Second factors: what somebody must bring besides a password, and when a login last proved itself.

use std::fmt;

use async_trait::async_trait;
use time::OffsetDateTime;

use super::{AuditEntry, OutgoingMail, StoreError};
use crate::authenticator::LoginId;
use crate::user::{User, UserId};

/// Which second factors somebody has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Factors {
    /// Whether an authenticator app makes codes for them.
    pub totp: bool,
    /// How many recovery codes they have left.
    pub recovery_codes: u32,
}

impl Factors {
    /// Whether a password alone does not let them in.
    ///
    /// ```
    /// use portcullis_core::Factors;
    /// assert!(!Factors::default().is_wanted());
    /// ```
    #[must_use]
    pub fn is_wanted(self) -> bool {
        self.totp
    }
}

/// The secret that somebody's authenticator app has, as it is stored.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredTotp {
    /// The secret, encrypted.
    pub sealed: String,
    /// The time step of the last code that was used; codes of it and of earlier ones are no good any more.
    pub last_step: i64,
}

impl fmt::Debug for StoredTotp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredTotp")
            .field("last_step", &self.last_step)
            .finish_non_exhaustive()
    }
}

/// A change of somebody's second factors, and what is told about it.
#[derive(Clone, Debug)]
pub struct FactorChange {
    /// Digests of the recovery codes that take the place of all others; `None` leaves them.
    pub recovery_codes: Option<Vec<String>>,
    /// Its line in the audit log.
    pub audit: AuditEntry,
    /// What is told about it.
    pub mails: Vec<OutgoingMail>,
}

/// When a login last proved who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProvedAt {
    /// When it was opened, where that is known for certain; a session that another server opened was
    /// first seen at some later time.
    pub opened: Option<OffsetDateTime>,
    /// When it last was asked for a password or a factor, and had it.
    pub again: Option<OffsetDateTime>,
}

/// Second factors of users.
#[async_trait]
pub trait SecondFactorStore: Send + Sync {
    /// What somebody has.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    async fn factors(&self, user: &UserId) -> Result<Factors, StoreError>;

    /// What their authenticator app is known by.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    async fn totp(&self, user: &UserId) -> Result<Option<StoredTotp>, StoreError>;

    /// Gives somebody a confirmed authenticator app. `false`: they have one, are not active, or their
    /// password is another by now.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    async fn add_totp(
        &self,
        user: &User,
        totp: &StoredTotp,
        change: FactorChange,
    ) -> Result<bool, StoreError>;

    /// Uses up the code of a time step: of many that bring it, on whichever nodes, one is told `true`.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    async fn use_totp_step(&self, user: &UserId, step: i64) -> Result<bool, StoreError>;

    /// Uses up a recovery code, by its digest: of many that bring it one is told `true`, and writes the
    /// change.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    async fn use_recovery_code(
        &self,
        user: &UserId,
        digest: &str,
        change: FactorChange,
    ) -> Result<bool, StoreError>;

    /// Gives somebody who has a factor new recovery codes. `false`: they have none.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    async fn replace_recovery_codes(
        &self,
        user: &UserId,
        change: FactorChange,
    ) -> Result<bool, StoreError>;

    /// Takes the authenticator app away, and with the last factor the recovery codes. `false`: there is
    /// none.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    async fn remove_totp(&self, user: &UserId, change: FactorChange) -> Result<bool, StoreError>;

    /// Writes down that a login proved itself again. `false`: it is over, or somebody else's.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    async fn prove_login(
        &self,
        user: &UserId,
        login: LoginId,
        audit: AuditEntry,
    ) -> Result<bool, StoreError>;

    /// When a login of somebody last proved itself. `None`: it is over, or somebody else's.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    async fn proved_at(
        &self,
        user: &UserId,
        login: LoginId,
    ) -> Result<Option<ProvedAt>, StoreError>;
}
