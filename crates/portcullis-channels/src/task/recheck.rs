//! Asking again while a connection lives: by time, by a hint that something changed, or with a new token.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use http::header::AUTHORIZATION;
use http::request::Parts;
use http::{HeaderValue, StatusCode};
use portcullis_core::Standing;
use portcullis_web::{Admitted, Refusal};
use serde_json::{Map, Value};
use time::OffsetDateTime;
use tokio::time::Instant;

use super::{Over, Task, incoming};
use crate::admission::{Admission, Target};
use crate::consumer::Consumer;
use crate::group::Group;
use crate::outcome::Outcome;
use crate::rounds::Stand;
use crate::socket::Served;
use crate::tickets::Redeemed;

/// Never, for timers.
const FAR: Duration = Duration::from_secs(365 * 24 * 3600);

/// Within ten hundredths of the interval, so that connections that began together do not ask together.
pub(crate) fn jittered(interval: Duration) -> Duration {
    let mut bytes = [0_u8; 2];
    let drawn = match getrandom::fill(&mut bytes) {
        Ok(()) => f64::from(u16::from_be_bytes(bytes)) / f64::from(u16::MAX),
        Err(_) => 0.5,
    };
    interval.mul_f64(0.9 + 0.2 * drawn)
}

/// When to look again. Whoever can be asked about together with others asks after half of the interval, and waits
/// for others during the other half.
pub(super) fn next<C: Consumer>(served: &Served<C>, standing: Option<&Standing>) -> Instant {
    let interval = match served.settings.revalidate_interval {
        Duration::ZERO => FAR,
        interval if served.channels.rounds.is_some() && standing.is_some() => {
            jittered(interval / 2)
        }
        interval => jittered(interval),
    };
    Instant::now() + interval
}

/// When credentials end, or never. Some give a moment's grace: then it is asked for once a second.
pub(super) fn ends<C: Consumer>(served: &Served<C>, expires: Option<OffsetDateTime>) -> Instant {
    let left = expires.map(|expires| expires - served.channels.clock.now());
    let left = left.map_or(FAR, |left| {
        let left = Duration::try_from(left).unwrap_or_default();
        left.max(Duration::from_secs(1))
    });
    Instant::now() + left.min(FAR)
}

/// Asks the door with a token that came in a message, by its keyword where that is said.
pub(super) async fn admit_token<C: Consumer>(
    served: &Served<C>,
    target: &Target,
    head: &Parts,
    token: &str,
    scheme: Option<&str>,
) -> Admission<C::Object> {
    let value = scheme.and_then(|scheme| HeaderValue::try_from(format!("{scheme} {token}")).ok());
    match value {
        Some(value) => {
            let mut head = head.clone();
            head.headers.insert(AUTHORIZATION, value);
            served.admit(target, &head, None).await
        }
        None => served.admit(target, head, Some(token)).await,
    }
}

/// Somebody who is in, and the door that they came by.
struct Known<C: Consumer> {
    served: Arc<Served<C>>,
    target: Target,
    admitted: Admitted,
}

impl<C: Consumer> Known<C> {
    /// Asks again: together with others whether anything has changed about who they are, and if so, or where that
    /// is not known, as at the handshake.
    async fn check(self, patience: Option<Duration>) -> Admission<C::Object> {
        let Self {
            served,
            target,
            admitted,
        } = self;
        let is_over = admitted
            .expires
            .is_some_and(|expires| expires <= served.channels.clock.now());
        if let (Some(rounds), Some(standing)) = (&served.channels.rounds, &admitted.standing)
            && !is_over
        {
            match rounds.ask(standing.clone(), patience).await {
                Stand::Firm => return served.confirm(&target, admitted).await,
                Stand::Moved => {}
                Stand::Unknown => return Admission::refused(&Refusal::Unavailable, false),
            }
        }
        served.admit(&target, &admitted.request, None).await
    }
}

impl<C: Consumer> Task<C> {
    /// Begins to check credentials, permission and object again, beside everything else.
    pub(super) fn begin_check(&mut self) {
        let interval = self.live.served.settings.revalidate_interval;
        self.checking = Some(Box::pin(self.known().check(Some(interval / 2))));
    }

    /// Checks all of it now: somebody has told of a change. Nothing is delivered meanwhile.
    pub(super) async fn check_now(&mut self) -> Result<(), Over> {
        self.checking = None;
        let admission = self.known().check(None).await;
        self.conclude_check(admission).await
    }

    /// Goes on, or not, by what came of a check.
    pub(super) async fn conclude_check(
        &mut self,
        admission: Admission<C::Object>,
    ) -> Result<(), Over> {
        self.look_again();
        if admission.outcome.is_unknown() {
            // The database is away: that is no reason against anybody, for a while.
            let since = *self.unknown_since.get_or_insert_with(Instant::now);
            if since.elapsed() > self.live.served.settings.revalidate_grace {
                return Err(Over::refused(admission.outcome));
            }
            return Ok(());
        }
        self.unknown_since = None;
        self.settle(admission).await.map(|_| ())
    }

    /// Sets the timers.
    fn look_again(&mut self) {
        self.next_check = next(&self.live.served, self.standing.as_ref());
        self.ends = ends(&self.live.served, self.expires);
    }

    /// What a check needs to know.
    fn known(&self) -> Known<C> {
        let access = self.live.access.read();
        let access = access.unwrap_or_else(PoisonError::into_inner).clone();
        Known {
            served: Arc::clone(&self.live.served),
            target: self.target.clone(),
            admitted: Admitted {
                access,
                standing: self.standing.clone(),
                request: self.head.clone(),
                expires: self.expires,
            },
        }
    }

    /// `authenticate` on an open connection: the new token takes the place of the old one.
    pub(super) async fn renew(&mut self, frame: &Map<String, Value>) -> Result<(), Over> {
        let served = Arc::clone(&self.live.served);
        let mut head = self.live.request.clone();
        head.extensions.remove::<Redeemed>();
        let token = frame.get("token").and_then(Value::as_str);
        let admission = match token.filter(|token| !token.is_empty()) {
            Some(token) => {
                let scheme = frame.get("scheme").and_then(Value::as_str);
                admit_token(&served, &self.target, &head, token, scheme).await
            }
            None => {
                head.headers.remove(AUTHORIZATION);
                served.admit(&self.target, &head, None).await
            }
        };
        // What is being checked is the old one.
        self.checking = None;
        let outcome = self.settle(admission).await?;
        let reply = incoming::reference(&Value::Object(frame.clone()));
        self.tell(&outcome, &reply).await
    }

    /// Goes on with whom the door let in again, if it is the same user.
    async fn settle(&mut self, admission: Admission<C::Object>) -> Result<Outcome, Over> {
        let Some(entry) = admission.entry else {
            return Err(Over::refused(admission.outcome));
        };
        let before = self.live.handle().user().map(|user| user.id);
        let now = entry.access.who().user().map(|user| user.id.clone());
        if before.is_some() && before != now {
            let detail = "You do not have permission to perform this action.";
            return Err(Over::refused(Outcome::refuse(
                StatusCode::FORBIDDEN,
                detail,
            )));
        }
        if let (None, Some(user)) = (&before, &now)
            && let Err(error) = self.live.enlist(&Group::of_user(user)).await
        {
            tracing::warn!(%error, "a connection does not hear of its user's changes");
        }
        let access = self.live.access.write();
        *access.unwrap_or_else(PoisonError::into_inner) = entry.access;
        self.head = entry.request;
        self.standing = entry.standing;
        self.expires = entry.expires;
        self.look_again();
        Ok(admission.outcome)
    }
}
