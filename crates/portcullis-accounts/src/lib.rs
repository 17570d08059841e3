//! Account flows, one file each: sign-up, log in, who am I, log out.
//!
//! [`Accounts`] holds what the flows share and yields their doors. All of them issue or end
//! *device tokens*: one per login, stored as a hash, expiring.
#![forbid(unsafe_code)]

mod credentials;
mod device_token;
mod login;
mod logout;
mod settings;
mod signup;
mod user_info;

use std::fmt;
use std::sync::Arc;

use portcullis_core::{AccountStore, Clock, PasswordHash, User};
use portcullis_django::password;
use portcullis_web::{Busy, Doors, Gate, HashingPool, Refusal, get, post};

pub use settings::AccountSettings;

/// The account flows and what they need.
#[derive(Clone)]
pub struct Accounts {
    pub(crate) store: Arc<dyn AccountStore>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) hashing: HashingPool,
    pub(crate) settings: Arc<AccountSettings>,
}

impl Accounts {
    /// The flows over a store, hashing on `hashing`.
    #[must_use]
    pub fn new(
        store: Arc<dyn AccountStore>,
        clock: Arc<dyn Clock>,
        hashing: HashingPool,
        settings: AccountSettings,
    ) -> Self {
        Self {
            store,
            clock,
            hashing,
            settings: Arc::new(settings),
        }
    }

    /// `/api/signup/`, `/api/login/`, `/api/user/`, `/api/logout/`.
    #[must_use]
    pub fn doors(&self, gate: &Gate) -> Doors {
        let (for_signup, for_login, for_logout) = (self.clone(), self.clone(), self.clone());
        gate.doors()
            .route(
                "/api/signup/",
                post(move |head, fields| for_signup.signup(head, fields)),
            )
            .open()
            .route(
                "/api/login/",
                post(move |head, fields| for_login.login(head, fields)),
            )
            .open()
            .route("/api/user/", get(user_info::user_info))
            .route(
                "/api/logout/",
                post(move |access| for_logout.logout(access)),
            )
    }

    /// Hashes a new password on the pool.
    pub(crate) async fn hash(&self, password: String) -> Result<PasswordHash, Refusal> {
        let settings = Arc::clone(&self.settings);
        let hashed = self
            .hashing
            .run(move || password::hash(&password, &settings.hashers))
            .await?;
        hashed.map(PasswordHash::new).map_err(|error| {
            tracing::error!(%error, "the password settings are unusable");
            Refusal::Unavailable
        })
    }

    /// Checks a password on the pool; the same work whether or not there is such a user.
    ///
    /// The second value is the password hashed anew, where the stored hash is out of date.
    pub(crate) async fn check(
        &self,
        user: Option<&User>,
        typed: String,
    ) -> Result<(bool, Option<PasswordHash>), Busy> {
        let settings = Arc::clone(&self.settings);
        let stored = user.map(|user| user.password.clone());
        let job = move || credentials::check(stored.as_ref(), &typed, &settings.hashers);
        self.hashing.run(job).await
    }
}

impl fmt::Debug for Accounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Accounts")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
