//! More time for device tokens that are used.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use portcullis_core::{DeviceLogin, Store, StoreError};
use time::{Duration, OffsetDateTime};

use crate::batch::Batches;

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
#[derive(Clone)]
pub(super) struct Renewals {
    store: Arc<dyn Store>,
    batches: Batches<String, OffsetDateTime>,
}

impl Renewals {
    pub(super) fn new(store: Arc<dyn Store>) -> Self {
        Self {
            store,
            batches: Batches::new(),
        }
    }

    /// Has the login's new expiry written.
    pub(super) async fn renew(
        &self,
        digest: &str,
        expires: OffsetDateTime,
        now: OffsetDateTime,
    ) -> Result<(), StoreError> {
        let write = async |batch: BTreeMap<String, OffsetDateTime>| {
            let batch: Vec<_> = batch.into_iter().collect();
            self.store.extend_device_logins(&batch, now).await
        };
        self.batches.write(digest.to_owned(), expires, write).await
    }
}

impl fmt::Debug for Renewals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Renewals(..)")
    }
}
