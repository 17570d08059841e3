//! The connection to Redis: kept up, and brought up to date whenever it is new.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use futures_util::StreamExt;
use redis::aio::{MultiplexedConnection, PubSubSink, PubSubStream};
use redis::{AsyncConnectionConfig, Client, RedisError};
use serde_json::Map;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};

use super::MemoryLayer;
use super::wire::{Came, Wire};
use crate::frame::Reply;
use crate::group::{Envelope, Group, Kind};
use crate::task::jittered;

/// How long Redis has for an answer.
const PATIENCE: Duration = Duration::from_secs(3);
/// How often we look whether what is published arrives.
const BEAT: Duration = Duration::from_secs(2);
/// How long nothing may arrive before the connection counts as broken.
const SILENCE: Duration = Duration::from_secs(6);
/// How long to wait before the first new try; twice as long before each further one.
const FIRST_WAIT: Duration = Duration::from_millis(50);
/// The longest wait.
const LONGEST_WAIT: Duration = Duration::from_secs(2);
/// How many groups are told to Redis in one command.
const CHUNK: usize = 500;

/// A change: somebody of ours is in a group now, or nobody any more. Which of both is looked up when it is done.
#[derive(Debug)]
pub(super) struct Sync {
    pub(super) group: Group,
    pub(super) done: oneshot::Sender<()>,
}

/// The way out, as long as Redis is reached.
#[derive(Clone, Default)]
pub(super) struct Publisher(Arc<RwLock<Option<MultiplexedConnection>>>);

impl Publisher {
    pub(super) fn connection(&self) -> Option<MultiplexedConnection> {
        self.0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn set(&self, connection: Option<MultiplexedConnection>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = connection;
    }
}

/// Why a connection is over.
enum Over {
    /// Nobody has the layer any more.
    Dropped,
    Failed(RedisError),
    Silent,
}

impl From<RedisError> for Over {
    fn from(error: RedisError) -> Self {
        Self::Failed(error)
    }
}

/// What keeps the connection up.
pub(super) struct Link {
    pub(super) client: Client,
    pub(super) local: Arc<MemoryLayer>,
    pub(super) wire: Arc<Wire>,
    pub(super) publisher: Publisher,
}

impl Link {
    /// Until nobody has the layer any more.
    pub(super) async fn run(self, mut changes: mpsc::Receiver<Sync>) {
        let (mut wait, mut was_up, mut is_told) = (FIRST_WAIT, false, false);
        loop {
            let connected = timeout(PATIENCE, self.connect()).await;
            let over = match connected {
                Ok(Ok((sink, stream))) => {
                    tracing::info!("the channel layer reaches Redis");
                    if was_up {
                        self.recheck_everybody();
                    }
                    (wait, was_up, is_told) = (FIRST_WAIT, true, false);
                    self.serve(sink, stream, &mut changes).await
                }
                Ok(Err(error)) => Over::Failed(error),
                Err(_) => Over::Silent,
            };
            self.publisher.set(None);
            if !is_told {
                is_told = true;
                match over {
                    Over::Dropped => return,
                    Over::Failed(error) => {
                        let kind = error.kind();
                        tracing::error!(?kind, "the channel layer does not reach Redis");
                    }
                    Over::Silent => tracing::error!("the channel layer hears nothing from Redis"),
                }
            }
            if self.pause(wait, &mut changes).await.is_err() {
                return;
            }
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    }

    /// Connects both ways, and subscribes to all that somebody of ours is in.
    async fn connect(&self) -> Result<(PubSubSink, PubSubStream), RedisError> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(PATIENCE))
            .set_response_timeout(Some(PATIENCE));
        let publisher = self
            .client
            .get_multiplexed_async_connection_with_config(&config);
        let publisher = publisher.await?;
        let (mut sink, stream) = self.client.get_async_pubsub().await?.split();
        sink.subscribe(self.wire.everywhere()).await?;
        let groups = self.local.groups();
        let groups = groups.iter().filter(|group| !group.is_everywhere());
        let channels: Vec<String> = groups.map(|group| self.wire.channel(group)).collect();
        for chunk in channels.chunks(CHUNK) {
            sink.subscribe(chunk).await?;
        }
        self.publisher.set(Some(publisher));
        Ok((sink, stream))
    }

