//! Who is connected, and who hears which channel.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use portcullis_channels::{Channels, Connection, FrameText};
use portcullis_core::{Revoked, StandingStore, Store, UserId};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::access::ChannelAccess;
use super::channel::GLOBAL;
use super::consumer::HubConsumer;
use super::holder::Holder;
use super::nodes::Message;
use super::presence::{Member, Members};
use super::signature::Signer;
use super::{HubSettings, deliver, frames};
use crate::events::{Change, Fingerprint};
use crate::live::Live;
use crate::rule::Rule;

/// What all handles and doors share.
pub(super) struct Inner {
    pub(super) live: Live,
    pub(super) channels: Channels,
    pub(super) settings: HubSettings,
    pub(super) signer: Signer,
    pub(super) access: OnceLock<Arc<dyn ChannelAccess>>,
    pub(super) standings: OnceLock<Arc<dyn StandingStore>>,
    pub(super) work: mpsc::UnboundedSender<Work>,
    /// What other nodes are to be told, where there are some.
    pub(super) others: OnceLock<mpsc::Sender<Message>>,
    /// Whether that was too much.
    pub(super) is_untold: AtomicBool,
    /// Where signatures are kept for other nodes.
    pub(super) tickets: OnceLock<Arc<dyn Store>>,
    /// How much work waits, and whether some was too much.
    pub(super) pending: AtomicUsize,
    pub(super) is_lost: AtomicBool,
    /// For the task that delivers, which begins with the first connection.
    pub(super) waiting: Mutex<Option<mpsc::UnboundedReceiver<Work>>>,
    pub(super) state: Mutex<State>,
}

/// How much work may wait. Beyond, whoever hears something comes back and reads again.
pub(super) const MAX_PENDING: usize = 10_000;

/// What the task has to do.
pub(super) enum Work {
    Changes(Arc<[Change]>),
    /// Look again whether these may be here: those of a user, or all.
    Recheck(Option<UserId>),
}

#[derive(Default)]
pub(super) struct State {
    pub(super) sockets: HashMap<Arc<str>, Socket>,
    pub(super) audiences: HashMap<Arc<str>, Audience>,
}

/// One connection.
pub(super) struct Socket {
    pub(super) connection: Connection<HubConsumer>,
    pub(super) channels: HashMap<Arc<str>, Arc<Subscription>>,
    /// Who asked for a signature for a channel.
    pub(super) grants: HashMap<String, Arc<Holder>>,
    /// The user who was signed in.
    pub(super) user: Option<String>,
    /// Since when so many frames, and so many events of its own, have come.
    pub(super) window: (Instant, u32, u32),
}

/// All who hear one channel.
#[derive(Default)]
pub(super) struct Audience {
    pub(super) subscribers: HashMap<Arc<str>, Arc<Subscription>>,
    pub(super) members: Members,
}

/// One connection that hears one channel.
pub(super) struct Subscription {
    pub(super) channel: Arc<str>,
    pub(super) socket: Arc<str>,
    pub(super) connection: Connection<HubConsumer>,
    pub(super) holder: Option<Arc<Holder>>,
    pub(super) member: Option<Member>,
    /// The rules by which it sees models, as they are counted in the interests; none once it has ended.
    pub(super) rules: Mutex<Option<CountedRules>>,
}

/// Rules by model, with the names by which they are counted.
pub(super) type CountedRules = HashMap<String, (Arc<Rule>, Fingerprint)>;

impl Inner {
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has the task do something, where anybody is there for whom it matters.
    pub(super) fn give(&self, work: Work) {
        if self.state().sockets.is_empty() {
            return;
        }
        if self.pending.fetch_add(1, Ordering::AcqRel) >= MAX_PENDING {
            self.pending.fetch_sub(1, Ordering::AcqRel);
            self.is_lost.store(true, Ordering::Release);
            return;
        }
        // The task is there as long as the hub is.
        let _ = self.work.send(work);
    }

    /// Begins the task, once.
    pub(super) fn begin(self: &Arc<Self>) {
        let waiting = {
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            waiting.take()
        };
        if let Some(waiting) = waiting {
            let hub: Weak<Self> = Arc::downgrade(self);
            tokio::spawn(deliver::run(hub, waiting));
        }
    }

