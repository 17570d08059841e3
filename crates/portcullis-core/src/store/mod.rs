//! Where accounts and logins are kept: commands, each one transaction.

mod account;
mod administration;
mod attempt;
mod audit;
mod device;
mod email;
mod jwt;
mod login;
mod login_list;
mod outbox;
mod permission;
mod reset;
mod second_factor;
mod session;
mod social;
mod standing;
mod ticket;

use async_trait::async_trait;

pub use account::{
    AccountStore, CreateAccountError, Ended, Ends, MadeAccount, NewAccount, NewPassword,
    ProfileChange, UserStore,
};
pub use administration::{
    AddedUser, AdminLogRow, AdministrationError, AdministrationStore, Administrator, GroupForm,
    GroupRow, GroupSheet, Lock, Operations, PermissionRow, Rights, UnsentMail, UserCursor,
    UserForm, UserOrder, UserPage, UserQuery, UserSheet,
};
pub use attempt::{Attempt, AttemptStore, Counter, Limit};
pub use audit::{AuditEntry, AuditEvent, AuditFilter, AuditOutcome, AuditRecord, AuditStore};
pub use device::Device;
pub use email::{EmailAddress, EmailStore, VerifiedEmail};
pub use jwt::{
    Family, JwtBearer, JwtStore, NewJwtLogin, RefreshStanding, RefreshToken, Rotated, Rotation,
    RotationWay,
};
pub use login::{DeviceLogin, Issued, LoginStore, NewDeviceLogin, NewLogin};
pub use login_list::{
    Cleared, ForeignLogin, ListedLogin, LoginListStore, Scheme, SeenLogin, Spared, Touch,
};
pub use outbox::{
    DueMail, FailedAttempt, MailClaim, OutboxStore, OutgoingMail, WriteMails, no_mails,
};
pub use permission::PermissionStore;
pub use reset::{NewResetLink, ResetStore};
pub use second_factor::{FactorChange, Factors, ProvedAt, SecondFactorStore, StoredTotp};
pub use session::{NewSession, SessionStore, StoredSession};
pub use social::{
    Linked, NewSocialAccount, SocialAccount, SocialKey, SocialProfile, SocialStore, Unlinked,
};
pub use standing::{Standing, StandingStore};
pub use ticket::{Ticket, TicketHolder, TicketStore};

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

/// All of the stores in one, as a database gives them.
///
/// Every method of them is one transaction: it happens whole and durably, or not at all.
#[async_trait]
pub trait Store:
    AccountStore
    + AdministrationStore
    + EmailStore
    + PermissionStore
    + LoginStore
    + LoginListStore
    + SessionStore
    + SocialStore
    + JwtStore
    + AttemptStore
    + OutboxStore
    + ResetStore
    + AuditStore
    + TicketStore
    + StandingStore
    + SecondFactorStore
{
    /// Whether the store answers; for health checks.
    ///
    /// # Errors
    /// [`StoreError`] when it does not.
    async fn ping(&self) -> Result<(), StoreError>;
}
