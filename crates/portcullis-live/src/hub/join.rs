//! Beginning to hear a channel.

use std::sync::Arc;

use portcullis_channels::Connection;
use serde_json::json;

use super::consumer::HubConsumer;
use super::frames;
use super::presence::Member;
use super::state::{Inner, State, Subscription};

/// Begins to hear a channel, and says so before anything is sent there.
pub(super) fn join(inner: &Arc<Inner>, c: &Connection<HubConsumer>, subscription: Subscription) {
    let subscription = Arc::new(subscription);
    inner.count_rules(&subscription);
    let channel = &subscription.channel;
    let entered = enter(&mut inner.state(), inner, c, &subscription);
    match entered {
        Entered::New(None) => {}
        Entered::New(Some(member)) => {
            let data = json!({ "user_id": member.id, "user_info": member.info });
            let text = frames::event("pusher_internal:member_added", Some(channel), &data);
            inner.send(channel, &text, Some(&subscription.socket));
        }
        Entered::Not => inner.forget_rules(&subscription),
    }
}

/// What came of joining.
enum Entered {
    /// The channel is heard; with a member who was not there before.
    New(Option<Member>),
    /// The channel is full, or heard already, or the connection is gone.
    Not,
}

/// Takes a connection among those who hear a channel, if it is there still: nobody would take it out again.
fn enter(
    state: &mut State,
    inner: &Inner,
    c: &Connection<HubConsumer>,
    subscription: &Arc<Subscription>,
) -> Entered {
    let channel = &subscription.channel;
    let Some(socket) = state.sockets.get_mut(&subscription.socket) else {
        return Entered::Not;
    };
    if socket.channels.contains_key(channel) {
        c.send_text(&frames::succeeded(channel, &json!({})));
        return Entered::Not;
    }
    let audience = state.audiences.get(channel);
    if let Some(member) = &subscription.member {
        let (count, is_there) = audience.map_or((0, false), |audience| {
            let members = &audience.members;
            (members.count(), members.has(&member.id))
        });
        if count >= inner.settings.members_per_channel && !is_there {
            c.send_text(&frames::refused(channel, 403, "The channel is full"));
            return Entered::Not;
        }
    }
    let audience = state.audiences.entry(Arc::clone(channel)).or_default();
    let mut told = json!({});
    let mut new_member = None;
    if let Some(member) = &subscription.member {
        new_member = audience.members.add(member).then(|| member.clone());
        told = audience.members.told();
    }
    let own = Arc::clone(&subscription.socket);
    audience.subscribers.insert(own, Arc::clone(subscription));
    socket
        .channels
        .insert(Arc::clone(channel), Arc::clone(subscription));
    // Within the lock, so that nothing comes before it.
    c.send_text(&frames::succeeded(channel, &told));
    Entered::New(new_member)
}
