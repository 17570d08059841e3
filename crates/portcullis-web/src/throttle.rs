//! How often somebody may come through a door: a window that slides, in memory, bounded.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use http::request::Parts;
use portcullis_core::{Clock, Limit, Principal};
use time::OffsetDateTime;

use crate::client::ClientInfo;
use crate::refusal::Refusal;

/// How many callers are remembered; beyond, those whose window is over are forgotten, then any.
const MAX_CALLERS: usize = 100_000;

/// A limit by user, or by address for those who are not logged in.
///
/// Counted in this process: a limit for all nodes is the store's
/// [`AttemptStore`](portcullis_core::AttemptStore).
#[doc(alias = "UserRateThrottle")]
#[doc(alias = "AnonRateThrottle")]
#[derive(Clone)]
pub struct Throttle {
    limit: Limit,
    clock: Arc<dyn Clock>,
    callers: Arc<Mutex<HashMap<String, VecDeque<OffsetDateTime>>>>,
}

impl Throttle {
    /// So many calls in a window, for each caller.
    #[must_use]
    pub fn new(limit: Limit, clock: Arc<dyn Clock>) -> Self {
        Self {
            limit,
            clock,
            callers: Arc::default(),
        }
    }

    /// Counts a call, or refuses it with the time until the next is free.
    pub(crate) fn check(&self, who: &Principal, request: &Parts) -> Result<(), Refusal> {
        let caller = match who {
            Principal::User(user) => format!("user:{}", user.id),
            Principal::Anonymous => {
                format!(
                    "address:{}",
                    ClientInfo::of(&request.extensions).counter_key()
                )
            }
        };
        let now = self.clock.now();
        let mut callers = self.callers.lock().unwrap_or_else(PoisonError::into_inner);
        if callers.len() >= MAX_CALLERS && !callers.contains_key(&caller) {
            callers.retain(|_, calls| calls.back().is_some_and(|at| *at + self.limit.window > now));
            if callers.len() >= MAX_CALLERS {
                callers.clear();
            }
        }
        let calls = callers.entry(caller).or_default();
        while calls
            .front()
            .is_some_and(|at| *at + self.limit.window <= now)
        {
            calls.pop_front();
        }
        if calls.len() < self.limit.tries as usize {
            calls.push_back(now);
            return Ok(());
        }
        let free_at = calls.front().map_or(now, |at| *at + self.limit.window);
        Err(Refusal::Throttled((free_at - now).whole_seconds().max(1)))
    }
}

impl fmt::Debug for Throttle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Throttle")
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}
