//! Asking again while a connection lives: by time, by a hint that something changed, or with a new token.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use http::header::AUTHORIZATION;
use http::request::Parts;
use http::{HeaderValue, StatusCode};
use serde_json::{Map, Value};
use time::OffsetDateTime;
use tokio::time::Instant;

use super::{Over, Task, incoming};
use crate::admission::{Admission, Target};
use crate::consumer::Consumer;
use crate::group::Group;
use crate::outcome::Outcome;
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

/// When to look again: at the interval, and when the credentials end if that is before.
pub(super) fn next<C: Consumer>(served: &Served<C>, expires: Option<OffsetDateTime>) -> Instant {
    let interval = match served.settings.revalidate_interval {
        Duration::ZERO => FAR,
        interval => jittered(interval),
    };
    let left = expires.map(|expires| expires - served.channels.clock.now());
    // Some give a moment's grace: then it is asked for once a second.
    let left = left.map(|left| {
        let left = Duration::try_from(left).unwrap_or_default();
        left.max(Duration::from_secs(1))
    });
    Instant::now() + left.map_or(interval, |left| left.min(interval))
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

impl<C: Consumer> Task<C> {
    /// Checks credentials, permission and object again.
    pub(super) async fn check_again(&mut self) -> Result<(), Over> {
        let interval = self.live.served.settings.revalidate_interval;
        self.next_check = next(&self.live.served, None);
        let served = Arc::clone(&self.live.served);
        let admission = served.admit(&self.target, &self.head, None).await;
        if admission.outcome.is_unknown() {
            // The database is away: that is no reason against anybody, for a while.
            let since = *self.unknown_since.get_or_insert_with(Instant::now);
            if since.elapsed() > interval * 2 {
                return Err(Over::refused(admission.outcome));
            }
            return Ok(());
        }
        self.unknown_since = None;
        self.settle(admission).await.map(|_| ())
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
        self.next_check = next(&self.live.served, entry.expires);
        Ok(admission.outcome)
    }
}
