//! Is this somebody's password? Counted, and equal work for every answer.

use std::fmt;
use std::sync::Arc;

use portcullis_core::{Attempt, AuthError, Clock, Limit, PasswordHash, Store, StoreError, User};
use portcullis_django::password::{self, Hashers};
use portcullis_django::permission::normalize_username;
use time::Duration;

use crate::hashing::{Busy, HashingPool};
use crate::refusal::Refusal;

/// The largest password that is hashed, in bytes; a larger one is wrong.
pub const MAX_PASSWORD_BYTES: usize = 4096;

/// Checks of passwords, the same behind every door.
#[doc(alias = "authenticate")]
#[doc(alias = "ModelBackend")]
#[derive(Clone)]
pub struct Passwords {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    hashing: HashingPool,
    hashers: Arc<Hashers>,
    limit: Option<Limit>,
}

/// What came of a check.
#[derive(Clone, Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "there is one per log-in, and it lives briefly"
)]
pub enum Checked {
    /// It is the password of this active user.
    Right {
        /// Whose it is.
        user: User,
        /// The password hashed anew, where the stored hash is out of date.
        rehashed: Option<PasswordHash>,
    },
    /// Nobody's, somebody else's, or that of a user who is not active: told apart by nothing.
    Wrong,
}

/// Why a password was not checked.
#[derive(Debug)]
#[non_exhaustive]
pub enum CheckError {
    /// The database failed.
    Store(StoreError),
    /// The hashing queue is full.
    Busy,
    /// Too many wrong ones for this name; also the right one is not looked at.
    Throttled {
        /// How long to wait.
        retry_after: Duration,
    },
}

impl Passwords {
    /// Checks against `store`, hashing on `hashing`; `limit` wrong ones of a name are looked at.
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        hashing: HashingPool,
        hashers: Hashers,
        limit: Option<Limit>,
    ) -> Self {
        Self {
            store,
            clock,
            hashing,
            hashers: Arc::new(hashers),
            limit,
        }
    }

    /// The store that is asked.
    #[must_use]
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// Checks a name and a password; counts the try first.
    ///
    /// Call [`forget_failures`](Self::forget_failures) once the log-in that follows has succeeded.
    ///
    /// # Errors
    /// [`CheckError`] when the password was not looked at.
    pub async fn check(&self, name: &str, password: &str) -> Result<Checked, CheckError> {
        if let Some(limit) = self.limit {
            let now = self.clock.now();
            let attempt = self.store.attempt(&counter_of(name), limit, now).await?;
            if let Attempt::Stopped { retry_after } = attempt {
                tracing::warn!(
                    event = "login",
                    outcome = "throttled",
                    "too many log-ins failed"
                );
                return Err(CheckError::Throttled { retry_after });
            }
        }
        let user = self.store.user_by_login_name(name).await?;
        let stored = user.as_ref().map(|user| user.password.clone());
        let (typed, hashers) = (password.to_owned(), Arc::clone(&self.hashers));
        let job = move || verify(stored.as_ref(), &typed, &hashers);
        let (matches, rehashed) = self.hashing.run(job).await?;
        Ok(match user.filter(|user| matches && user.is_active) {
            Some(user) => Checked::Right { user, rehashed },
            None => {
                tracing::info!(event = "login", outcome = "failed", "log-in refused");
                Checked::Wrong
            }
        })
    }

    /// Forgets the wrong tries of a name.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn forget_failures(&self, name: &str) -> Result<(), StoreError> {
        match self.limit {
            Some(_) => self.store.forget_attempts(&counter_of(name)).await,
            None => Ok(()),
        }
    }

    /// Hashes a new password.
    ///
    /// # Errors
    /// [`CheckError::Busy`] when the queue is full or the settings ask for what cannot be computed.
    #[doc(alias = "make_password")]
    pub async fn hash(&self, password: &str) -> Result<PasswordHash, CheckError> {
        let (typed, hashers) = (password.to_owned(), Arc::clone(&self.hashers));
        let hashed = self
            .hashing
            .run(move || password::hash(&typed, &hashers))
            .await?;
        hashed.map(PasswordHash::new).map_err(|error| {
            tracing::error!(%error, "the password settings are unusable");
            CheckError::Busy
        })
    }
}

impl fmt::Debug for Passwords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Passwords")
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

/// What a name's failures are counted under: the same for every way of writing it.
fn counter_of(name: &str) -> String {
    let name: String = normalize_username(name.trim())
        .to_lowercase()
        .chars()
        .take(254)
        .collect();
    format!("login:{name}")
}

/// Whether `typed` is the stored password, and its new hash where the stored one is out of date.
fn verify(
    stored: Option<&PasswordHash>,
    typed: &str,
    hashers: &Hashers,
) -> (bool, Option<PasswordHash>) {
    let Some(stored) = stored.filter(|_| typed.len() <= MAX_PASSWORD_BYTES) else {
        // Without a stored hash the work of the preferred hasher is done all the same.
        password::dummy_work(hashers);
        return (false, None);
    };
    let verification = password::verify(typed, stored.expose_secret(), hashers);
    if !(verification.matches && verification.must_update) {
        return (verification.matches, None);
    }
    // A hash that cannot be made anew stays as it is: the password was right all the same.
    (
        true,
        password::hash(typed, hashers).ok().map(PasswordHash::new),
    )
}

impl From<StoreError> for CheckError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Busy> for CheckError {
    fn from(_: Busy) -> Self {
        Self::Busy
    }
}

impl From<CheckError> for AuthError {
    fn from(error: CheckError) -> Self {
        match error {
            CheckError::Store(error) => Self::Store(error),
            CheckError::Busy => Self::Busy,
            CheckError::Throttled { retry_after } => Self::Throttled { retry_after },
        }
    }
}

impl From<CheckError> for Refusal {
    fn from(error: CheckError) -> Self {
        match error {
            CheckError::Store(error) => error.into(),
            CheckError::Busy => Busy.into(),
            CheckError::Throttled { retry_after } => Self::Throttled(retry_after.whole_seconds()),
        }
    }
}
