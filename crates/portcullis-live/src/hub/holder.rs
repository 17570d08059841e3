//! Who stands behind a signature, and what that depends on.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::Method;
use http::request::Parts;
use portcullis_core::{
    Action, Ask, Clock, Permission, Principal, Standing, Store, Ticket, UserId, Verdict,
};
use portcullis_web::{Admitted, Knock, Refusal};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;
use tokio::time::Instant;

/// Whoever asked for a signature: they hear what it opens as long as the door would let them in.
pub(super) struct Holder {
    source: Source,
    known: Mutex<Known>,
    is_stale: AtomicBool,
}

/// What they are asked about again.
enum Source {
    /// The door that they came by, with the head of their request.
    Door(Knock, Box<Parts>),
    /// What another node has kept about them, and the permission of the door.
    Ticket(Arc<dyn Store>, Ticket, Arc<dyn Permission>, Arc<dyn Clock>),
}

impl Source {
    async fn ask(&self) -> Result<Known, Refusal> {
        match self {
            Self::Door(knock, request) => admit(knock, request).await,
            Self::Ticket(store, ticket, permission, clock) => {
                redeem(&**store, ticket, &**permission, &**clock).await
            }
        }
    }
}

/// What was found when they were last asked about.
#[derive(Clone)]
pub(super) struct Known {
    pub(super) who: Principal,
    pub(super) standing: Option<Standing>,
    pub(super) expires: Option<OffsetDateTime>,
    at: Instant,
}

impl Known {
    fn of(admitted: Admitted) -> Self {
        Self {
            who: admitted.access.who().clone(),
            standing: admitted.standing,
            expires: admitted.expires,
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
        Self::from(Source::Door(knock, Box::new(head))).await
    }

    /// Whoever another node has kept a ticket for.
    pub(super) async fn with_ticket(
        store: Arc<dyn Store>,
        ticket: Ticket,
        permission: Arc<dyn Permission>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, Refusal> {
        Self::from(Source::Ticket(store, ticket, permission, clock)).await
    }

    async fn from(source: Source) -> Result<Self, Refusal> {
        let known = source.ask().await?;
        Ok(Self {
            source,
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
        let before = self.user_id();
        let known = self.source.ask().await?;
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

/// The holder of a ticket, if their login, and the password that it was sealed with, are what they were.
async fn redeem(
    store: &dyn Store,
    ticket: &Ticket,
    permission: &dyn Permission,
    clock: &dyn Clock,
) -> Result<Known, Refusal> {
    let over = || Refusal::NotAuthenticated(None);
    let found = store.ticket_holder(ticket, clock.now()).await?;
    let holder = found.ok_or_else(over)?;
    let password = digest(holder.user.password.expose_secret());
    if !holder.user.is_active || ticket.seal.as_ref().is_some_and(|seal| *seal != password) {
        return Err(over());
    }
    let standing = Standing {
        user: holder.user.clone().into(),
        login: Some(ticket.login),
        session: ticket.session_key.clone(),
        device: None,
        token: None,
    };
    let who = Principal::User(holder.user.into());
    match permission.check(&Ask::new(&who, &Action::Subscribe)).await {
        Verdict::Allow => Ok(Known {
            who,
            standing: Some(standing),
            expires: holder.expires,
            at: Instant::now(),
        }),
        Verdict::Deny(_) | Verdict::NeedsObject => Err(Refusal::PermissionDenied(None)),
    }
}

/// A digest in hex.
pub(super) fn digest(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

impl std::fmt::Debug for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Holder").finish_non_exhaustive()
    }
}
