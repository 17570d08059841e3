//! Hearing what is sent to a group, without being a connection: for parts of a service that talk to those of other nodes.

use std::fmt;
use std::sync::Arc;

use serde_json::Map;

use crate::channels::Channels;
use crate::consumer::Event;
use crate::frame::Reply;
use crate::group::{ConnectionId, Envelope, Group, Kind};
use crate::layer::{ChannelLayer, LayerError, Member};
use crate::mailbox::{Inbox, Item, Mailbox};
use crate::settings::SocketSettings;
use crate::task::new_id;

/// How much may wait for one that hears.
const MAX_MESSAGES: usize = 100_000;
const MAX_BYTES: usize = 64 * 1024 * 1024;

/// One that hears events sent to a group, until it [leaves](Self::leave).
pub struct Hearing {
    layer: Arc<dyn ChannelLayer>,
    group: Group,
    id: ConnectionId,
    mailbox: Mailbox,
    inbox: Inbox,
}

impl Channels {
    /// Hears the events that are sent to a group from now on, on whichever node.
    ///
    /// # Errors
    /// When the layer is away.
    pub async fn hear(&self, group: &Group) -> Result<Hearing, LayerError> {
        let settings = SocketSettings {
            queue_max_messages: MAX_MESSAGES,
            queue_max_bytes: MAX_BYTES,
            ..SocketSettings::default()
        };
        let (mailbox, inbox) = Mailbox::new(&settings);
        let hearing = Hearing {
            layer: Arc::clone(&self.layer),
            group: group.clone(),
            id: new_id(),
            mailbox,
            inbox,
        };
        let member = Member {
            id: hearing.id.clone(),
            mailbox: hearing.mailbox.clone(),
        };
        hearing
            .layer
            .join(&Group::hearing(), member.clone())
            .await?;
        if let Err(error) = hearing.layer.join(group, member).await {
            hearing.leave().await;
            return Err(error);
        }
        Ok(hearing)
    }
}

impl Hearing {
    /// Its name, which no other has.
    #[must_use]
    pub fn id(&self) -> &ConnectionId {
        &self.id
    }

    /// The next event; `None` when more came than could wait, or the layer was away: some are lost then. Safe to drop while
    /// it waits.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            let item = tokio::select! {
                item = self.inbox.take() => item?,
                () = self.mailbox.overflowed() => return None,
            };
            if let Item::Envelope(envelope) = item {
                match envelope.kind {
                    Kind::Event => return Some(Event(envelope.content.clone())),
                    Kind::Recheck => return None,
                    Kind::Message | Kind::Json => {}
                }
            }
        }
    }

    /// Sends an event to all others that hear the group.
    ///
    /// # Errors
    /// When the layer is away; those of this process have got it.
    pub async fn send_others(&self, event: Event) -> Result<(), LayerError> {
        let Event(content) = event;
        let mut envelope = Envelope::new(Kind::Event, Map::new(), &Reply::default());
        envelope.content = content;
        envelope.sender = Some(self.id.clone());
        envelope.excludes_sender = true;
        self.layer.send(&self.group, Arc::new(envelope)).await
    }

    /// Hears no more.
    pub async fn leave(self) {
        self.mailbox.shut();
        for group in [&self.group, &Group::hearing()] {
            if let Err(error) = self.layer.leave(group, &self.id).await {
                tracing::warn!(%error, "a group was not left");
            }
        }
    }
}

impl fmt::Debug for Hearing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hearing")
            .field("group", &self.group)
            .finish_non_exhaustive()
    }
}
