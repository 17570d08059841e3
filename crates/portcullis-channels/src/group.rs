//! Groups of connections, and the layer that carries messages to them.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use async_trait::async_trait;
use portcullis_core::UserId;
use serde_json::{Map, Value};
use tokio_tungstenite::tungstenite::Utf8Bytes;

use crate::frame::Reply;
use crate::mailbox::Mailbox;

/// The name of a group of connections, such as `room_7`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Group(Arc<str>);

impl Group {
    /// A group by its name.
    #[must_use]
    pub fn new(name: impl AsRef<str>) -> Self {
        Self(name.as_ref().into())
    }

    /// All connections of a user.
    pub(crate) fn of_user(id: &UserId) -> Self {
        Self::new(format!("portcullis:user:{id}"))
    }

    /// All who hear a topic.
    pub(crate) fn of_topic(name: &str) -> Self {
        Self::new(format!("portcullis:topic:{name}"))
    }

    /// All connections.
    pub(crate) fn everybody() -> Self {
        Self::new("portcullis:everybody")
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0
    }
}

/// The name of one connection: random, and never used again.
#[doc(alias = "channel_name")]
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ConnectionId(pub(crate) Arc<str>);

/// What a message to a group is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A consumer's message, delivered as it is.
    Message,
    /// Delivered as it is, without the marks of older wires.
    Json,
    /// Something that happened, for [`Consumer::event`](crate::Consumer::event).
    Event,
    /// Look again whether the connection's user may be here.
    Recheck,
}

/// A message on its way to a group.
#[derive(Debug)]
pub struct Envelope {
    pub(crate) kind: Kind,
    pub(crate) content: Map<String, Value>,
    /// The content as text, written once for all who get it.
    pub(crate) text: Utf8Bytes,
    pub(crate) sender: Option<ConnectionId>,
    pub(crate) user: Option<String>,
    pub(crate) excludes_sender: bool,
}

impl Envelope {
    pub(crate) fn new(kind: Kind, mut content: Map<String, Value>, reply: &Reply) -> Self {
        reply.mark(&mut content);
        Self {
            kind,
            text: crate::frame::text(content.clone(), false),
            content,
            sender: None,
            user: None,
            excludes_sender: false,
        }
    }
}

/// A connection as a layer knows it.
#[derive(Clone, Debug)]
pub struct Member {
    pub(crate) id: ConnectionId,
    pub(crate) mailbox: Mailbox,
}

/// A layer could not carry a message.
#[derive(Debug, thiserror::Error)]
#[error("the channel layer is away: {0}")]
pub struct LayerError(pub String);

/// Carries messages to groups: within one process, or between many.
///
/// Delivery is at most once, in the order of sending from one sender. Nothing here waits for a reader:
/// a connection whose queue is full is closed by its own task.
#[doc(alias = "BaseChannelLayer")]
#[async_trait]
pub trait ChannelLayer: Send + Sync {
    /// Puts a connection into a group; a second time changes nothing.
    ///
    /// # Errors
    /// [`LayerError`] when the layer is away.
    #[doc(alias = "group_add")]
    async fn join(&self, group: &Group, member: Member) -> Result<(), LayerError>;

    /// Takes a connection out of a group.
    ///
    /// # Errors
    /// [`LayerError`] when the layer is away.
    #[doc(alias = "group_discard")]
    async fn leave(&self, group: &Group, id: &ConnectionId) -> Result<(), LayerError>;

    /// Sends to all who are in a group.
    ///
    /// # Errors
    /// [`LayerError`] when the layer is away.
    #[doc(alias = "group_send")]
    async fn send(&self, group: &Group, envelope: Arc<Envelope>) -> Result<(), LayerError>;
}

type Members = HashMap<ConnectionId, Mailbox>;

/// The layer of one process.
#[doc(alias = "InMemoryChannelLayer")]
#[derive(Default)]
pub struct MemoryLayer(RwLock<HashMap<Group, Members>>);

impl MemoryLayer {
    fn read(&self) -> RwLockReadGuard<'_, HashMap<Group, Members>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, HashMap<Group, Members>> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for MemoryLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let groups = self.read().len();
        f.debug_struct("MemoryLayer")
            .field("groups", &groups)
            .finish()
    }
}

#[async_trait]
impl ChannelLayer for MemoryLayer {
    async fn join(&self, group: &Group, member: Member) -> Result<(), LayerError> {
        let mut groups = self.write();
        let members = groups.entry(group.clone()).or_default();
        members.insert(member.id, member.mailbox);
        Ok(())
    }

    async fn leave(&self, group: &Group, id: &ConnectionId) -> Result<(), LayerError> {
        let mut groups = self.write();
        if let Some(members) = groups.get_mut(group) {
            members.remove(id);
            if members.is_empty() {
                groups.remove(group);
            }
        }
        Ok(())
    }

    async fn send(&self, group: &Group, envelope: Arc<Envelope>) -> Result<(), LayerError> {
        let groups = self.read();
        for (id, mailbox) in groups.get(group).into_iter().flatten() {
            let is_sender = envelope.sender.as_ref() == Some(id);
            if !(is_sender && envelope.excludes_sender) {
                mailbox.put(crate::mailbox::Item::Envelope(Arc::clone(&envelope)));
            }
        }
        Ok(())
    }
}
