//! What clients send.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use portcullis_channels::Connection;
use serde_json::{Value as Json, json};
use tokio::time::Instant;

use super::channel::{GLOBAL, Kind, is_event_name};
use super::consumer::{HubConsumer, socket_id};
use super::frames;
use super::holder::{Holder, digest};
use super::join::join;
use super::presence::Member;
use super::signature::of_channel;
use super::signin;
use super::state::{Inner, Subscription};

/// How many frames of a connection are looked at in a second; whoever sends more is closed.
const FRAMES: u32 = 200;

/// Handles one frame; what it does is in the order of the frames.
pub(super) fn take(inner: &Arc<Inner>, c: &Connection<HubConsumer>, text: &str) {
    let id = socket_id(c.id());
    if !may_send(inner, &id, false) {
        inner.disconnect(&id);
        return c.close(4100, "too many frames");
    }
    let Ok(Json::Object(frame)) = serde_json::from_str::<Json>(text) else {
        return c.send_text(&frames::error(None, "Invalid JSON: a message is an object"));
    };
    let Some(event) = frame.get("event").and_then(Json::as_str) else {
        return c.send_text(&frames::error(None, "A message has an event"));
    };
    // Data is an object; older clients send its text.
    let data = match frame.get("data") {
        Some(Json::String(text)) => serde_json::from_str(text).unwrap_or(Json::Null),
        Some(data) => data.clone(),
        None => Json::Null,
    };
    match event {
        "pusher:ping" => c.send_text(&frames::pong()),
        "pusher:subscribe" => subscribe(inner, c, &id, &data, false),
        "pusher:unsubscribe" => {
            if let Some(channel) = data.get("channel").and_then(Json::as_str) {
                inner.unsubscribe(&id, channel);
            }
        }
        "pusher:signin" => signin::take(inner, c, &id, &data),
        name if name.starts_with("client-") => {
            let channel = frame.get("channel").and_then(Json::as_str);
            let data = frame.get("data").unwrap_or(&Json::Null);
            if let Err(why) = pass_on(inner, &id, channel.unwrap_or_default(), name, data) {
                c.send_text(&frames::error(Some(4301), why));
            }
        }
        // Others of the protocol are for newer hubs, or answers such as `pusher:pong`.
        _ => {}
    }
}

/// Counts a frame, or an event of the client's own.
fn may_send(inner: &Inner, id: &str, is_event: bool) -> bool {
    let mut state = inner.state();
    let Some(socket) = state.sockets.get_mut(id) else {
        // It was refused, or is being closed.
        return true;
    };
    let (since, frames, events) = &mut socket.window;
    if since.elapsed() >= Duration::from_secs(1) {
        (*since, *frames, *events) = (Instant::now(), 0, 0);
    }
    match is_event {
        true => {
            *events += 1;
            *events <= inner.settings.client_events_per_second
        }
        false => {
            *frames += 1;
            *frames <= FRAMES
        }
    }
}

fn subscribe(
    inner: &Arc<Inner>,
    c: &Connection<HubConsumer>,
    id: &str,
    data: &Json,
    is_last: bool,
) {
    let word = |name: &str| data.get(name).and_then(Json::as_str);
    let channel = word("channel").unwrap_or_default();
    let (auth, member) = (word("auth"), word("channel_data"));
    match admitted(inner, c, id, channel, auth, member, is_last) {
        Ok(Some(subscription)) => join(inner, c, subscription),
        // It is heard already.
        Ok(None) => c.send_text(&frames::succeeded(channel, &json!({}))),
        Err(Refused(None, _)) => {
            let (inner, c) = (Arc::clone(inner), c.clone());
            let (id, data) = (id.to_owned(), data.clone());
            tokio::spawn(async move {
                look_elsewhere(&inner, &id, &data).await;
                subscribe(&inner, &c, &id, &data, true);
            });
        }
        Err(Refused(Some(status), why)) => {
            let shown: String = channel.chars().take(200).collect();
            c.send_text(&frames::refused(&shown, status, why));
        }
    }
}

