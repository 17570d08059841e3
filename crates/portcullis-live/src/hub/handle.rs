//! The hub as an application has it.

use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::sync::{Arc, Mutex, OnceLock, Weak};

use portcullis_channels::Channels;
use portcullis_core::{Revocations, StandingStore, Store};
use tokio::sync::mpsc;

use super::HubSettings;
use super::access::ChannelAccess;
use super::nodes::{self, Message};
use super::signature::Signer;
use super::state::{Inner, MAX_PENDING, Work};
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
        let inner = Inner {
            live: live.clone(),
            channels: channels.clone(),
            signer: Signer::new(&settings.key, &settings.secret),
            settings,
            access: OnceLock::new(),
            standings: OnceLock::new(),
            work,
            pending: AtomicUsize::new(0),
            is_lost: AtomicBool::new(false),
            others: OnceLock::new(),
            is_untold: AtomicBool::new(false),
            tickets: OnceLock::new(),
            waiting: Mutex::new(Some(waiting)),
            state: Mutex::default(),
        };
        Ok(Self {
            inner: Arc::new(inner),
        }
        .fed())
    }

    /// With channels of the application's own, about which this decides. The first that is said counts. Signatures for them
    /// are then this hub's alone: those that were made elsewhere with the secret, and used ones, are refused.
    #[must_use]
    pub fn with_access(self, access: Arc<dyn ChannelAccess>) -> Self {
        let _ = self.inner.access.set(access);
        self
    }

    /// Asks about many logins in few statements, whether all is as it was.
    #[must_use]
    pub fn with_standings(self, store: Arc<dyn StandingStore>) -> Self {
        let _ = self.inner.standings.set(store);
        self
    }

    /// Tells those who are connected to other nodes, too, and hears from those, through the layer of its channels. `store` keeps
    /// who asked for a signature that is for a connection elsewhere, for half a minute; that is possible for credentials
    /// with a login alone.
    ///
    /// # Panics
    /// Outside of a Tokio runtime.
    #[must_use]
    pub fn over_nodes(self, store: Arc<dyn Store>) -> Self {
        let (others, waiting) = mpsc::channel(MAX_PENDING);
        if self.inner.others.set(others).is_ok() {
            let _ = self.inner.tickets.set(store);
            let (told, news) = mpsc::unbounded_channel();
            self.inner.live.inner.bus.interests.tell(told);
            let channels = self.inner.channels.clone();
            let hub = Arc::downgrade(&self.inner);
            tokio::spawn(nodes::run(hub, channels, waiting, news));
        }
        self
    }

    /// Hears of changes.
    fn fed(self) -> Self {
        let feed = Feed(Arc::downgrade(&self.inner));
        self.inner.live.listen(Arc::new(feed));
        self
    }

    /// Looks again at whoever a notice is about, before they are told of another change of rows; channels of the application's
    /// own end for them as soon as the answer is there.
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

/// Hands changes to the task, and to other nodes.
struct Feed(Weak<Inner>);

impl ChangeListener for Feed {
    fn changed(&self, changes: &Arc<[Change]>) {
        let Some(inner) = self.0.upgrade() else {
            // A hub that is gone has nobody to tell.
            return;
        };
        inner.give(Work::Changes(Arc::clone(changes)));
        if inner.others.get().is_none() {
            return;
        }
        let news = changes.iter().filter(|change| !change.is_everywhere);
        let changes: Vec<Change> = news.cloned().collect();
        if !changes.is_empty() {
            inner.tell_others(Message::Changes { changes });
        }
    }
}

impl std::fmt::Debug for Hub {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hub")
            .field("settings", &self.inner.settings)
            .finish_non_exhaustive()
    }
}
