//! Django's sessions: what is in a row, whose it is, and how long it lives.

mod data;
mod expiry;
mod resolve;

pub use data::{Secrets, auth_hash, decode, encode, is_key, new_key};
pub use expiry::{Expiry, expiry};
pub use resolve::{Candidate, Fate, Resolved, owner, resolve};

/// The session key that holds the user's primary key, as text.
pub const USER_ID: &str = "_auth_user_id";

/// The session key that holds the dotted path of the backend that logged the user in.
pub const BACKEND: &str = "_auth_user_backend";

/// The session key that holds the [`auth_hash`].
pub const HASH: &str = "_auth_user_hash";

/// The backend of a stock project.
pub const MODEL_BACKEND: &str = "django.contrib.auth.backends.ModelBackend";
