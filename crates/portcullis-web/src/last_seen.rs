//! When logins are used: written down once a minute for each.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use http::request::Parts;
use portcullis_core::{ForeignLogin, LoginId, SeenLogin, Store, Touch, UserId};
use time::{Duration, OffsetDateTime};

use crate::batch::Batches;
use crate::device::device_of;

/// A login is not written down again before this time is over.
const INTERVAL: Duration = Duration::MINUTE;

/// Keeps the list of logins true: when each was used, from where, and those that other servers opened.
///
/// What fails here fails nobody's request: the list is then behind.
#[derive(Clone)]
pub(crate) struct LastSeen {
    store: Arc<dyn Store>,
    batches: Batches<i64, Touch>,
}

impl LastSeen {
    pub(crate) fn new(store: Arc<dyn Store>) -> Self {
        Self {
            store,
            batches: Batches::new(),
        }
    }

    /// Notes that a login is used by a request. Its credential is good until `expires`, where the list
    /// may not know.
    pub(crate) async fn note(
        &self,
        request: &Parts,
        login: SeenLogin,
        expires: Option<OffsetDateTime>,
        now: OffsetDateTime,
    ) -> LoginId {
        if now - login.last_seen >= INTERVAL {
            let touch = Touch {
                login: login.id,
                device: device_of(request),
                now,
                expires,
            };
            let write = async |batch: BTreeMap<i64, Touch>| {
                self.store.touch_logins(batch.into_values().collect()).await
            };
            if let Err(error) = self.batches.write(login.id.0, touch, write).await {
                tracing::warn!(%error, "it was not written down when a login was used");
            }
        }
        login.id
    }

    /// Gives a credential of another server its place in the list.
    pub(crate) async fn adopt(
        &self,
        request: &Parts,
        user: &UserId,
        credential: ForeignLogin,
        now: OffsetDateTime,
    ) -> Option<LoginId> {
        let device = device_of(request);
        let adopted = self.store.adopt_login(user, credential, device, now).await;
        adopted.unwrap_or_else(|error| {
            tracing::warn!(%error, "a login of another server did not join the list");
            None
        })
    }
}

impl fmt::Debug for LastSeen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LastSeen(..)")
    }
}