/// Takes what another node has kept about whoever asked for a signature.
async fn look_elsewhere(inner: &Inner, id: &str, data: &Json) {
    let word = |name: &str| data.get(name).and_then(Json::as_str);
    let (Some(store), Some(auth), Some(channel)) =
        (inner.tickets.get(), word("auth"), word("channel"))
    else {
        return;
    };
    let live = &inner.live.inner;
    let ticket = match store.take_ticket(&digest(auth), live.clock.now()).await {
        Ok(Some(ticket)) if ticket.path == channel => ticket,
        Ok(_) => return,
        Err(error) => {
            tracing::warn!(%error, "who asked elsewhere for a signature is not known");
            return;
        }
    };
    let (access, clock) = (Arc::clone(&live.access), Arc::clone(&live.clock));
    let holder = Holder::with_ticket(Arc::clone(store), ticket, access, clock).await;
    if let (Ok(holder), Some(socket)) = (holder, inner.state().sockets.get_mut(id)) {
        socket.grants.insert(channel.to_owned(), Arc::new(holder));
    }
}

/// Why a channel is not heard; without a status when another node may know more.
struct Refused(Option<u16>, &'static str);

/// What a client may hear; `None` for what it hears already.
fn admitted(
    inner: &Inner,
    c: &Connection<HubConsumer>,
    id: &str,
    channel: &str,
    auth: Option<&str>,
    channel_data: Option<&str>,
    is_last: bool,
) -> Result<Option<Subscription>, Refused> {
    let kind = Kind::of(channel).ok_or(Refused(Some(400), "Invalid channel name"))?;
    if kind == Kind::Public && !inner.settings.public_channels {
        return Err(Refused(Some(403), "There are no public channels here"));
    }
    if kind.is_signed() {
        let data = (kind == Kind::Presence).then_some(channel_data).flatten();
        let text = of_channel(id, channel, data);
        if !auth.is_some_and(|auth| inner.signer.is_auth(auth, &text)) {
            return Err(Refused(Some(401), "Invalid signature"));
        }
    }
    let member = match kind {
        Kind::Presence => {
            let member = channel_data.and_then(Member::read);
            Some(member.ok_or(Refused(
                Some(400),
                "A member has a user_id in its channel_data",
            ))?)
        }
        _ => None,
    };
    let mut state = inner.state();
    let Some(socket) = state.sockets.get_mut(id) else {
        return Err(Refused(Some(401), "Not connected"));
    };
    if socket.channels.contains_key(channel) {
        return Ok(None);
    }
    if socket.channels.len() >= inner.settings.channels_per_connection {
        return Err(Refused(Some(403), "Too many channels on one connection"));
    }
    let holder = socket.grants.remove(channel);
    if holder.is_none() && kind.is_signed() && inner.tickets.get().is_some() && !is_last {
        return Err(Refused(None, ""));
    }
    // A signature from elsewhere, by whoever has the secret, is good for channels of their own. What this hub signs is
    // good for those of whom it is known who they are, and whom it can look after: otherwise they could come back with it
    // when their login has ended.
    let is_signed_here = inner.access.get().is_some() || !inner.models_of(channel).is_empty();
    if holder.is_none() && kind.is_signed() && is_signed_here {
        return Err(Refused(Some(403), "The signature is not of this server's"));
    }
    Ok(Some(Subscription {
        channel: channel.into(),
        socket: id.into(),
        connection: c.clone(),
        holder,
        member,
        rules: std::sync::Mutex::new(Some(HashMap::new())),
    }))
}

/// An event of a client's own, to the others.
fn pass_on(
    inner: &Inner,
    id: &str,
    channel: &str,
    name: &str,
    data: &Json,
) -> Result<(), &'static str> {
    let is_theirs = matches!(Kind::of(channel), Some(Kind::Private | Kind::Presence));
    if !inner.settings.client_events || !is_theirs || !is_event_name(name) {
        return Err("Client events are for private and presence channels");
    }
    if channel == GLOBAL || !inner.models_of(channel).is_empty() {
        return Err("Changes of rows are told by the server alone");
    }
    let member = {
        let state = inner.state();
        let socket = state.sockets.get(id);
        let heard = socket.and_then(|socket| socket.channels.get(channel));
        let heard = heard.ok_or("Subscribe before sending")?;
        heard.member.as_ref().map(|member| member.id.clone())
    };
    if !may_send(inner, id, true) {
        return Err("Too many client events");
    }
    let data = match data {
        Json::String(text) => text.clone(),
        data => data.to_string(),
    };
    if data.len() > inner.settings.max_event_bytes {
        return Err("The data of the event is too large");
    }
    inner.pass(
        &[channel.to_owned()],
        name,
        &data,
        member.as_deref(),
        Some(id),
    );
    Ok(())
}
