//! The hub as an application has it.

use std::sync::{Arc, Mutex};

use portcullis_channels::Channels;
use portcullis_core::{Revocations, StandingStore};
use tokio::sync::mpsc;

use super::HubSettings;
use super::access::{ChannelAccess, ModelsAlone};
use super::signature::Signer;
use super::state::{Inner, Work};
use crate::events::{Change, ChangeListener};
use crate::live::{BuildError, Live};

/// The Pusher-protocol hub of live models: an unmodified `pusher-js` connects to it.
///
/// Cheap to clone. It tells of changes as long as it, or a router with its doors, is there.
///
/// ```no_run
/// # use portcullis_live::{Hub, HubSettings, Live};
/// # fn example(live: &Live, gate: &portcullis_web::Gate) -> Result<portcullis_web::Doors, portcullis_live::BuildError> {
/// let settings = HubSettings { secret: "32 letters and digits at least..".to_owned(), ..HubSettings::default() };
/// let hub = Hub::new(live, &portcullis_channels::Channels::memory(), settings)?;
/// Ok(live.doors(gate).merge(hub.doors(gate)))
/// # }
/// ```
#[derive(Clone)]
pub struct Hub {
    pub(super) inner: Arc<Inner>,
}

impl Hub {
    /// A hub that tells of changes of these models, over sockets that are counted with those of `channels`.
    ///
    /// # Errors
    /// [`BuildError::Secret`] when there is none.
    pub fn new(
        live: &Live,
        channels: &Channels,
        settings: HubSettings,
    ) -> Result<Self, BuildError> {
        if settings.secret.is_empty() {
            return Err(BuildError::Secret);
        }
        let (work, waiting) = mpsc::unbounded_channel();
        live.listen(Arc::new(Feed(work.clone())));
        let inner = Inner {
            live: live.clone(),
            channels: channels.clone(),
            signer: Signer::new(&settings.key, &settings.secret),
            settings,
            access: Arc::new(ModelsAlone),
            standings: None,
            work,
            waiting: Mutex::new(Some(waiting)),
            state: Mutex::default(),
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// With channels of the application's own, about which this decides.
    ///
    /// # Panics
    /// When the hub was cloned before.
    #[must_use]
    pub fn with_access(self, access: Arc<dyn ChannelAccess>) -> Self {
        self.changed(|inner| inner.access = access)
    }

    /// Asks about many logins in few statements, whether all is as it was.
    ///
    /// # Panics
    /// When the hub was cloned before.
    #[must_use]
    pub fn with_standings(self, store: Arc<dyn StandingStore>) -> Self {
        self.changed(|inner| inner.standings = Some(store))
    }

    fn changed(mut self, change: impl FnOnce(&mut Inner)) -> Self {
        let inner =
            Arc::get_mut(&mut self.inner).expect("a hub is put together before it is cloned");
        change(inner);
        self
    }

    /// Looks again at whoever a notice is about, before anything else is sent to them.
    pub fn listen(&self, revocations: &Revocations) {
        let hub = Arc::downgrade(&self.inner);
        revocations.listen(move |revoked| {
            if let Some(inner) = hub.upgrade() {
                inner.mark_stale(revoked);
            }
        });
    }

    /// How many connections there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.inner.state().sockets.len()
    }
}

/// Hands changes to the task.
struct Feed(mpsc::UnboundedSender<Work>);

impl ChangeListener for Feed {
    fn changed(&self, changes: &Arc<[Change]>) {
        // A hub that is gone has nobody to tell.
        let _ = self.0.send(Work::Changes(Arc::clone(changes)));
    }
}

impl std::fmt::Debug for Hub {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hub")
            .field("settings", &self.inner.settings)
            .finish_non_exhaustive()
    }
}
