//! Groups over many nodes, through Redis' publish and subscribe.

mod link;
mod wire;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use redis::{Client, IntoConnectionInfo};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::{ChannelLayer, LayerError, Member, MemoryLayer};
use crate::group::{ConnectionId, Envelope, Group};
use link::{Link, Publisher, Sync};
use wire::Wire;

/// What the names of all channels of this layer begin with.
const PREFIX: &str = "portcullis";
/// How many changes of groups may wait for Redis; beyond, who joins waits.
const WAITING_CHANGES: usize = 10_000;
/// How long somebody who joins a group waits until Redis knows.
const JOIN_PATIENCE: Duration = Duration::from_secs(1);

/// The text is no URL of a Redis, such as `redis://127.0.0.1:6379/0`. It is not repeated: it may hold a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the channel layer's URL is not of the form redis://HOST:PORT/NUMBER")]
pub struct RedisUrlError;

/// Groups of all nodes that use the same Redis.
///
/// Connections of this node get a message at once, those of others through Redis. While Redis is away they do
/// not, which the sender is told; connections stay, and groups are as they were when it is back. Since notices
/// of revocations may have been lost meanwhile, all connections are then checked again.
///
/// Who is no node sends, too: `PUBLISH portcullis:group:room_7 '{"content": {"action": "tick", "payload": 7}}'`
/// is an [event](crate::Consumer::event) for all in the group `room_7`. Whoever may publish there is believed, so
/// Redis belongs to the service alone. Django's `channels_redis` speaks otherwise (lists of MessagePack).
#[doc(alias = "RedisChannelLayer")]
#[doc(alias = "RedisPubSubChannelLayer")]
#[derive(Clone)]
pub struct RedisLayer {
    local: Arc<MemoryLayer>,
    wire: Arc<Wire>,
    changes: mpsc::Sender<Sync>,
    publisher: Publisher,
}

impl RedisLayer {
    /// Connects to a Redis in the background, again and again whenever it is away. Groups of services that
    /// share one Redis are told apart by `namespace`; it may be empty.
    ///
    /// # Errors
    /// [`RedisUrlError`] when the URL cannot be read.
    ///
    /// # Panics
    /// Outside a Tokio runtime.
    pub fn start(url: &str, namespace: &str) -> Result<Self, RedisUrlError> {
        let info = url.into_connection_info().map_err(|_| RedisUrlError)?;
        let client = Client::open(info).map_err(|_| RedisUrlError)?;
        let prefix = match namespace {
            "" => PREFIX.to_owned(),
            namespace => format!("{PREFIX}:{namespace}"),
        };
        let (changes, waiting) = mpsc::channel(WAITING_CHANGES);
        let layer = Self {
            local: Arc::default(),
            wire: Arc::new(Wire::new(prefix)),
            changes,
            publisher: Publisher::default(),
        };
        let link = Link {
            client,
            local: Arc::clone(&layer.local),
            wire: Arc::clone(&layer.wire),
            publisher: layer.publisher.clone(),
        };
        tokio::spawn(link.run(waiting));
        Ok(layer)
    }

    /// Whether Redis is reached.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.publisher.connection().is_some()
    }

    /// Has Redis told whether somebody of ours is in a group; waits for it, if it is there.
    async fn sync(&self, group: &Group) {
        if group.is_everywhere() {
            return;
        }
        let (done, is_done) = oneshot::channel();
        let change = Sync {
            group: group.clone(),
            done,
        };
        // The link lives as long as this does; and while Redis is away it answers at once.
        let told = async {
            let _ = self.changes.send(change).await;
            let _ = is_done.await;
        };
        let _ = timeout(JOIN_PATIENCE, told).await;
    }
}

impl fmt::Debug for RedisLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The URL may hold a password.
        f.debug_struct("RedisLayer")
            .field("local", &self.local)
            .field("is_connected", &self.is_connected())
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl ChannelLayer for RedisLayer {
    async fn join(&self, group: &Group, member: Member) -> Result<(), LayerError> {
        if self.local.add(group, member) {
            self.sync(group).await;
        }
        Ok(())
    }

    async fn leave(&self, group: &Group, id: &ConnectionId) -> Result<(), LayerError> {
        if self.local.remove(group, id) {
            self.sync(group).await;
        }
        Ok(())
    }

    async fn send(&self, group: &Group, envelope: Arc<Envelope>) -> Result<(), LayerError> {
        self.local.deliver(group, &envelope);
        let Some(mut connection) = self.publisher.connection() else {
            return Err(LayerError("Redis is not reached".to_owned()));
        };
        let (channel, text) = self.wire.seal(group, &envelope);
        redis::cmd("PUBLISH")
            .arg(channel)
            .arg(text)
            .query_async::<i64>(&mut connection)
            .await
            .map(|_| ())
            // Its text names the command's kind of failure, and neither address nor password.
            .map_err(|error| LayerError(error.to_string()))
    }
}
