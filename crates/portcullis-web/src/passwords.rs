//! Is this somebody's password? Counted, and equal work for every answer.

use std::fmt;
use std::sync::Arc;

use http::request::Parts;
use portcullis_core::{
    Attempt, AuditEntry, AuditEvent, AuditOutcome, AuthError, Clock, PasswordHash, Store,
    StoreError, User,
};
use portcullis_django::password::{self, Hashers};
use time::Duration;

use crate::client::ClientInfo;
use crate::device::device_of;
use crate::hashing::{Busy, HashingPool};
use crate::login_limits::{Counted, LoginLimits};
use crate::refusal::Refusal;
use crate::second_factor::SecondFactors;

/// The largest password that is hashed, in bytes; a larger one is nobody's, without being looked at.
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
    limits: Option<LoginLimits>,
    wants_verified_email: bool,
    compares_email_case: bool,
    second_factors: Option<SecondFactors>,
}

/// What came of a check.
#[derive(Clone, Debug)]
pub enum Checked {
    /// It is the password of this active user.
    Right {
        /// Whose it is.
        user: User,
        /// The password hashed anew, where the stored hash is out of date.
        rehashed: Option<PasswordHash>,
        /// What the try was counted against; see [`Passwords::forget_failures`].
        counted: Counted,
    },
    /// Right, but the user has a second factor, and a password alone does not let them in. Whoever cannot
    /// ask for it answers as for `Wrong`.
    SecondFactor {
        /// Whose it is.
        user: User,
        /// The password hashed anew, where the stored hash is out of date.
        rehashed: Option<PasswordHash>,
        /// What the try was counted against.
        counted: Counted,
    },
    /// Right, but the user has not confirmed their address, and must. To be answered as `Wrong`.
    Unverified,
    /// Nobody's, somebody else's, or that of a user who is not active: told apart by nothing.
    Wrong,
}

/// Why a password, or a token, was not checked.
#[derive(Debug)]
#[non_exhaustive]
pub enum CheckError {
    /// The database failed.
    Store(StoreError),
    /// The hashing queue is full.
    Busy,
    /// Too many wrong ones for this name, its account or from this address; also the right password is
    /// not looked at.
    Throttled {
        /// How long to wait.
        retry_after: Duration,
    },
}

