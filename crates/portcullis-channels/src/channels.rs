//! What all sockets of a service share: the way to groups, and who is connected.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use portcullis_core::{Clock, Revocations, Revoked, StandingStore, SystemClock, UserId};
use serde_json::{Map, Value};

use crate::consumer::{Consumer, Event};
use crate::frame::{self, Reply};
use crate::group::{Envelope, Group, Kind};
use crate::layer::{ChannelLayer, LayerError, MemoryLayer};
use crate::limits::ConnectionLimits;
use crate::lives::Lives;
use crate::rounds::Rounds;
use crate::socket::Socket;
use crate::tickets::Tickets;

/// What all sockets of a service share: the layer that carries messages to groups, and how many connections
/// everybody has.
///
/// ```
/// use portcullis_channels::{Channels, Event, Group};
/// # async fn example() -> Result<(), portcullis_channels::LayerError> {
/// let channels = Channels::memory();
/// // From a handler, or wherever: to all who are in the group.
/// let event = Event::new("tick", serde_json::json!(7));
/// channels.send(&Group::new("lobby"), event).await
/// # }
/// ```
#[derive(Clone)]
pub struct Channels {
    pub(crate) layer: Arc<dyn ChannelLayer>,
    pub(crate) limits: ConnectionLimits,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) tickets: Option<Tickets>,
    pub(crate) rounds: Option<Rounds>,
    pub(crate) lives: Lives,
}

impl Channels {
    /// Groups within this process.
    #[must_use]
    pub fn memory() -> Self {
        Self::new(Arc::new(MemoryLayer::default()))
    }

    /// Groups by a layer of one's own.
    #[must_use]
    pub fn new(layer: Arc<dyn ChannelLayer>) -> Self {
        Self {
            layer,
            limits: ConnectionLimits::default(),
            clock: Arc::new(SystemClock),
            tickets: None,
            rounds: None,
            lives: Lives::default(),
        }
    }

    /// With another clock, by which it is known when credentials end.
    #[must_use]
    pub fn with_clock(self, clock: Arc<dyn Clock>) -> Self {
        Self { clock, ..self }
    }

    /// Takes tickets: a handshake with `?ticket=` is made by whoever asked for it.
    #[must_use]
    pub fn with_tickets(self, tickets: Tickets) -> Self {
        Self {
            tickets: Some(tickets),
            ..self
        }
    }

    /// Looks after connections together: at the interval it is asked in few statements whether what
    /// they depend on is as it was, and only those of whom it is not are asked about one by one. So it is for
    /// connections of authenticators that say what that is ([`standing`](portcullis_core::Authenticator::standing)), as
    /// all built-in ones do.
    #[must_use]
    pub fn with_standings(self, store: Arc<dyn StandingStore>) -> Self {
        let rounds = Rounds::new(store, Arc::clone(&self.clock));
        Self {
            rounds: Some(rounds),
            ..self
        }
    }

    /// An endpoint of a consumer, with the default settings.
    #[must_use]
    pub fn socket<C: Consumer>(&self, consumer: C) -> Socket<C> {
        Socket::new(consumer, self.clone())
    }

    /// Tells all who are in a group that something happened; [`Consumer::event`] handles it.
    ///
    /// # Errors
    /// When the layer is away.
    #[doc(alias = "broadcast_event")]
    pub async fn send(&self, group: &Group, event: Event) -> Result<(), LayerError> {
        self.carry(group, Kind::Event, event.0, &Reply::default())
            .await
    }

    /// Sends a frame to all who are in a group, as it is.
    ///
    /// # Errors
    /// When the layer is away.
    #[doc(alias = "group_send")]
    pub async fn send_json(
        &self,
        group: &Group,
        frame: Map<String, Value>,
    ) -> Result<(), LayerError> {
        self.carry(group, Kind::Json, frame, &Reply::default())
            .await
    }

    /// Sends a message to a group: as a consumer would, from nobody.
    ///
    /// # Errors
    /// When the layer is away.
    pub async fn send_message(
        &self,
        group: &Group,
        message: Map<String, Value>,
    ) -> Result<(), LayerError> {
        let content = frame::message(Value::Object(message));
        self.carry(group, Kind::Message, content, &Reply::default())
            .await
    }

