//! Which channel a group has, and what is written there.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::group::{Envelope, Group};

/// The names of one layer's channels, and of this node.
#[derive(Debug)]
pub(super) struct Wire {
    prefix: String,
    node: String,
}

/// What came over a channel.
#[derive(Debug)]
pub(super) enum Came {
    /// A message for a group.
    Envelope(Group, Arc<Envelope>),
    /// Our own sign of life.
    Beat,
    /// Our own message, which our connections have, or another node's sign of life.
    Nothing,
}

impl Wire {
    pub(super) fn new(prefix: String) -> Self {
        Self {
            prefix,
            node: crate::task::new_id().0.to_string(),
        }
    }

    /// Where messages for groups are that every node has somebody in.
    pub(super) fn everywhere(&self) -> String {
        format!("{}:everywhere", self.prefix)
    }

    /// Where messages for a group are.
    pub(super) fn channel(&self, group: &Group) -> String {
        match group.is_everywhere() {
            true => self.everywhere(),
            false => format!("{}:group:{}", self.prefix, group.name()),
        }
    }

    /// A message as it is published.
    pub(super) fn seal(&self, group: &Group, envelope: &Envelope) -> (String, String) {
        let mut sealed = envelope.to_json();
        sealed.insert("node".to_owned(), json!(self.node));
        if group.is_everywhere() {
            sealed.insert("group".to_owned(), json!(group.name()));
        }
        (self.channel(group), Value::Object(sealed).to_string())
    }

    /// A sign of life, by which it is known that what is published arrives.
    pub(super) fn beat(&self) -> String {
        json!({ "node": self.node, "beat": true }).to_string()
    }

    /// What a published message is; `None` when nobody knows.
    pub(super) fn open(&self, channel: &str, text: &[u8]) -> Option<Came> {
        let sealed: Map<String, Value> = serde_json::from_slice(text).ok()?;
        let is_ours = sealed.get("node").and_then(Value::as_str) == Some(&self.node);
        if sealed.get("beat") == Some(&Value::Bool(true)) {
            return Some(if is_ours { Came::Beat } else { Came::Nothing });
        }
        if is_ours {
            return Some(Came::Nothing);
        }
        let group = match sealed.get("group").and_then(Value::as_str) {
            Some(name) if channel == self.everywhere() => Group::new(name),
            _ => {
                let name = channel.strip_prefix(&self.prefix)?;
                Group::new(name.strip_prefix(":group:")?)
            }
        };
        let sealed = Value::Object(sealed);
        let envelope = Envelope::from_json(sealed)?;
        Some(Came::Envelope(group, Arc::new(envelope)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Reply;
    use crate::group::Kind;
    use portcullis_core::UserId;

    #[test]
    fn message_arrives_at_its_group_on_other_nodes_alone() {
        let (one, other) = (Wire::new("p".into()), Wire::new("p".into()));
        let envelope = Envelope::new(Kind::Recheck, Map::new(), &Reply::default());
        for group in [Group::new("room:7"), Group::of_user(&UserId::Integer(7))] {
            let (channel, text) = one.seal(&group, &envelope);
            let came = other.open(&channel, text.as_bytes());
            assert!(
                matches!(&came, Some(Came::Envelope(to, _)) if *to == group),
                "{came:?}"
            );
            let own = one.open(&channel, text.as_bytes());
            assert!(matches!(own, Some(Came::Nothing)));
        }
        let beat = one.beat();
        assert!(matches!(
            one.open("p:everywhere", beat.as_bytes()),
            Some(Came::Beat)
        ));
        for broken in ["", "[]", "{\"content\": 7}", "7", "\u{0}"] {
            assert!(
                other.open("p:group:a", broken.as_bytes()).is_none(),
                "{broken}"
            );
        }
        assert!(other.open("q:group:a", b"{}").is_none());
    }
}