impl Passwords {
    /// Checks against `store`, hashing on `hashing`; no more wrong ones than `limits` are looked at.
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        hashing: HashingPool,
        hashers: Hashers,
        limits: Option<LoginLimits>,
    ) -> Self {
        Self {
            store,
            clock,
            hashing,
            hashers: Arc::new(hashers),
            limits,
            wants_verified_email: false,
            compares_email_case: false,
            second_factors: None,
        }
    }

    /// Lets in only users who have confirmed an address, on every way that leads through here.
    #[doc(alias = "ACCOUNT_EMAIL_VERIFICATION")]
    #[must_use]
    pub fn wanting_verified_email(self) -> Self {
        Self {
            wants_verified_email: true,
            ..self
        }
    }

    /// Does as allauth: an address that is stored with capital letters counts only as it is stored.
    #[must_use]
    pub fn comparing_email_case(self) -> Self {
        Self {
            compares_email_case: true,
            ..self
        }
    }

    /// With what asks for second factors. Without it, whoever has one does not get in by a password.
    #[must_use]
    pub fn with_second_factors(self, second_factors: SecondFactors) -> Self {
        Self {
            second_factors: Some(second_factors),
            ..self
        }
    }

    /// What asks for second factors.
    #[must_use]
    pub fn second_factors(&self) -> Option<&SecondFactors> {
        self.second_factors.as_ref()
    }

    /// The store that is asked.
    #[must_use]
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// Checks a name and a password that came with `request`; counts the try first, and writes a wrong
    /// one into the audit log.
    ///
    /// Whoever the name means, nobody too, it is one query, the same counters and one hash.
    /// A right one is a query more: whether a second factor is wanted.
    /// Call [`forget_failures`](Self::forget_failures) once the log-in that follows has succeeded.
    ///
    /// # Errors
    /// [`CheckError`] when the password was not looked at.
    pub async fn check(
        &self,
        request: &Parts,
        name: &str,
        password: &str,
    ) -> Result<Checked, CheckError> {
        if password.len() > MAX_PASSWORD_BYTES || name.contains('\0') {
            // Nobody has such a one: the answer tells nothing of an account.
            return Ok(Checked::Wrong);
        }
        let user = self.store.user_by_login_name(name).await?;
        let user = user.filter(|user| !self.compares_email_case || is_written_so(user, name));
        let counted = self.count(request, name, user.as_ref()).await?;
        let of_user = user.as_ref();
        let is_verified = match self.wants_verified_email {
            true => self.store.has_verified_email(of_user).await?,
            false => true,
        };
        let id = of_user.map(|user| user.id.clone());
        let stored = of_user.map(|user| (user.password.clone(), user.is_active));
        let (typed, hashers) = (password.to_owned(), Arc::clone(&self.hashers));
        let job = move || verify(stored.as_ref(), &typed, &hashers);
        let (matches, rehashed) = self.hashing.run(job).await?;
        let checked = match user.filter(|user| matches && user.is_active) {
            Some(user) if !is_verified => {
                tracing::info!(
                    user = %user.id, event = "login", outcome = "unverified", "log-in refused"
                );
                Checked::Unverified
            }
            Some(user) if self.store.factors(&user.id).await?.is_wanted() => {
                Checked::SecondFactor {
                    user,
                    rehashed,
                    counted,
                }
            }
            Some(user) => Checked::Right {
                user,
                rehashed,
                counted,
            },
            None => {
                tracing::info!(event = "login", outcome = "failed", "log-in refused");
                Checked::Wrong
            }
        };
        let outcome = match checked {
            Checked::Right { .. } | Checked::SecondFactor { .. } => return Ok(checked),
            Checked::Unverified => AuditOutcome::Unverified,
            Checked::Wrong => AuditOutcome::Failed,
        };
        let entry = AuditEntry::new(AuditEvent::Login, device_of(request), self.clock.now());
        let entry = entry.with_outcome(outcome).about(id.as_ref());
        self.store.record(entry).await?;
        Ok(checked)
    }

    /// Forgets the wrong tries of an account. From the address only this try is taken back: whoever
    /// has an account must not win guesses at others by logging in.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    pub async fn forget_failures(&self, counted: &Counted) -> Result<(), StoreError> {
        if counted.is_empty() {
            return Ok(());
        }
        let (of_account, of_address) = counted.keys();
        self.store.settle_attempts(of_account, of_address).await
    }

    async fn count(
        &self,
        request: &Parts,
        name: &str,
        user: Option<&User>,
    ) -> Result<Counted, CheckError> {
        let Some(limits) = &self.limits else {
            return Ok(Counted::default());
        };
        let client = ClientInfo::of(&request.extensions);
        let (counters, counted) = limits.counters(&client, name, user.map(|user| &user.id));
        let attempt = self.store.attempt_all(&counters, self.clock.now()).await?;
        match attempt {
            Attempt::Allowed => Ok(counted),
            Attempt::Stopped { retry_after } => {
                tracing::warn!(
                    event = "login",
                    outcome = "throttled",
                    "too many log-ins failed"
                );
                let first = limits.lock_counters(&client, &counters);
                if self.store.attempt_all(&first, self.clock.now()).await? == Attempt::Allowed {
                    let entry =
                        AuditEntry::new(AuditEvent::Lock, device_of(request), self.clock.now());
                    let entry = entry.with_outcome(AuditOutcome::Failed);
                    let entry = entry.about(user.map(|user| &user.id));
                    self.store.record(entry).await?;
                }
                Err(CheckError::Throttled { retry_after })
            }
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
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// Whether allauth would take the name for this user's.
fn is_written_so(user: &User, name: &str) -> bool {
    let folded = name.to_lowercase();
    let has_username = user.username != user.email;
    name == user.username
        || name == user.email
        || folded == user.email
        || (has_username && folded == user.username.to_lowercase())
}

/// Whether `typed` is the stored password of somebody who is active, and its new hash where the
/// stored one is out of date.
fn verify(
    stored: Option<&(PasswordHash, bool)>,
    typed: &str,
    hashers: &Hashers,
) -> (bool, Option<PasswordHash>) {
    let Some((stored, is_active)) = stored else {
        // Without a stored hash the work of the preferred hasher is done all the same.
        password::dummy_work(hashers);
        return (false, None);
    };
    if !is_active {
        // The right password of a closed account must cost what a wrong one costs: another is checked.
        let other = format!("x{typed}");
        let _ = password::verify(&other, stored.expose_secret(), hashers);
        return (false, None);
    }
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
