//! One gate for every door: what an axum service adds to guard itself.
//!
//! [`core`] has the vocabulary, [`web`] the doors, [`sql`] the stores, [`accounts`] the flows,
//! [`django`] the formats; behind the feature `channels`, `channels` has WebSockets; behind `live`, `live` has
//! live models; behind `admin`, `admin` has the admin site; behind `social`, `accounts::social` has log-in by providers.
#![forbid(unsafe_code)]

pub use portcullis_accounts as accounts;
#[cfg(feature = "admin")]
pub use portcullis_admin as admin;
#[cfg(feature = "channels")]
pub use portcullis_channels as channels;
pub use portcullis_core as core;
pub use portcullis_django as django;
#[cfg(feature = "live")]
pub use portcullis_live as live;
pub use portcullis_sql as sql;
pub use portcullis_web as web;

pub use portcullis_accounts::{AccountSettings, Accounts};
pub use portcullis_core::{
    Action, AllowAny, Ask, AuthError, Authenticated, Authenticator, IsAdminUser, IsAuthenticated,
    IsAuthenticatedOrReadOnly, IsStaffUser, ModelPermissions, Permission, PermissionExt, Principal,
    User, UserId, Verdict,
};
pub use portcullis_web::{Access, CurrentUser, Doors, Fields, Gate, Refusal, get, post};

/// The README's code, compiled.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
