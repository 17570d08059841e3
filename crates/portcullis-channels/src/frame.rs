//! The frames that go out: JSON objects with `action` and `payload`.

use std::sync::Arc;

use http::StatusCode;
use serde_json::{Map, Value, json};
use tokio_tungstenite::tungstenite::Utf8Bytes;

use crate::camel::camelized;

/// The text of a frame. Clones share it, so that many are sent what was written once.
#[derive(Clone, Debug)]
pub struct FrameText(pub(crate) Utf8Bytes);

impl From<String> for FrameText {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

/// What an answer carries of the message that it answers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reply {
    pub(crate) reference: Option<Arc<str>>,
    pub(crate) topic: Option<Arc<str>>,
    pub(crate) sequence: Option<i64>,
}

impl Reply {
    /// Adds the reserved keys to a frame.
    pub(crate) fn mark(&self, frame: &mut Map<String, Value>) {
        if self.reference.is_none() && self.topic.is_none() {
            return;
        }
        frame.insert("version".to_owned(), json!(1));
        if let Some(topic) = &self.topic {
            frame.insert("topic".to_owned(), json!(&**topic));
        }
        if let Some(sequence) = self.sequence {
            frame.insert("seq".to_owned(), json!(sequence));
        }
        if let Some(reference) = &self.reference {
            frame.insert("ref".to_owned(), json!(&**reference));
        }
    }
}

/// A message as an object with both keys, also where serde leaves an empty payload out.
pub(crate) fn message(value: Value) -> Map<String, Value> {
    let mut frame = match value {
        Value::Object(frame) => frame,
        other => Map::from_iter([("action".to_owned(), other)]),
    };
    frame.entry("payload").or_insert(Value::Null);
    frame
}

/// A frame without content, such as `complete`.
pub(crate) fn signal(action: &str) -> Map<String, Value> {
    message(json!({ "action": action }))
}

/// An error, which leaves the connection open.
pub(crate) fn error(payload: Value) -> Map<String, Value> {
    message(json!({ "action": "error", "payload": payload }))
}

/// The outcome of authentication.
pub(crate) fn authentication(status: StatusCode, data: &Value) -> Map<String, Value> {
    let payload = json!({
        "status_code": status.as_u16(),
        "status_text": reason(status),
        "data": data,
    });
    message(json!({ "action": "authentication", "payload": payload }))
}

/// The phrase of a status, as Python's `http` has it.
fn reason(status: StatusCode) -> &'static str {
    match status {
        StatusCode::IM_A_TEAPOT => "I'm a Teapot",
        status => status.canonical_reason().unwrap_or("Unknown"),
    }
}

/// The text of a frame.
pub(crate) fn text(frame: Map<String, Value>, camelizes: bool) -> Utf8Bytes {
    let frame = Value::Object(frame);
    let frame = if camelizes { camelized(frame) } else { frame };
    frame.to_string().into()
}
