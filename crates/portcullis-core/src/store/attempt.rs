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

/// Counters of tries.
#[async_trait]
pub trait AttemptStore: Send + Sync {
    /// Counts a try against `key`, before it is made: of many at once, no more than the limit get on.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    async fn attempt(
        &self,
        key: &str,
        limit: Limit,
        now: OffsetDateTime,
    ) -> Result<Attempt, StoreError>;

    /// Forgets the tries of `key`.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    async fn forget_attempts(&self, key: &str) -> Result<(), StoreError>;
}
