//! Who stands behind a signature, and what that depends on.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use http::Method;
use http::request::Parts;
use portcullis_core::{Principal, Standing, UserId};
use portcullis_web::{Admitted, Knock, Refusal};
use time::OffsetDateTime;
use tokio::time::Instant;

/// Whoever asked for a signature: they hear what it opens as long as the door would let them in.
pub(super) struct Holder {
    knock: Knock,
    known: Mutex<Known>,
    is_stale: AtomicBool,
}

/// What was found when they were last asked about.
#[derive(Clone)]
pub(super) struct Known {
    pub(super) who: Principal,
    pub(super) standing: Option<Standing>,
    pub(super) expires: Option<OffsetDateTime>,
    request: Parts,
    at: Instant,
}

impl Known {
    fn of(admitted: Admitted) -> Self {
        Self {
            who: admitted.access.who().clone(),
            standing: admitted.standing,
            expires: admitted.expires,
            request: admitted.request,
            at: Instant::now(),
        }
    }
}

impl Holder {
    /// Whoever made a request to a door.
    pub(super) async fn of(knock: Knock, request: &Parts) -> Result<Self, Refusal> {
        let mut head = request.clone();
        // It is asked again without changing anything, and without the token of the form that was sent.
        head.method = Method::GET;
        head.extensions = http::Extensions::new();
        head.extensions.extend(request.extensions.clone());
        let known = admit(&knock, &head).await?;
        Ok(Self {
            knock,
            known: Mutex::new(known),
            is_stale: AtomicBool::new(false),
        })
    }

    /// Who it is.
    pub(super) fn who(&self) -> Principal {
        self.known().who.clone()
    }

    pub(super) fn user_id(&self) -> Option<UserId> {
        self.known().who.user().map(|user| user.id.clone())
    }

    pub(super) fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Somebody told of a change: it is to be looked again before anything else is sent.
    pub(super) fn mark_stale(&self) {
        self.is_stale.store(true, Ordering::Release);
    }

    /// Whether to look again, where what is known may be so old.
    pub(super) fn is_due(&self, now: OffsetDateTime, age: std::time::Duration) -> bool {
        let known = self.known();
        self.is_stale.load(Ordering::Acquire)
            || known.at.elapsed() >= age
            || known.expires.is_some_and(|expires| expires <= now)
    }

    /// Begins to look again; what is told of meanwhile counts for the next time.
    pub(super) fn begin(&self) {
        self.is_stale.store(false, Ordering::Release);
    }

    /// All is as it was.
    pub(super) fn confirm(&self) {
        self.known().at = Instant::now();
    }

    /// Asks the door again.
    pub(super) async fn ask_again(&self) -> Result<(), Refusal> {
        let request = self.known().request.clone();
        let before = self.user_id();
        let known = admit(&self.knock, &request).await?;
        if known.who.user().map(|user| user.id.clone()) != before {
            return Err(Refusal::NotAuthenticated(None));
        }
        *self.known() = known;
        Ok(())
    }
}

async fn admit(knock: &Knock, request: &Parts) -> Result<Known, Refusal> {
    let admitted = knock.authenticate(request, None).await?;
    knock.permit(&admitted.access).await?;
    Ok(Known::of(admitted))
}

impl std::fmt::Debug for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Holder").finish_non_exhaustive()
    }
}