    /// Sends a message to all who hear a topic; with its number in the topic's order, if it has one.
    ///
    /// # Errors
    /// When the layer is away.
    pub async fn send_topic(
        &self,
        topic: &str,
        message: Map<String, Value>,
        sequence: Option<i64>,
    ) -> Result<(), LayerError> {
        let reply = Reply {
            topic: Some(topic.into()),
            sequence,
            ..Reply::default()
        };
        let content = frame::message(Value::Object(message));
        let group = Group::of_topic(topic);
        self.carry(&group, Kind::Message, content, &reply).await
    }

    /// Has the connections of a user checked again, now: their credentials, permissions and objects may have
    /// changed.
    ///
    /// # Errors
    /// When the layer is away.
    pub async fn recheck(&self, user: &UserId) -> Result<(), LayerError> {
        let group = Group::of_user(user);
        self.carry(&group, Kind::Recheck, Map::new(), &Reply::default())
            .await
    }

    /// The same for all connections.
    ///
    /// # Errors
    /// When the layer is away.
    pub async fn recheck_everybody(&self) -> Result<(), LayerError> {
        let group = Group::everybody();
        self.carry(&group, Kind::Recheck, Map::new(), &Reply::default())
            .await
    }

    /// Tells all connections of a user that something happened, at every socket.
    ///
    /// # Errors
    /// When the layer is away.
    pub async fn send_user(&self, user: &UserId, event: Event) -> Result<(), LayerError> {
        self.send(&Group::of_user(user), event).await
    }

    /// How many connections this process has, those included that wait for their first message.
    #[must_use]
    pub fn count(&self) -> usize {
        self.lives.count()
    }

    /// Closes all connections of this process: with 1001 when it stops, 1012 when it comes back. Nobody gets in
    /// any more. Waits until they are gone, for `patience` at most; how many are left.
    pub async fn shut_down(&self, code: u16, patience: Duration) -> usize {
        self.lives.end(code, patience).await
    }

    /// Has connections checked again when a notice about their users is written: within one process a change is
    /// noticed at once. Outside a Tokio runtime notices are passed over, and the interval remains.
    pub fn listen(&self, revocations: &Revocations) {
        self.listen_and_tell(revocations, |_| None);
    }

    /// The same, and sends those of the user that are still open what `event` makes of the notice.
    pub fn listen_and_tell(
        &self,
        revocations: &Revocations,
        event: impl Fn(&UserId) -> Option<Event> + Send + Sync + 'static,
    ) {
        let channels = self.clone();
        revocations.listen(move |revoked| {
            let (channels, revoked) = (channels.clone(), revoked.clone());
            let event = match &revoked {
                Revoked::User(user) => event(user),
                _ => None,
            };
            let Ok(runtime) = tokio::runtime::Handle::try_current() else {
                return;
            };
            runtime.spawn(async move {
                let told = match &revoked {
                    Revoked::User(user) => channels.recheck(user).await,
                    _ => channels.recheck_everybody().await,
                };
                // Behind the notice: whoever is closed by it does not get this.
                let told = match (told, &revoked, event) {
                    (Ok(()), Revoked::User(user), Some(event)) => {
                        channels.send_user(user, event).await
                    }
                    (told, _, _) => told,
                };
                if let Err(error) = told {
                    tracing::warn!(%error, "connections do not hear of a change");
                }
            });
        });
    }

    /// The connections of everybody, by count.
    #[must_use]
    pub fn limits(&self) -> &ConnectionLimits {
        &self.limits
    }

    async fn carry(
        &self,
        group: &Group,
        kind: Kind,
        content: Map<String, Value>,
        reply: &Reply,
    ) -> Result<(), LayerError> {
        let envelope = Arc::new(Envelope::new(kind, content, reply));
        self.layer.send(group, envelope).await
    }
}

impl fmt::Debug for Channels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channels")
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}