    /// Hands on what comes, and tells Redis about groups, until something breaks.
    async fn serve(
        &self,
        mut sink: PubSubSink,
        mut stream: PubSubStream,
        changes: &mut mpsc::Receiver<Sync>,
    ) -> Over {
        let mut beats = interval(BEAT);
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut heard = Instant::now();
        let mut waiting = Vec::new();
        loop {
            tokio::select! {
                message = stream.next() => match message {
                    Some(message) => {
                        heard = Instant::now();
                        self.hand_on(message.get_channel_name(), message.get_payload_bytes());
                    }
                    None => return Over::Silent,
                },
                count = changes.recv_many(&mut waiting, CHUNK) => {
                    if count == 0 {
                        return Over::Dropped;
                    }
                    match timeout(PATIENCE, self.tell(&mut sink, &mut waiting)).await {
                        Ok(Ok(())) => {}
                        Ok(Err(error)) => return error.into(),
                        Err(_) => return Over::Silent,
                    }
                }
                _ = beats.tick() => {
                    if heard.elapsed() > SILENCE {
                        return Over::Silent;
                    }
                    if let Err(error) = self.beat().await {
                        return error.into();
                    }
                }
            }
        }
    }

    async fn beat(&self) -> Result<(), RedisError> {
        let Some(mut connection) = self.publisher.connection() else {
            return Ok(());
        };
        let mut publish = redis::cmd("PUBLISH");
        publish.arg(self.wire.everywhere()).arg(self.wire.beat());
        publish
            .query_async::<i64>(&mut connection)
            .await
            .map(|_| ())
    }

    fn hand_on(&self, channel: &str, text: &[u8]) {
        match self.wire.open(channel, text) {
            Some(Came::Envelope(group, envelope)) => self.local.deliver(&group, &envelope),
            Some(Came::Beat | Came::Nothing) => {}
            None => {
                let bytes = text.len();
                tracing::warn!(bytes, "a message of the channel layer is none");
            }
        }
    }

    /// Tells Redis which groups somebody of ours is in, in one command, and which not.
    async fn tell(&self, sink: &mut PubSubSink, changes: &mut Vec<Sync>) -> Result<(), RedisError> {
        let (mut joined, mut left) = (Vec::new(), Vec::new());
        for change in changes.iter() {
            let channel = self.wire.channel(&change.group);
            match self.local.has(&change.group) {
                true => joined.push(channel),
                false => left.push(channel),
            }
        }
        if !joined.is_empty() {
            sink.subscribe(&joined).await?;
        }
        if !left.is_empty() {
            sink.unsubscribe(&left).await?;
        }
        for change in changes.drain(..) {
            // Whoever does not wait any more needs no answer.
            let _ = change.done.send(());
        }
        Ok(())
    }

    /// Notices, and what others of ours hear, may have been lost while Redis was away.
    fn recheck_everybody(&self) {
        let envelope = Arc::new(Envelope::new(Kind::Recheck, Map::new(), &Reply::default()));
        for group in [Group::everybody(), Group::hearing()] {
            self.local.deliver(&group, &envelope);
        }
    }

    /// Waits for a while. Who joins meanwhile is not held up: they are subscribed for with the others.
    async fn pause(&self, wait: Duration, changes: &mut mpsc::Receiver<Sync>) -> Result<(), ()> {
        let paused = sleep(jittered(wait));
        tokio::pin!(paused);
        loop {
            tokio::select! {
                () = &mut paused => return Ok(()),
                change = changes.recv() => match change {
                    Some(change) => {
                        let _ = change.done.send(());
                    }
                    None => return Err(()),
                },
            }
        }
    }
}
