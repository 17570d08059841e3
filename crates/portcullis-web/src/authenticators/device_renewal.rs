//! More time for device tokens that are used.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use portcullis_core::{DeviceLogin, Store, StoreError};
use time::{Duration, OffsetDateTime};

/// When a device token that is used gets more time; knox's `AUTO_REFRESH`.
#[doc(alias = "AUTO_REFRESH")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceRenewal {
    /// How long it is good from now on.
    #[doc(alias = "TOKEN_TTL")]
    pub ttl: Duration,
    /// How long it is good altogether, from when it was made; `None` is without an end.
    #[doc(alias = "AUTO_REFRESH_MAX_TTL")]
    pub max_ttl: Option<Duration>,
    /// Nothing is written for a smaller gain than this, so that a token costs one write in so long.
    #[doc(alias = "MIN_REFRESH_INTERVAL")]
    pub min_interval: Duration,
}

impl DeviceRenewal {
    /// The new expiry of a login that is used at `now`; `None` when it stays as it is: it has none, or
    /// would gain too little.
    #[must_use]
    pub fn expiry(&self, login: &DeviceLogin, now: OffsetDateTime) -> Option<OffsetDateTime> {
        let expires = login.expires?;
        let mut new = now.saturating_add(self.ttl);
        if let Some(max) = self.max_ttl {
            new = new.min(login.created.saturating_add(max));
        }
        (new - expires > self.min_interval).then_some(new)
    }
}

/// Writes new expiries, those that come together in one transaction.
///
/// Whoever comes while somebody writes leaves theirs behind and goes on; the writer takes them along.
#[derive(Clone)]
pub(super) struct Renewals {
    store: Arc<dyn Store>,
    waiting: Arc<Mutex<Waiting>>,
}

#[derive(Default)]
struct Waiting {
    expiries: BTreeMap<String, OffsetDateTime>,
    is_written: bool,
}

impl Renewals {
    pub(super) fn new(store: Arc<dyn Store>) -> Self {
        Self {
            store,
            waiting: Arc::default(),
        }
    }

    /// Has the login's new expiry written.
    pub(super) async fn renew(
        &self,
        digest: &str,
        expires: OffsetDateTime,
        now: OffsetDateTime,
    ) -> Result<(), StoreError> {
        {
            let mut waiting = self.waiting();
            waiting.expiries.insert(digest.to_owned(), expires);
            if std::mem::replace(&mut waiting.is_written, true) {
                return Ok(());
            }
        }
        // When this request is abandoned, the next one writes what is left.
        let mut turn = Turn {
            renewals: self,
            is_over: false,
        };
        while let Some(batch) = turn.next_batch() {
            self.store.extend_device_logins(&batch, now).await?;
        }
        Ok(())
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Renewals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Renewals(..)")
    }
}

/// The turn of the one that writes.
struct Turn<'r> {
    renewals: &'r Renewals,
    is_over: bool,
}

impl Turn<'_> {
    /// What waits to be written; the turn is over with the look that finds nothing.
    fn next_batch(&mut self) -> Option<Vec<(String, OffsetDateTime)>> {
        let mut waiting = self.renewals.waiting();
        let batch = std::mem::take(&mut waiting.expiries);
        self.is_over = batch.is_empty();
        waiting.is_written = !self.is_over;
        (!self.is_over).then(|| batch.into_iter().collect())
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if !self.is_over {
            self.renewals.waiting().is_written = false;
        }
    }
}
