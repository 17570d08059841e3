//! What carries messages to groups: within one process, or between many.

mod memory;
#[cfg(feature = "redis")]
mod redis;

use std::sync::Arc;

use async_trait::async_trait;

use crate::group::{ConnectionId, Envelope, Group};
use crate::mailbox::{Item, Mailbox};

pub use memory::MemoryLayer;
#[cfg(feature = "redis")]
pub use redis::{RedisLayer, RedisUrlError};

/// A connection as a layer knows it.
#[derive(Clone, Debug)]
pub struct Member {
    pub(crate) id: ConnectionId,
    pub(crate) mailbox: Mailbox,
}

impl Member {
    /// The connection's name.
    #[must_use]
    pub fn id(&self) -> &ConnectionId {
        &self.id
    }

    /// Puts a message into the connection's queue, unless it is its sender, and left out. Never waits: a queue
    /// that is full closes its connection.
    pub fn deliver(&self, envelope: &Arc<Envelope>) {
        let is_sender = envelope.sender.as_ref() == Some(&self.id);
        if !(is_sender && envelope.excludes_sender) {
            self.mailbox.put(Item::Envelope(Arc::clone(envelope)));
        }
    }
}

/// A layer could not carry a message.
#[derive(Debug, thiserror::Error)]
#[error("the channel layer is away: {0}")]
pub struct LayerError(pub String);

/// Carries messages to groups: within one process, or between many.
///
/// Delivery is at most once, in the order of sending from one sender. Nothing here waits for a reader:
/// a connection whose queue is full is closed by its own task.
///
/// A layer between processes keeps a [`MemoryLayer`] for the connections of its own, hands messages to it
/// first, and then carries [`Envelope::to_json`] to the other processes, which hand it to theirs. So whoever is
/// on the same node hears of a revocation also while the others cannot be reached.
#[doc(alias = "BaseChannelLayer")]
#[async_trait]
pub trait ChannelLayer: Send + Sync {
    /// Puts a connection into a group; a second time changes nothing.
    ///
    /// # Errors
    /// [`LayerError`] when the connection would hear nothing. A layer that cannot reach other processes for a
    /// while lets it join, and catches up.
    #[doc(alias = "group_add")]
    async fn join(&self, group: &Group, member: Member) -> Result<(), LayerError>;

    /// Takes a connection out of a group: nothing is put into its queue after this.
    ///
    /// # Errors
    /// [`LayerError`] when the layer is away.
    #[doc(alias = "group_discard")]
    async fn leave(&self, group: &Group, id: &ConnectionId) -> Result<(), LayerError>;

    /// Sends to all who are in a group.
    ///
    /// # Errors
    /// [`LayerError`] when some may not have got it. Those of this process have.
    #[doc(alias = "group_send")]
    async fn send(&self, group: &Group, envelope: Arc<Envelope>) -> Result<(), LayerError>;
}
