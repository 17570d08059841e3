//! The vocabulary of Portcullis: who is asking, how they proved it, and whether they may.
//!
//! Reading order: [`User`] and [`Principal`] (who), [`Authenticator`] (how they prove it),
//! [`Action`] and [`Permission`] (may they), [`Store`] (where it is kept), [`Clock`] (when).
//! Nothing here does I/O; nothing here knows axum or SQL.
#![forbid(unsafe_code)]

mod action;
mod authenticator;
mod builtin;
mod clock;
mod compose;
mod model_permissions;
mod permission;
mod revocations;
mod secret_key;
mod store;
mod user;

pub use action::Action;
pub use authenticator::{
    AuthError, Authenticated, Authenticator, Challenge, CredentialPlace, LoginId,
};
pub use builtin::{
    AllowAny, IsAdminUser, IsAuthenticated, IsAuthenticatedOrReadOnly, IsStaffUser, IsSuperuser,
};
pub use clock::{Clock, ManualClock, SystemClock};
pub use compose::{And, Not, Or, PermissionExt};
pub use model_permissions::ModelPermissions;
pub use permission::{Ask, Object, Permission, Verdict};
pub use revocations::{Revocations, Revoked};
pub use secret_key::SecretKeys;
pub use store::{
    AccountStore, AddedUser, AdminLogRow, AdministrationError, AdministrationStore, Administrator,
    Attempt, AttemptStore, AuditEntry, AuditEvent, AuditFilter, AuditOutcome, AuditRecord,
    AuditStore, Cleared, Counter, CreateAccountError, Device, DeviceLogin, DueMail, EmailAddress,
    EmailStore, Ended, Ends, FactorChange, Factors, FailedAttempt, Family, ForeignLogin, GroupForm,
    GroupRow, GroupSheet, Issued, JwtBearer, JwtStore, Limit, Linked, ListedLogin, Lock,
    LoginListStore, LoginStore, MadeAccount, MailClaim, NewAccount, NewDeviceLogin, NewJwtLogin,
    NewLogin, NewPassword, NewResetLink, NewSession, NewSocialAccount, Operations, OutboxStore,
    OutgoingMail, PermissionRow, PermissionStore, ProfileChange, ProvedAt, RefreshStanding,
    RefreshToken, ResetStore, Rights, Rotated, Rotation, RotationWay, Scheme, SecondFactorStore,
    SeenLogin, SessionStore, SocialAccount, SocialKey, SocialProfile, SocialStore, Spared,
    Standing, StandingStore, Store, StoreError, StoredSession, StoredTotp, Ticket, TicketHolder,
    TicketStore, Touch, Unlinked, UnsentMail, UserCursor, UserForm, UserOrder, UserPage, UserQuery,
    UserSheet, UserStore, VerifiedEmail, WriteMails, no_mails,
};
pub use user::{PasswordHash, Principal, User, UserId};
