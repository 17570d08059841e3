//! Answers of queries, kept while nothing has been written: by us, or by another program.
//!
//! Whoever writes here empties the cache before the write is acknowledged. What others write is told by a
//! watch that each engine has ([`sqlite`](crate::sqlite), [`postgres`](crate::postgres)). While the watch
//! is blind, nothing is served from here.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use portcullis_core::{Revocations, Revoked};

use crate::row::Row;
use crate::value::Value;

/// How old the last look may be for an answer to be served.
const LONGEST_BLINDNESS: Duration = Duration::from_secs(1);

/// How many answers are kept; one more, and all are forgotten.
const MAX_ANSWERS: usize = 10_000;

/// Answers with more rows are not kept.
const MAX_ROWS: usize = 4;

/// What `looked` is before the first look, and after one that failed.
const BLIND: u64 = 0;

type Key = (String, Vec<Value>);

/// A cache of the answers of one database.
#[derive(Debug)]
pub(crate) struct Cache {
    answers: Mutex<HashMap<Key, Arc<[Row]>>>,
    /// Grows with each change; an answer that was read before one is not kept after it.
    generation: AtomicU64,
    start: Instant,
    /// Milliseconds from `start` to the last look, and one.
    looked: AtomicU64,
    hits: AtomicU64,
    revocations: Revocations,
}

impl Cache {
    /// An empty one, which tells `revocations` of what others change.
    pub(crate) fn new(revocations: Revocations) -> Arc<Self> {
        Arc::new(Self {
            answers: Mutex::default(),
            generation: AtomicU64::new(0),
            start: Instant::now(),
            looked: AtomicU64::new(BLIND),
            hits: AtomicU64::new(0),
            revocations,
        })
    }

    /// The number to hand to [`keep`](Self::keep); taken before the database is asked.
    pub(crate) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// The answer to a query, if it is known and still holds.
    pub(crate) fn answer(&self, key: &Key) -> Option<Arc<[Row]>> {
        let looked = self.looked.load(Ordering::Acquire);
        let looked = Duration::from_millis(looked.checked_sub(1)?);
        if self.start.elapsed().saturating_sub(looked) > LONGEST_BLINDNESS {
            return None;
        }
        let answer = self.answers().get(key).cloned();
        self.hits
            .fetch_add(u64::from(answer.is_some()), Ordering::Relaxed);
        answer
    }

    /// How many answers were given.
    pub(crate) fn hits(&self) -> u64 {
        self.hits.load(Ordering::Relaxed)
    }

    /// Keeps an answer that was asked for at that generation, if nothing was written since.
    pub(crate) fn keep(&self, generation: u64, key: Key, rows: &Arc<[Row]>) {
        // A query about a time is hardly asked twice.
        let is_worth_it =
            rows.len() <= MAX_ROWS && !key.1.iter().any(|value| matches!(value, Value::Time(_)));
        let mut answers = self.answers();
        if is_worth_it && self.generation() == generation {
            if answers.len() >= MAX_ANSWERS {
                answers.clear();
            }
            answers.insert(key, Arc::clone(rows));
        }
    }

    /// Forgets everything: something was written.
    pub(crate) fn forget(&self) {
        // Under the lock, so that no answer is kept between the two.
        let mut answers = self.answers();
        self.generation.fetch_add(1, Ordering::AcqRel);
        answers.clear();
    }

    /// Forgets everything when it is dropped: for a write whose end nobody may wait for.
    pub(crate) fn forget_at_the_end(self: &Arc<Self>) -> Forgetting {
        Forgetting(Arc::clone(self))
    }

    /// Another program has written something that may concern these credentials.
    pub(crate) fn changed_outside(&self, revoked: &Revoked) {
        self.forget();
        self.revocations.publish(revoked);
    }

    /// All that was written before `at` is known by now.
    pub(crate) fn seen(&self, at: Instant) {
        let looked = at.saturating_duration_since(self.start).as_millis();
        let looked = u64::try_from(looked).unwrap_or(u64::MAX).saturating_add(1);
        self.looked.store(looked, Ordering::Release);
    }

    /// Nobody knows what was written since the last look.
    pub(crate) fn blind(&self) {
        self.looked.store(BLIND, Ordering::Release);
    }

    fn answers(&self) -> MutexGuard<'_, HashMap<Key, Arc<[Row]>>> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Empties the cache when it goes; see [`Cache::forget_at_the_end`].
#[derive(Debug)]
pub(crate) struct Forgetting(Arc<Cache>);

impl Drop for Forgetting {
    fn drop(&mut self) {
        self.0.forget();
    }
}
