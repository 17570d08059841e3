//! The vocabulary of Portcullis: who is asking, how they proved it, and whether they may.
//!
//! Reading order: [`User`] and [`Principal`] (who), [`Authenticator`] (how they prove it),
//! [`Action`] and [`Permission`] (may they), [`AccountStore`] (where it is kept), [`Clock`] (when).
//! Nothing here does I/O; nothing here knows axum or SQL.
#![forbid(unsafe_code)]

mod action;
mod authenticator;
mod builtin;
mod clock;
mod compose;
mod permission;
mod store;
mod user;

pub use action::Action;
pub use authenticator::{AuthError, Authenticated, Authenticator, Challenge, LoginId};
pub use builtin::{AllowAny, IsAdminUser, IsAuthenticated, IsAuthenticatedOrReadOnly, IsStaffUser};
pub use clock::{Clock, ManualClock, SystemClock};
pub use compose::{And, Not, Or, PermissionExt};
pub use permission::{Ask, Object, Permission, Verdict};
pub use store::{
    AccountStore, Attempt, CreateAccountError, DeviceLogin, Limit, NewAccount, NewDeviceLogin,
    StoreError,
};
pub use user::{PasswordHash, Principal, User, UserId};
