//! One open connection, as a consumer sees it.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use http::request::Parts;
use portcullis_core::{Principal, User};
use portcullis_web::Access;
use serde_json::{Map, Value};

use crate::consumer::{Consumer, ConsumerError};
use crate::frame::{self, FrameText, Reply};
use crate::group::{ConnectionId, Envelope, Group, Kind};
use crate::layer::{LayerError, Member};
use crate::mailbox::{Item, Mailbox};
use crate::socket::Served;
use crate::topic::Topic;

/// What a connection is made of; shared by all handles to it.
pub(crate) struct Live<C: Consumer> {
    pub(crate) id: ConnectionId,
    pub(crate) mailbox: Mailbox,
    pub(crate) served: Arc<Served<C>>,
    pub(crate) request: Parts,
    pub(crate) access: RwLock<Access>,
    pub(crate) object: C::Object,
    pub(crate) groups: Mutex<Vec<Group>>,
    pub(crate) topics: Mutex<Vec<Topic>>,
}

/// A handle to one open connection: who is there, and how to talk to them.
///
/// Cheap to clone, and usable from tasks of one's own; what is sent after the end goes nowhere.
#[doc(alias = "scope")]
pub struct Connection<C: Consumer> {
    pub(crate) live: Arc<Live<C>>,
    pub(crate) reply: Reply,
    pub(crate) topic: Option<Topic>,
}

impl<C: Consumer> Connection<C> {
    /// Its name, which no other connection has.
    #[doc(alias = "channel_name")]
    #[must_use]
    pub fn id(&self) -> &ConnectionId {
        &self.live.id
    }

    /// Who is there, or nobody in particular.
    #[must_use]
    pub fn who(&self) -> Principal {
        let access = self.live.access.read();
        let access = access.unwrap_or_else(PoisonError::into_inner);
        access.who().clone()
    }

    /// The user, if somebody is logged in.
    #[doc(alias = "self.user")]
    #[must_use]
    pub fn user(&self) -> Option<User> {
        self.who().user().cloned()
    }

    /// What the URL names.
    #[doc(alias = "self.obj")]
    #[must_use]
    pub fn object(&self) -> &C::Object {
        &self.live.object
    }

    /// The head of the handshake.
    #[doc(alias = "self.request")]
    #[must_use]
    pub fn request(&self) -> &Parts {
        &self.live.request
    }

    /// The topic of the message that is being handled.
    #[must_use]
    pub fn topic(&self) -> Option<&Topic> {
        self.topic.as_ref()
    }

    /// The groups that it is in.
    #[must_use]
    pub fn groups(&self) -> Vec<Group> {
        self.live.groups().clone()
    }

    /// Sends to this connection. In a handler it answers that message, and carries its `ref`.
    ///
    /// # Errors
    /// When the message cannot be written as JSON.
    #[doc(alias = "send_message")]
    pub fn send(&self, message: C::Out) -> Result<(), ConsumerError> {
        self.push(frame::message(serde_json::to_value(message)?));
        Ok(())
    }

    /// Sends an object that is no message of [`Consumer::Out`].
    pub fn send_json(&self, frame: Map<String, Value>) {
        self.push(frame);
    }

    /// Sends a text as it is.
    pub fn send_text(&self, text: &FrameText) {
        self.live.mailbox.put(Item::Frame(text.0.clone()));
    }

    /// Sends to all of a group, this connection included if it is in it.
    ///
    /// # Errors
    /// When the message cannot be written as JSON, or the layer is away.
    #[doc(alias = "broadcast_message")]
    #[doc(alias = "group_send")]
    pub async fn send_group(&self, group: &Group, message: C::Out) -> Result<(), ConsumerError> {
        let content = frame::message(serde_json::to_value(message)?);
        self.carry(group, Kind::Message, content, false).await
    }

    /// Sends to all others of a group.
    ///
    /// # Errors
    /// As [`send_group`](Self::send_group).
    #[doc(alias = "send_group_message")]
    #[doc(alias = "exclude_current")]
    pub async fn send_others(&self, group: &Group, message: C::Out) -> Result<(), ConsumerError> {
        let content = frame::message(serde_json::to_value(message)?);
        self.carry(group, Kind::Message, content, true).await
    }

