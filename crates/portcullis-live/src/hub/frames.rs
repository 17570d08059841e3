//! The texts that the hub sends.

use portcullis_channels::FrameText;
use serde_json::{Value as Json, json};

/// An event with its data as JSON text, as the protocol wants it.
pub(super) fn event(name: &str, channel: Option<&str>, data: &Json) -> FrameText {
    raw_event(name, channel, &data.to_string(), None)
}

/// An event whose data is text already.
pub(super) fn raw_event(
    name: &str,
    channel: Option<&str>,
    data: &str,
    user: Option<&str>,
) -> FrameText {
    let mut frame = serde_json::Map::new();
    frame.insert("event".to_owned(), json!(name));
    if let Some(channel) = channel {
        frame.insert("channel".to_owned(), json!(channel));
    }
    frame.insert("data".to_owned(), json!(data));
    if let Some(user) = user {
        frame.insert("user_id".to_owned(), json!(user));
    }
    Json::Object(frame).to_string().into()
}

/// The greeting.
pub(super) fn established(socket_id: &str, activity_timeout: u32) -> FrameText {
    let data = json!({ "socket_id": socket_id, "activity_timeout": activity_timeout });
    event("pusher:connection_established", None, &data)
}

/// Something is wrong; the connection may go on.
pub(super) fn error(code: Option<u16>, message: &str) -> FrameText {
    let data = json!({ "code": code, "message": message });
    json!({ "event": "pusher:error", "data": data })
        .to_string()
        .into()
}

/// A channel is not heard.
pub(super) fn refused(channel: &str, status: u16, error: &str) -> FrameText {
    let data = json!({ "type": "AuthError", "error": error, "status": status });
    event("pusher:subscription_error", Some(channel), &data)
}

/// A channel is heard from now on.
pub(super) fn succeeded(channel: &str, data: &Json) -> FrameText {
    event(
        "pusher_internal:subscription_succeeded",
        Some(channel),
        data,
    )
}

/// The answer to `pusher:ping`.
pub(super) fn pong() -> FrameText {
    json!({ "event": "pusher:pong", "data": "{}" })
        .to_string()
        .into()
}
