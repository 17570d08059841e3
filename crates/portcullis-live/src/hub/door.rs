//! `events/auth/`: where a browser asks for the signature of a channel; and all doors of the hub.

use std::sync::Arc;

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::request::Parts;
use portcullis_channels::SocketDoors;
use portcullis_core::{Principal, Ticket};
use portcullis_web::{Access, Api, Doors, Effects, Gate, Knock, post};
use serde_json::{Map, Value as Json, json};

use super::access::Joining;
use super::channel::{GLOBAL, Kind, is_socket_id};
use super::consumer::HubConsumer;
use super::handle::Hub;
use super::holder::{Holder, digest};
use super::signature::of_channel;
use super::state::Inner;
use crate::error::LiveError;
use crate::permission::shown_rows;
use crate::view::{Shared, body, sync_token};

/// How long who asked is kept for another node.
const KEPT: time::Duration = time::Duration::seconds(30);

impl Hub {
    /// The doors of the hub: `events/auth/` beside the routes of the models, behind the same permission; the socket
    /// `/app/KEY`; and the publish API below `/apps/`.
    #[must_use]
    pub fn doors(&self, gate: &Gate) -> Doors {
        let inner = &self.inner;
        let path = format!("{}events/auth/", inner.live.inner.settings.mount);
        let hub = self.clone();
        let socket = inner
            .channels
            .socket(HubConsumer(self.clone()))
            .settings(inner.settings.of_protocol());
        gate.doors()
            .route(
                &path,
                post(move |access: Access, request: Request| auth(hub.clone(), access, request)),
            )
            .api(Api::new("Events Auth"))
            .require(Shared(Arc::clone(&inner.live.inner.access)))
            .asked_again()
            .socket("/app/{key}", socket)
            .authenticated_by(Vec::new())
            .open()
            .merge(self.publish_doors(gate))
            .grouped("Live data")
    }
}

async fn auth(hub: Hub, access: Access, request: Request) -> Response {
    let inner = &hub.inner;
    match answer(inner, &access, request).await {
        Ok(answer) => axum::Json(answer).into_response(),
        Err(Refused::Live(error)) => error.respond(inner.live.inner.settings.debug),
        Err(Refused::SyncToken) => {
            let body = json!({
                "error": "Sync token mismatch for events auth.",
                "header": "X-StateZero-Sync-Token",
            });
            (StatusCode::CONFLICT, axum::Json(body)).into_response()
        }
    }
}

/// Why there is no signature.
enum Refused {
    Live(LiveError),
    SyncToken,
}

impl<E: Into<LiveError>> From<E> for Refused {
    fn from(error: E) -> Self {
        Self::Live(error.into())
    }
}

fn plain(text: &str) -> LiveError {
    LiveError::Plain(StatusCode::BAD_REQUEST, text.to_owned())
}

async fn answer(inner: &Inner, access: &Access, request: Request) -> Result<Json, Refused> {
    let who = access.who();
    let (mut head, content) = request.into_parts();
    let knock = head.extensions.remove::<Knock>();
    let sync = sync_token(&inner.live.inner, &head.headers);
    if sync == Some(false) {
        return Err(Refused::SyncToken);
    }
    let kept = head.clone();
    let sent = body(Request::from_parts(head, content)).await?;
    let word = |name: &str| {
        let value = sent.as_ref().and_then(|sent| sent.get(name));
        value.and_then(Json::as_str).filter(|text| !text.is_empty())
    };
    let (Some(channel), Some(socket_id)) = (word("channel_name"), word("socket_id")) else {
        return Err(plain("Missing channel_name or socket_id").into());
    };
    let kind = Kind::of(channel).filter(|kind| kind.is_signed());
    let (Some(kind), true) = (kind, is_socket_id(socket_id)) else {
        return Err(plain("Invalid channel_name or socket_id").into());
    };
    let info = may_hear(inner, who, channel, kind).await?;
    let data = match kind {
        Kind::Presence => Some(member_data(who, &info)?),
        _ => None,
    };
    let mut answer = Map::new();
    let text = of_channel(socket_id, channel, data.as_deref());
    let auth = inner.signer.auth(&text);
    answer.insert("auth".to_owned(), json!(auth));
    if let Some(data) = data {
        answer.insert("channel_data".to_owned(), json!(data));
    }
    if sync == Some(true) {
        answer.insert("statezero_sync_token_match".to_owned(), json!(true));
    }
    if let Some(knock) = knock {
        remember(inner, access, (knock, kept), (socket_id, channel, &auth)).await?;
    }
    Ok(Json::Object(answer))
}

