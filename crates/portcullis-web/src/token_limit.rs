//! How many wrong tokens one address may send.

use std::fmt;
use std::sync::Arc;

use portcullis_core::{Attempt, Clock, Limit, Store};

use crate::client::ClientInfo;
use crate::passwords::CheckError;

/// Counts wrong API tokens against the address that they come from, over all doors and nodes.
///
/// Only what was looked up and is nobody's counts: a good token costs nothing here, and is good whatever
/// others at its address have tried. Tokens that are over, or whose user was closed, are no guesses.
#[derive(Clone)]
pub struct TokenLimit {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    limit: Limit,
}

impl TokenLimit {
    /// So many wrong ones from one address, IPv6 by its /64, in a window.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, limit: Limit) -> Self {
        Self {
            store,
            clock,
            limit,
        }
    }

    /// Counts a token that was wrong. Where the address is not known, nothing is counted.
    ///
    /// # Errors
    /// [`CheckError::Throttled`] when there were too many, [`CheckError::Store`] when the database fails.
    pub async fn count(&self, client: &ClientInfo) -> Result<(), CheckError> {
        if client.address.is_none() {
            return Ok(());
        }
        let key = format!("token:address:{}", client.counter_key());
        let attempt = self.store.attempt(&key, self.limit, self.clock.now());
        match attempt.await? {
            Attempt::Allowed => Ok(()),
            Attempt::Stopped { retry_after } => {
                tracing::warn!(
                    event = "token",
                    outcome = "throttled",
                    "too many wrong tokens from one place"
                );
                Err(CheckError::Throttled { retry_after })
            }
        }
    }
}

impl fmt::Debug for TokenLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenLimit")
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}
