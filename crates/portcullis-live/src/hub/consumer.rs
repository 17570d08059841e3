//! The socket at `/app/KEY`.

use portcullis_channels::{Connection, ConnectionId, Consumer, ConsumerError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::handle::Hub;
use super::state::Socket;
use super::{frames, incoming};

/// Too much of something: the client comes back after a pause.
const OVER_CAPACITY: u16 = 4100;

/// Speaks the Pusher protocol.
pub(super) struct HubConsumer(pub(super) Hub);

/// What goes in and out is the Pusher protocol's, and nothing of ours.
#[derive(Deserialize, JsonSchema, Serialize)]
#[serde(tag = "action", content = "payload", rename_all = "snake_case")]
pub(super) enum Foreign {
    /// The Pusher protocol, version 7: `{"event", "channel", "data"}`.
    Pusher,
}

impl Consumer for HubConsumer {
    type In = Foreign;
    type Out = Foreign;
    type Object = ();

    const COME_BACK: u16 = OVER_CAPACITY;

    fn frame(&self, c: &Connection<Self>, text: &str) -> bool {
        incoming::take(&self.0.inner, c, text);
        true
    }

    async fn connected(&self, c: Connection<Self>) -> Result<(), ConsumerError> {
        let inner = &self.0.inner;
        if let Err((code, message)) = greeted(&c, &inner.settings.key) {
            c.send_text(&frames::error(Some(code), message));
            c.close(code, message);
            return Ok(());
        }
        inner.begin();
        let id = socket_id(c.id());
        let socket = Socket {
            connection: c.clone(),
            channels: std::collections::HashMap::new(),
            grants: std::collections::HashMap::new(),
            user: None,
            window: (Instant::now(), 0, 0),
        };
        inner.state().sockets.insert(id.as_str().into(), socket);
        c.send_text(&frames::established(&id, inner.settings.activity_timeout));
        Ok(())
    }

    async fn receive(&self, _: Connection<Self>, _: Foreign) -> Result<(), ConsumerError> {
        Ok(())
    }

    async fn disconnected(&self, c: Connection<Self>) {
        self.0.inner.disconnect(&socket_id(c.id()));
    }
}

/// Whether the path names the application, and the query a protocol that is spoken here.
fn greeted(c: &Connection<HubConsumer>, key: &str) -> Result<(), (u16, &'static str)> {
    let uri = &c.request().uri;
    if uri.path().rsplit('/').next() != Some(key) {
        return Err((4001, "App key not in this application"));
    }
    let query = uri.query().unwrap_or_default();
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query).unwrap_or_default();
    let version = pairs.iter().find(|(name, _)| name == "protocol");
    match version.map(|(_, value)| value.as_str()) {
        Some("5" | "6" | "7") => Ok(()),
        Some(_) => Err((4007, "Unsupported protocol version")),
        None => Err((4008, "No protocol version supplied")),
    }
}

/// The connection's name as the protocol has it: two integers, of 128 random bits.
pub(super) fn socket_id(id: &ConnectionId) -> String {
    let number = |part: Option<&str>| {
        let part = part.and_then(|part| u64::from_str_radix(part, 16).ok());
        part.unwrap_or_default()
    };
    let text = id.as_str();
    format!("{}.{}", number(text.get(..16)), number(text.get(16..)))
}
