//! Many nodes: what happens on one is told to those who are connected to others, through the channel layer.
//!
//! Each node says which rules those have who are connected to it, so that whoever writes can tell who saw a row before;
//! who may see it afterwards every node decides for its own. Who is in presence channels each node knows of its own.

use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use portcullis_channels::{Channels, Event, Group, Hearing};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

use super::frames;
use super::state::{Inner, Work};
use crate::events::{Change, News};

/// The group that all hubs hear.
const GROUP: &str = "portcullis:hub";

/// How often a node says that it is there, and after how long one is taken for gone that does not.
const ALIVE_EVERY: Duration = Duration::from_secs(10);
const GONE_AFTER: Duration = Duration::from_secs(60);

/// How long it is waited before the layer is asked again.
const PAUSE: Duration = Duration::from_secs(1);

/// What nodes say to each other.
#[derive(Deserialize, Serialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub(super) enum Message {
    /// A node begins: all others say what they have.
    Hello,
    /// A node is there. `is_all`: it has these rules and no others.
    Rules { news: Vec<News>, is_all: bool },
    /// Rows have changed.
    Changes { changes: Vec<Change> },
    /// An event that is no change of rows.
    Publish {
        channels: Vec<String>,
        name: String,
        data: String,
        user: Option<String>,
        except: Option<String>,
    },
}

#[derive(Deserialize, Serialize)]
struct Said {
    node: String,
    #[serde(flatten)]
    message: Message,
}

/// Talks to the other nodes, as long as the hub is there.
pub(super) async fn run(
    hub: Weak<Inner>,
    channels: Channels,
    mut waiting: mpsc::UnboundedReceiver<Message>,
    mut news: mpsc::UnboundedReceiver<News>,
) {
    let mut is_first = true;
    while hub.strong_count() > 0 {
        let mut hearing = match channels.hear(&Group::new(GROUP)).await {
            Ok(hearing) => hearing,
            Err(error) => {
                tracing::warn!(%error, "other nodes are not heard");
                sleep(PAUSE).await;
                continue;
            }
        };
        if let (false, Some(inner)) = (is_first, hub.upgrade()) {
            // What was lost meanwhile nobody knows: all come back, and read again.
            for subscription in inner.subscriptions() {
                inner.end(&subscription, 4200, "please reconnect");
            }
        }
        is_first = false;
        talk(&hub, &mut hearing, &mut waiting, &mut news).await;
        hearing.leave().await;
    }
}

/// Until more came than could be heard, or the hub is gone.
async fn talk(
    hub: &Weak<Inner>,
    hearing: &mut Hearing,
    waiting: &mut mpsc::UnboundedReceiver<Message>,
    news: &mut mpsc::UnboundedReceiver<News>,
) {
    let mut nodes: HashMap<String, Instant> = HashMap::new();
    let mut tick = interval(ALIVE_EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    say(hearing, Message::Hello).await;
    if let Some(inner) = hub.upgrade() {
        say(hearing, everything(&inner)).await;
    }
    loop {
        tokio::select! {
            heard = hearing.next() => {
                let (Some(event), Some(inner)) = (heard, hub.upgrade()) else {
                    return;
                };
                let Ok(Said { node, message }) = event.payload() else {
                    continue;
                };
                nodes.insert(node.clone(), Instant::now());
                if matches!(message, Message::Hello) {
                    inner.live.inner.bus.interests.forget(&node);
                    say(hearing, everything(&inner)).await;
                } else {
                    take(&inner, &node, message);
                }
            }
            message = waiting.recv() => match message {
                Some(message) => say(hearing, message).await,
                None => return,
            },
            first = news.recv() => {
                let Some(first) = first else { return };
                let mut all = vec![first];
                while let Ok(next) = news.try_recv() {
                    all.push(next);
                }
                say(hearing, Message::Rules { news: all, is_all: false }).await;
            }
            _ = tick.tick() => {
                let Some(inner) = hub.upgrade() else { return };
                say(hearing, Message::Rules { news: Vec::new(), is_all: false }).await;
                nodes.retain(|node, at| {
                    let is_there = at.elapsed() < GONE_AFTER;
                    if !is_there {
                        inner.live.inner.bus.interests.forget(node);
                    }
                    is_there
                });
            }
        }
    }
}

fn everything(inner: &Inner) -> Message {
    Message::Rules {
        news: inner.live.inner.bus.interests.own(),
        is_all: true,
    }
}

async fn say(hearing: &Hearing, message: Message) {
    let said = Said {
        node: hearing.id().as_str().to_owned(),
        message,
    };
    let event = Event::new("hub", json!(said));
    if let Err(error) = hearing.send_others(event).await {
        tracing::warn!(%error, "other nodes were not told");
    }
}

fn take(inner: &Arc<Inner>, node: &str, message: Message) {
    let interests = &inner.live.inner.bus.interests;
    match message {
        Message::Hello => {}
        Message::Rules { news, is_all } => {
            if is_all {
                interests.forget(node);
            }
            interests.hear(node, news);
        }
        Message::Changes { changes } => {
            inner.give(Work::Changes(changes.into()));
        }
        Message::Publish {
            channels,
            name,
            data,
            user,
            except,
        } => {
            for channel in &channels {
                let text = frames::raw_event(&name, Some(channel), &data, user.as_deref());
                inner.send(channel, &text, except.as_deref());
            }
        }
    }
}
