//! Many nodes: what happens on one is told to those who are connected to others, through the channel layer.
//!
//! Each node says which rules those have who are connected to it, so that whoever writes can tell who saw a row before;
//! who may see it afterwards every node decides for its own. Who is in presence channels each node knows of its own.

use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::Duration;

use portcullis_channels::{Channels, Event, Group, Hearing, LayerError};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

use super::deliver::COME_BACK;
use super::frames;
use super::state::{Inner, Work};
use crate::events::{Change, News};

/// The group that all hubs hear.
const GROUP: &str = "portcullis:hub";

/// How often a node says that it is there, and after how long one is taken for gone that does not.
const ALIVE_EVERY: Duration = Duration::from_secs(10);
const GONE_AFTER: Duration = Duration::from_secs(60);

/// The client comes back at once.
const RECONNECT: u16 = 4200;

/// How long it is waited before the layer is asked again.
const PAUSE: Duration = Duration::from_secs(1);

/// What nodes say to each other.
#[derive(Deserialize, Serialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub(super) enum Message {
    /// A node begins, or knows too little: all others say what they have.
    Hello,
    /// Changes could not be told: whoever hears of some comes back, and reads again.
    Missed,
    /// A node is there. `is_all`: it has these rules and no others.
    Rules { news: Vec<News>, is_all: bool },
    /// Rows have changed.
    Changes { changes: Vec<Change> },
    /// The connections of a user who was signed in are to end.
    Terminate { user: String },
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
    mut waiting: mpsc::Receiver<Message>,
    mut news: mpsc::UnboundedReceiver<News>,
) {
    let mut others = Others::default();
    let mut is_first = true;
    while hub.strong_count() > 0 {
        let mut hearing = match channels.hear(&Group::new(GROUP)).await {
            Ok(hearing) => hearing,
            Err(error) => {
                tracing::warn!(%error, "other nodes are not heard");
                // It does not wait until they are: they learn that they missed it.
                while waiting.try_recv().is_ok() {
                    others.have_missed = true;
                }
                while news.try_recv().is_ok() {
                    others.lack_rules = true;
                }
                sleep(PAUSE).await;
                continue;
            }
        };
        if let (false, Some(inner)) = (is_first, hub.upgrade()) {
            // What was lost meanwhile nobody knows: all come back, and read again.
            inner.send_away(RECONNECT);
        }
        is_first = false;
        talk(&hub, &mut others, &mut hearing, &mut waiting, &mut news).await;
        hearing.leave().await;
    }
}

/// What is known of other nodes.
#[derive(Default)]
struct Others {
    /// When each was heard last. One that hears anew has another name; its old one is forgotten in time.
    nodes: HashMap<String, Instant>,
    /// Whether they lack changes, or what this node has.
    have_missed: bool,
    lack_rules: bool,
}

/// Until more came than could be heard, or the hub is gone.
async fn talk(
    hub: &Weak<Inner>,
    others: &mut Others,
    hearing: &mut Hearing,
    waiting: &mut mpsc::Receiver<Message>,
    news: &mut mpsc::UnboundedReceiver<News>,
) {
    let mut tick = interval(ALIVE_EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    if let Some(inner) = hub.upgrade() {
        others.say(&inner, hearing, Message::Hello).await;
        others.say(&inner, hearing, everything(&inner)).await;
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
                let is_new = others.nodes.insert(node.clone(), Instant::now()).is_none();
                match message {
                    Message::Hello => others.say(&inner, hearing, everything(&inner)).await,
                    message => {
                        let is_known = !is_new || matches!(message, Message::Rules { is_all: true, .. });
                        take(&inner, &node, message);
                        // It was taken for gone, and its rules were forgotten.
                        if !is_known {
                            others.say(&inner, hearing, Message::Hello).await;
                        }
                    }
                }
            }
            message = waiting.recv() => {
                let (Some(message), Some(inner)) = (message, hub.upgrade()) else {
                    return;
                };
                others.say(&inner, hearing, message).await;
            }
            first = news.recv() => {
                let (Some(first), Some(inner)) = (first, hub.upgrade()) else {
                    return;
                };
                let mut all = vec![first];
                while let Ok(next) = news.try_recv() {
                    all.push(next);
                }
                others.say(&inner, hearing, Message::Rules { news: all, is_all: false }).await;
            }
            _ = tick.tick() => {
                let Some(inner) = hub.upgrade() else { return };
                others.say(&inner, hearing, Message::Rules { news: Vec::new(), is_all: false }).await;
                others.nodes.retain(|node, at| {
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

impl Others {
    /// Says something, after what makes up for whatever could not be said before.
    async fn say(&mut self, inner: &Inner, hearing: &Hearing, message: Message) {
        self.have_missed |= inner.is_untold.swap(false, Ordering::AcqRel);
        let is_of_changes = matches!(message, Message::Changes { .. });
        if self.lack_rules {
            if say(hearing, everything(inner)).await.is_err() {
                self.have_missed |= is_of_changes;
                return;
            }
            self.lack_rules = false;
            // Those who wrote meanwhile did not know who here saw a row before.
            inner.send_away(RECONNECT);
        }
        if self.have_missed {
            self.have_missed = say(hearing, Message::Missed).await.is_err();
        }
        if let Err(error) = say(hearing, message).await {
            tracing::warn!(%error, "other nodes were not told: they will be told so");
            self.lack_rules = true;
            self.have_missed |= is_of_changes;
        }
    }
}

async fn say(hearing: &Hearing, message: Message) -> Result<(), LayerError> {
    let said = Said {
        node: hearing.id().as_str().to_owned(),
        message,
    };
    hearing.send_others(Event::new("hub", json!(said))).await
}

fn take(inner: &Arc<Inner>, node: &str, message: Message) {
    let interests = &inner.live.inner.bus.interests;
    match message {
        Message::Hello => {}
        Message::Missed => inner.send_away(COME_BACK),
        Message::Terminate { user } => inner.terminate(&user),
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
