//! Counting tries: limits that hold on every node and after a restart.

use async_trait::async_trait;
use time::{Duration, OffsetDateTime};

use super::StoreError;

/// How often something may be tried in a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// So many tries …
    pub tries: u32,
    /// … in this time from the first.
    pub window: Duration,
}

/// Whether one more try may be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// Yes, and it was counted.
    Allowed,
    /// No; the window ends after this time, at least a second.
    Stopped {
        /// How long to wait.
        retry_after: Duration,
    },
}

/// One thing that tries are counted against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counter {
    /// What it is called: an account, a name, an address; at most 300 characters.
    pub key: String,
    /// How often it may be tried.
    pub limit: Limit,
}

/// Counters of tries.
#[async_trait]
pub trait AttemptStore: Send + Sync {
    /// Counts a try against all of `counters` at once, before it is made: of many at once, no more
    /// than the smallest limit get on. When one of them is stopped, none counts it.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    async fn attempt_all(
        &self,
        counters: &[Counter],
        now: OffsetDateTime,
    ) -> Result<Attempt, StoreError>;

    /// After a try that succeeded: forgets all tries of the keys in `forgotten`, and takes the one
    /// try back from those in `given_back`.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    async fn settle_attempts(
        &self,
        forgotten: &[String],
        given_back: &[String],
    ) -> Result<(), StoreError>;

    /// Counts a try against one key.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    async fn attempt(
        &self,
        key: &str,
        limit: Limit,
        now: OffsetDateTime,
    ) -> Result<Attempt, StoreError> {
        let key = key.to_owned();
        self.attempt_all(&[Counter { key, limit }], now).await
    }

    /// Forgets the tries of one key.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    async fn forget_attempts(&self, key: &str) -> Result<(), StoreError> {
        self.settle_attempts(&[key.to_owned()], &[]).await
    }
}