    /// Sends an object to a group as it is, without the marks of older wires.
    ///
    /// # Errors
    /// As [`send_group`](Self::send_group).
    #[doc(alias = "send_to_groups")]
    pub async fn send_group_json(
        &self,
        group: &Group,
        frame: Map<String, Value>,
    ) -> Result<(), ConsumerError> {
        self.carry(group, Kind::Json, frame, false).await
    }

    /// Sends to all who hear a topic.
    ///
    /// # Errors
    /// As [`send_group`](Self::send_group).
    pub async fn send_topic(&self, topic: &Topic, message: C::Out) -> Result<(), ConsumerError> {
        let content = frame::message(serde_json::to_value(message)?);
        let channels = &self.live.served.channels;
        Ok(channels.send_topic(topic.name(), content, None).await?)
    }

    /// Joins a group until it is left, or the connection ends.
    ///
    /// # Errors
    /// When the layer is away.
    #[doc(alias = "join_group")]
    #[doc(alias = "group_add")]
    pub async fn join(&self, group: Group) -> Result<(), ConsumerError> {
        Ok(self.live.join(group).await?)
    }

    /// Leaves a group.
    ///
    /// # Errors
    /// When the layer is away.
    #[doc(alias = "leave_group")]
    #[doc(alias = "group_discard")]
    pub async fn leave(&self, group: &Group) -> Result<(), ConsumerError> {
        Ok(self.live.leave(group).await?)
    }

    /// Closes the connection, after what was sent before. Codes for programs are 3000 to 4999; 1000 is a good end.
    pub fn close(&self, code: u16, reason: impl Into<String>) {
        self.live.mailbox.put(Item::Close(code, reason.into()));
    }

    pub(crate) fn push(&self, mut frame: Map<String, Value>) {
        self.reply.mark(&mut frame);
        self.live.push(frame);
    }

    async fn carry(
        &self,
        group: &Group,
        kind: Kind,
        content: Map<String, Value>,
        excludes_sender: bool,
    ) -> Result<(), ConsumerError> {
        let mut envelope = Envelope::new(kind, content, &Reply::default());
        envelope.sender = Some(self.live.id.clone());
        envelope.user = self.user().map(|user| user.id.to_string());
        envelope.excludes_sender = excludes_sender;
        let layer = &self.live.served.channels.layer;
        Ok(layer.send(group, Arc::new(envelope)).await?)
    }
}

impl<C: Consumer> Live<C> {
    /// A handle that answers nothing in particular.
    pub(crate) fn handle(self: &Arc<Self>) -> Connection<C> {
        Connection {
            live: Arc::clone(self),
            reply: Reply::default(),
            topic: None,
        }
    }

    pub(crate) fn push(&self, frame: Map<String, Value>) {
        let text = frame::text(frame, self.served.settings.camelize);
        self.mailbox.put(Item::Frame(text));
    }

    pub(crate) fn groups(&self) -> MutexGuard<'_, Vec<Group>> {
        self.groups.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn topics(&self) -> MutexGuard<'_, Vec<Topic>> {
        self.topics.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) async fn join(&self, group: Group) -> Result<(), LayerError> {
        self.enlist(&group).await?;
        let mut groups = self.groups();
        if !groups.contains(&group) {
            groups.push(group);
        }
        Ok(())
    }

    /// Joins a group of ours, which consumers are not shown.
    pub(crate) async fn enlist(&self, group: &Group) -> Result<(), LayerError> {
        let member = Member {
            id: self.id.clone(),
            mailbox: self.mailbox.clone(),
        };
        self.served.channels.layer.join(group, member).await
    }

    pub(crate) async fn leave(&self, group: &Group) -> Result<(), LayerError> {
        self.groups().retain(|joined| joined != group);
        self.delist(group).await
    }

    pub(crate) async fn delist(&self, group: &Group) -> Result<(), LayerError> {
        self.served.channels.layer.leave(group, &self.id).await
    }
}

impl<C: Consumer> Clone for Connection<C> {
    fn clone(&self) -> Self {
        Self {
            live: Arc::clone(&self.live),
            reply: self.reply.clone(),
            topic: self.topic.clone(),
        }
    }
}

impl<C: Consumer> fmt::Debug for Connection<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("id", &self.live.id)
            .finish_non_exhaustive()
    }
}