    pub(super) fn mark_stale(&self, revoked: &Revoked) {
        let user = match revoked {
            Revoked::User(user) => Some(user.clone()),
            _ => None,
        };
        for subscription in self.subscriptions() {
            if let Some(holder) = &subscription.holder
                && (user.is_none() || holder.user_id() == user)
            {
                holder.mark_stale();
            }
        }
        self.give(Work::Recheck(user));
    }

    /// All that anybody hears.
    pub(super) fn subscriptions(&self) -> Vec<Arc<Subscription>> {
        let state = self.state();
        let sockets = state.sockets.values();
        sockets
            .flat_map(|socket| socket.channels.values().map(Arc::clone))
            .collect()
    }

    /// Has other nodes told, where there are some. Where too much waits for that, they learn that they missed something.
    pub(super) fn tell_others(&self, message: Message) {
        if let Some(others) = self.others.get()
            && others.try_send(message).is_err()
        {
            self.is_untold.store(true, Ordering::Release);
        }
    }

    /// Has all who hear something come back and read again: nobody knows what they missed.
    pub(super) fn send_away(&self, code: u16) {
        for subscription in self.subscriptions() {
            self.end(&subscription, code, "please reconnect");
        }
    }

    /// All who hear a channel.
    pub(super) fn audience(&self, channel: &str) -> Vec<Arc<Subscription>> {
        let state = self.state();
        let audience = state.audiences.get(channel).into_iter();
        audience
            .flat_map(|audience| audience.subscribers.values().map(Arc::clone))
            .collect()
    }

    /// Sends to all who hear a channel, but for one connection.
    pub(super) fn send(&self, channel: &str, text: &FrameText, except: Option<&str>) {
        for subscription in self.audience(channel) {
            if except != Some(&*subscription.socket) {
                subscription.connection.send_text(text);
            }
        }
    }

    /// The models that a channel tells of; none for one of the application's own.
    pub(super) fn models_of(&self, channel: &str) -> Vec<&crate::model::Model> {
        let registry = &self.live.inner.registry;
        if channel == GLOBAL {
            return registry.models().iter().collect();
        }
        let name = channel.strip_prefix("private-");
        name.and_then(|name| registry.model(name))
            .into_iter()
            .collect()
    }

    /// Ends what a connection hears of one channel.
    pub(super) fn unsubscribe(&self, socket: &str, channel: &str) {
        let gone = {
            let mut state = self.state();
            let Some(entry) = state.sockets.get_mut(socket) else {
                return;
            };
            let Some(subscription) = entry.channels.remove(channel) else {
                return;
            };
            state.leave(&subscription)
        };
        self.forget(gone);
    }

    /// Takes a connection out of everything.
    pub(super) fn disconnect(&self, socket: &str) {
        let gone: Vec<Gone> = {
            let mut state = self.state();
            let Some(entry) = state.sockets.remove(socket) else {
                return;
            };
            let all = entry.channels.values();
            all.map(|subscription| state.leave(subscription)).collect()
        };
        for gone in gone {
            self.forget(gone);
        }
    }

    /// Tells the others that a member is gone, and counts their rules no more.
    fn forget(&self, (subscription, is_member_gone): Gone) {
        self.forget_rules(&subscription);
        if let (true, Some(member)) = (is_member_gone, &subscription.member) {
            let data = serde_json::json!({ "user_id": member.id });
            let channel = &subscription.channel;
            let text = frames::event("pusher_internal:member_removed", Some(channel), &data);
            self.send(channel, &text, None);
        }
    }

    /// Closes a connection that may not be here any more. It is out of all channels before it is told so.
    pub(super) fn end(&self, subscription: &Subscription, code: u16, message: &str) {
        self.disconnect(&subscription.socket);
        subscription
            .connection
            .send_text(&frames::error(Some(code), message));
        subscription.connection.close(code, message);
    }
}

/// What was heard, and whether its member is gone with it.
type Gone = (Arc<Subscription>, bool);

impl State {
    fn leave(&mut self, subscription: &Arc<Subscription>) -> Gone {
        let mut is_member_gone = false;
        if let Some(audience) = self.audiences.get_mut(&subscription.channel) {
            audience.subscribers.remove(&subscription.socket);
            if let Some(member) = &subscription.member {
                is_member_gone = audience.members.remove(&member.id);
            }
            if audience.subscribers.is_empty() {
                self.audiences.remove(&subscription.channel);
            }
        }
        (Arc::clone(subscription), is_member_gone)
    }
}
