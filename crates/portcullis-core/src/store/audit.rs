//! The audit log: who logged in and out, from where, and what became of accounts.

use std::fmt;

use async_trait::async_trait;
use time::OffsetDateTime;

use super::{Device, Scheme, StoreError};
use crate::user::UserId;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AuditEvent {
    /// A log-in by password; with an outcome other than [`AuditOutcome::Ok`] one that was refused.
    Login,
    /// A login ended: this one, another of the list, or all.
    Logout,
    /// Log-ins of a name or from an address were stopped: too many had failed.
    Lock,
    /// A token was made without a password.
    TokenIssued,
    /// A token was ended by somebody else than its owner, or a family because a token was used twice.
    TokenRevoked,
    /// A password was changed by its owner, or by an operator.
    PasswordChange,
    /// A link for a new password was asked for.
    ResetAsked,
    /// A password was set by such a link.
    ResetDone,
    /// Somebody signed up.
    SignUp,
    /// An address was confirmed.
    EmailConfirmed,
    /// An administrator was made.
    AdministratorMade,
    /// Somebody was invited; about the administrator who did.
    Invited,
    /// An account at a provider became a way to log in to an account.
    SocialLinked,
    /// It is none any more.
    SocialUnlinked,
    /// Somebody has a second factor from now on.
    FactorAdded,
    /// They have it no longer.
    FactorRemoved,
    /// New recovery codes took the place of the old ones.
    RecoveryCodesMade,
    /// One of them was used.
    RecoveryCodeUsed,
    /// A login proved itself again, before something risky; with an outcome other than
    /// [`AuditOutcome::Ok`] it did not.
    Reauthentication,
    /// An administrator made an account.
    AccountAdded,
    /// An administrator changed an account: names, flags, groups or permissions.
    AccountChanged,
    /// An administrator deleted an account.
    AccountDeleted,
    /// An administrator made, changed or deleted a group.
    GroupChanged,
    /// An administrator let log-ins go on that were stopped.
    LockLifted,
}

impl AuditEvent {
    /// All of them.
    pub const ALL: [Self; 24] = [
        Self::Login,
        Self::Logout,
        Self::Lock,
        Self::TokenIssued,
        Self::TokenRevoked,
        Self::PasswordChange,
        Self::ResetAsked,
        Self::ResetDone,
        Self::SignUp,
        Self::EmailConfirmed,
        Self::AdministratorMade,
        Self::Invited,
        Self::SocialLinked,
        Self::SocialUnlinked,
        Self::FactorAdded,
        Self::FactorRemoved,
        Self::RecoveryCodesMade,
        Self::RecoveryCodeUsed,
        Self::Reauthentication,
        Self::AccountAdded,
        Self::AccountChanged,
        Self::AccountDeleted,
        Self::GroupChanged,
        Self::LockLifted,
    ];

    /// Its name in the table, such as `password_change`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Logout => "logout",
            Self::Lock => "lock",
            Self::TokenIssued => "token_issued",
            Self::TokenRevoked => "token_revoked",
            Self::PasswordChange => "password_change",
            Self::ResetAsked => "reset_asked",
            Self::ResetDone => "reset_done",
            Self::SignUp => "signup",
            Self::EmailConfirmed => "email_confirmed",
            Self::AdministratorMade => "admin_made",
            Self::Invited => "invited",
            Self::SocialLinked => "social_linked",
            Self::SocialUnlinked => "social_unlinked",
            Self::FactorAdded => "factor_added",
            Self::FactorRemoved => "factor_removed",
            Self::RecoveryCodesMade => "recovery_codes",
            Self::RecoveryCodeUsed => "recovery_used",
            Self::Reauthentication => "reauthentication",
            Self::AccountAdded => "account_added",
            Self::AccountChanged => "account_changed",
            Self::AccountDeleted => "account_deleted",
            Self::GroupChanged => "group_changed",
            Self::LockLifted => "lock_lifted",
        }
    }
}

impl fmt::Display for AuditEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AuditOutcome {
    /// It was done.
    Ok,
    /// It was refused.
    Failed,
    /// The password was right, and the address is not confirmed.
    Unverified,
    /// A token was used that had been exchanged before.
    Reused,
}

impl fmt::Display for AuditOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ok => "ok",
            Self::Failed => "failed",
            Self::Unverified => "unverified",
            Self::Reused => "reused",
        })
    }
}

/// A line to be written: never a secret, nor a name that was typed, which may be a password.
///
/// Commands of the store that take one write it inside of their own transaction, if they do anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// What happened.
    pub event: AuditEvent,
    /// How it ended.
    pub outcome: AuditOutcome,
    /// About whom; `None` for nobody, or where the command knows it.
    pub user: Option<UserId>,
    /// Of what kind the credential is, where there is one.
    pub scheme: Option<Scheme>,
    /// The client.
    pub device: Device,
    /// When.
    pub at: OffsetDateTime,
}

impl AuditEntry {
    /// That something was done.
    #[must_use]
    pub fn new(event: AuditEvent, device: Device, at: OffsetDateTime) -> Self {
        Self {
            event,
            outcome: AuditOutcome::Ok,
            user: None,
            scheme: None,
            device,
            at,
        }
    }

    /// The same with that outcome.
    #[must_use]
    pub fn with_outcome(self, outcome: AuditOutcome) -> Self {
        Self { outcome, ..self }
    }

    /// The same about that user.
    #[must_use]
    pub fn about(self, user: Option<&UserId>) -> Self {
        let user = user.cloned();
        Self { user, ..self }
    }

    /// The same about a credential of that kind.
    #[must_use]
    pub fn by(self, scheme: Scheme) -> Self {
        let scheme = Some(scheme);
        Self { scheme, ..self }
    }
}

/// A line that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRecord {
    /// Its number; later lines mostly have larger ones.
    pub id: i64,
    /// When.
    pub at: OffsetDateTime,
    /// What happened, by its name.
    pub event: String,
    /// How it ended.
    pub outcome: String,
    /// About whom.
    pub user: Option<UserId>,
    /// Their log-in name now; `None` for nobody, and for those who are gone.
    pub username: Option<String>,
    /// Of what kind the credential is; empty where there is none.
    pub scheme: String,
    /// Where the client was.
    pub address: Option<String>,
    /// What it called itself.
    pub device: String,
}

/// Which lines are wanted; the default is the last hundred.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditFilter {
    /// About this user only.
    pub user: Option<UserId>,
    /// Of this event only.
    pub event: Option<AuditEvent>,
    /// Not older than this.
    pub since: Option<OffsetDateTime>,
    /// With larger numbers only.
    pub after: Option<i64>,
    /// With smaller numbers only.
    pub before: Option<i64>,
    /// The last so many.
    pub limit: u32,
}

impl Default for AuditFilter {
    fn default() -> Self {
        Self {
            user: None,
            event: None,
            since: None,
            after: None,
            before: None,
            limit: 100,
        }
    }
}

/// The audit log.
#[async_trait]
pub trait AuditStore: Send + Sync {
    /// Writes a line, in a transaction of its own.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    async fn record(&self, entry: AuditEntry) -> Result<(), StoreError>;

    /// The last lines that a filter lets through, the newest last.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    async fn audit(&self, filter: &AuditFilter) -> Result<Vec<AuditRecord>, StoreError>;

    /// Removes the lines of before that time; how many.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    async fn clear_audit(&self, before: OffsetDateTime) -> Result<u64, StoreError>;
}