/// Whether somebody may hear a channel, and what others are shown of them there.
async fn may_hear(
    inner: &Inner,
    who: &Principal,
    channel: &str,
    kind: Kind,
) -> Result<Json, LiveError> {
    let denied = || LiveError::denied("This channel is not for you.");
    let models = inner.models_of(channel);
    if channel == GLOBAL {
        return Ok(Json::Null);
    }
    if let [model] = models.as_slice() {
        return match shown_rows(model, who) {
            Some(_) => Ok(Json::Null),
            None => Err(denied()),
        };
    }
    // Its members have a key, which this server does not give.
    if kind == Kind::Encrypted {
        return Err(denied());
    }
    match inner.may_join(who, channel).await? {
        Joining::Allowed(info) => Ok(info),
        Joining::Refused => Err(denied()),
    }
}

/// What is signed about a member.
fn member_data(who: &Principal, info: &Json) -> Result<String, LiveError> {
    let user = who.user().ok_or_else(|| {
        LiveError::denied("Nobody in particular is no member of a presence channel.")
    })?;
    Ok(json!({ "user_id": user.id.to_string(), "user_info": info }).to_string())
}

/// Keeps who asked, for the connection that it was asked for.
async fn remember(
    inner: &Inner,
    access: &Access,
    (knock, mut head): (Knock, Parts),
    (socket_id, channel, auth): (&str, &str, &str),
) -> Result<(), LiveError> {
    let is_here = inner.state().sockets.contains_key(socket_id);
    if !is_here && inner.tickets.get().is_none() {
        return Ok(());
    }
    // What is caused by asking again is not for this answer.
    head.extensions.insert(Effects::default());
    let holder = Holder::of(knock, &head).await.map_err(LiveError::Refused)?;
    if !is_here {
        return keep(inner, access, &holder, auth, channel).await;
    }
    let most = inner.settings.channels_per_connection;
    if let Some(socket) = inner.state().sockets.get_mut(socket_id) {
        if socket.grants.len() >= most {
            socket.grants.clear();
        }
        socket.grants.insert(channel.to_owned(), Arc::new(holder));
    }
    Ok(())
}

/// Keeps who asked where the node finds it that has the connection. Credentials without a login, which nothing would end
/// there, are good for connections to this node alone.
async fn keep(
    inner: &Inner,
    access: &Access,
    holder: &Holder,
    auth: &str,
    channel: &str,
) -> Result<(), LiveError> {
    let (Some(store), Some(proof)) = (inner.tickets.get(), access.authenticated()) else {
        return Ok(());
    };
    let Some(login) = proof.login else {
        return Ok(());
    };
    let session_key = holder
        .known()
        .standing
        .as_ref()
        .and_then(|s| s.session.clone());
    let seal = session_key
        .as_ref()
        .map(|_| digest(proof.user.password.expose_secret()));
    let now = inner.live.inner.clock.now();
    let ticket = Ticket {
        user: proof.user.id.clone(),
        login,
        authenticator: proof.authenticator.to_owned(),
        path: channel.to_owned(),
        session_key,
        seal,
        expires: now + KEPT,
    };
    Ok(store.keep_ticket(&digest(auth), &ticket, now).await?)
}
