//! Groups of connections, and what is sent to them.

use std::sync::Arc;

use portcullis_core::UserId;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tokio_tungstenite::tungstenite::Utf8Bytes;

use crate::frame::Reply;

/// The name of a group of connections, such as `room_7`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Group(Arc<str>);

impl Group {
    /// A group by its name.
    #[must_use]
    pub fn new(name: impl AsRef<str>) -> Self {
        Self(name.as_ref().into())
    }

    /// All connections of a user.
    pub(crate) fn of_user(id: &UserId) -> Self {
        Self::new(format!("portcullis:user:{id}"))
    }

    /// All who hear a topic.
    pub(crate) fn of_topic(name: &str) -> Self {
        Self::new(format!("portcullis:topic:{name}"))
    }

    /// All connections.
    pub(crate) fn everybody() -> Self {
        Self::new("portcullis:everybody")
    }

    /// All that hear a group without being a connection.
    pub(crate) fn hearing() -> Self {
        Self::new("portcullis:hearing")
    }

    /// Whether it is one of ours that every node has somebody in: what is sent to it concerns all nodes, and a
    /// layer need not be told about each connection that joins it.
    #[must_use]
    pub fn is_everywhere(&self) -> bool {
        self.0.starts_with("portcullis:user:")
            || matches!(&*self.0, "portcullis:everybody" | "portcullis:hearing")
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0
    }
}

/// The name of one connection: random, and never used again.
#[doc(alias = "channel_name")]
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ConnectionId(pub(crate) Arc<str>);

impl ConnectionId {
    /// As text: 128 random bits as hex digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a message to a group is.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// A consumer's message, delivered as it is.
    Message,
    /// Delivered as it is, without the marks of older wires.
    Json,
    /// Something that happened, for [`Consumer::event`](crate::Consumer::event).
    Event,
    /// Look again whether the connection's user may be here.
    Recheck,
}

/// A message on its way to a group.
#[derive(Debug)]
pub struct Envelope {
    pub(crate) kind: Kind,
    pub(crate) content: Map<String, Value>,
    /// The content as text, written once for all who get it.
    pub(crate) text: Utf8Bytes,
    pub(crate) sender: Option<ConnectionId>,
    pub(crate) user: Option<String>,
    pub(crate) excludes_sender: bool,
}

impl Envelope {
    pub(crate) fn new(kind: Kind, mut content: Map<String, Value>, reply: &Reply) -> Self {
        reply.mark(&mut content);
        Self {
            kind,
            text: crate::frame::text(content.clone(), false),
            content,
            sender: None,
            user: None,
            excludes_sender: false,
        }
    }
}

/// An envelope as text between processes. What is not there is what a program that is no node leaves out.
#[derive(Deserialize)]
struct Sealed {
    #[serde(default = "event")]
    kind: Kind,
    #[serde(default)]
    content: Map<String, Value>,
    sender: Option<String>,
    user: Option<String>,
    #[serde(default)]
    excludes_sender: bool,
}

fn event() -> Kind {
    Kind::Event
}

impl Envelope {
    /// As JSON, for layers that carry it to other processes:
    /// `{"kind": "event", "content": {"action", "payload"}, "sender", "user", "excludes_sender"}`.
    #[must_use]
    pub fn to_json(&self) -> Map<String, Value> {
        let sender = self.sender.as_ref().map(|id| &*id.0);
        let fields = [
            ("kind", json!(self.kind)),
            ("content", json!(self.content)),
            ("sender", json!(sender)),
            ("user", json!(self.user)),
            ("excludes_sender", json!(self.excludes_sender)),
        ];
        fields
            .map(|(name, value)| (name.to_owned(), value))
            .into_iter()
            .collect()
    }

    /// What [`to_json`](Self::to_json) wrote, or another program: `{"content": {"action", "payload"}}` is enough, and is
    /// an event then. `None` for what is no envelope.
    #[must_use]
    pub fn from_json(json: Value) -> Option<Self> {
        let sealed: Sealed = serde_json::from_value(json).ok()?;
        let mut envelope = Self::new(sealed.kind, sealed.content, &Reply::default());
        envelope.sender = sealed.sender.map(|id| ConnectionId(id.into()));
        envelope.user = sealed.user;
        envelope.excludes_sender = sealed.excludes_sender;
        Some(envelope)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn envelope_of_another_program_is_an_event_and_ours_comes_back_whole() {
        let theirs = json!({ "content": { "action": "tick", "payload": 7 } });
        assert_eq!(Envelope::from_json(theirs).unwrap().kind, Kind::Event);
        for broken in [json!({ "content": 7 }), json!([]), json!({ "kind": "x" })] {
            assert!(Envelope::from_json(broken.clone()).is_none(), "{broken}");
        }
        let content = Map::from_iter([("action".to_owned(), json!("say"))]);
        let mut ours = Envelope::new(Kind::Message, content, &Reply::default());
        ours.sender = Some(ConnectionId("7".into()));
        ours.excludes_sender = true;
        let back = Envelope::from_json(Value::Object(ours.to_json())).unwrap();
        assert_eq!(format!("{back:?}"), format!("{ours:?}"));
    }
}
