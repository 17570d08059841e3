//! What a socket's messages are, for its documentation.

use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

use crate::camel::{camel, camelized};
use crate::consumer::Consumer;
use crate::schema::{Variant, variants};
use crate::settings::SocketSettings;

/// The key of messages that clients send.
pub(crate) const RECEIVED: &str = "received";
/// The key of messages that clients are sent.
pub(crate) const SENT: &str = "sent";

/// The messages of a consumer, both ways, with the schema of each whole frame.
pub(crate) fn messages<C: Consumer>(settings: &SocketSettings) -> Value {
    let mut received = of::<C::In>(settings, true);
    let mut sent = of::<C::Out>(settings, false);
    if settings.first_message || settings.renewal {
        received.push(own(settings, "authenticate", authenticate()));
    }
    if settings.send_authentication_message {
        sent.push(own(settings, "authentication", authentication()));
    }
    sent.push(own(settings, "error", error()));
    if settings.send_completion {
        for action in ["complete", "group_complete", "event_complete"] {
            let schema = frame(action, Some(json!({ "type": "null" })), false);
            sent.push(own(settings, action, ("A message was handled.", schema)));
        }
    }
    json!({ RECEIVED: received, SENT: sent })
}

/// The messages of a type; one for all, where it is no enum of actions.
fn of<T: JsonSchema>(settings: &SocketSettings, is_received: bool) -> Vec<Value> {
    let root = SchemaGenerator::default()
        .into_root_schema_for::<T>()
        .to_value();
    let definitions = &root["$defs"];
    let Some(variants) = variants(&root) else {
        return vec![json!({ "action": "any", "schema": root, "definitions": definitions })];
    };
    let message = |variant: &Variant<'_>| {
        let schema = frame(&variant.action, variant.payload.cloned(), is_received);
        json!({
            "action": variant.action, "summary": variant.about,
            "schema": cased(settings, schema), "definitions": cased(settings, definitions.clone()),
        })
    };
    variants.iter().map(message).collect()
}

/// The schema of a frame.
fn frame(action: &str, payload: Option<Value>, is_received: bool) -> Value {
    let mut properties = Map::new();
    properties.insert("action".to_owned(), json!({ "const": action }));
    let mut required = vec!["action"];
    if let Some(payload) = payload {
        properties.insert("payload".to_owned(), payload);
        required.push("payload");
    } else if !is_received {
        properties.insert("payload".to_owned(), json!({ "type": "null" }));
        required.push("payload");
    }
    let about = match is_received {
        true => "Any text; the answers carry it.",
        false => "The `ref` of the message that this answers.",
    };
    properties.insert(
        "ref".to_owned(),
        json!({ "type": "string", "description": about }),
    );
    json!({ "type": "object", "properties": properties, "required": required })
}

/// A message that every socket has.
fn own(settings: &SocketSettings, action: &str, (summary, schema): (&str, Value)) -> Value {
    json!({ "action": action, "summary": summary, "schema": cased(settings, schema) })
}

fn authenticate() -> (&'static str, Value) {
    let properties = json!({
        "action": { "const": "authenticate" },
        "token": { "type": "string" },
        "scheme": { "type": "string", "description": "The token's keyword, such as `Bearer`." },
        "ref": { "type": "string" },
    });
    let schema = json!({
        "type": "object", "properties": properties, "required": ["action", "token"],
    });
    ("Says who one is, as the first message, or anew.", schema)
}

fn authentication() -> (&'static str, Value) {
    let payload = json!({
        "type": "object",
        "properties": {
            "status_code": { "type": "integer" },
            "status_text": { "type": "string" },
            "data": {},
        },
        "required": ["status_code", "status_text", "data"],
    });
    let schema = frame("authentication", Some(payload), false);
    (
        "Whether one is in; when one is not, the close follows.",
        schema,
    )
}

fn error() -> (&'static str, Value) {
    let fault = json!({
        "type": "object",
        "properties": {
            "type": { "type": "string" },
            "loc": { "type": "array", "items": { "type": ["string", "integer"] } },
            "msg": { "type": "string" },
        },
        "required": ["type", "loc", "msg"],
    });
    let detail = json!({
        "type": "object",
        "properties": {
            "detail": { "type": "string" },
            "code": { "type": "string" },
            "wait": { "type": "integer" },
            "reason": { "type": "string" },
        },
        "required": ["detail"],
    });
    let payload = json!({ "anyOf": [{ "type": "array", "items": fault }, detail] });
    (
        "A message was not handled; the socket stays open.",
        frame("error", Some(payload), false),
    )
}

/// With names of fields as they are on the wire.
fn cased(settings: &SocketSettings, schema: Value) -> Value {
    match settings.camelize {
        true => required_cased(camelized(schema)),
        false => schema,
    }
}

fn required_cased(mut schema: Value) -> Value {
    match &mut schema {
        Value::Object(fields) => {
            for (name, value) in fields {
                let inner = required_cased(value.take());
                *value = match (name.as_str(), inner) {
                    ("required", Value::Array(names)) => names
                        .iter()
                        .map(|name| json!(camel(name.as_str().unwrap_or_default())))
                        .collect(),
                    (_, inner) => inner,
                };
            }
        }
        Value::Array(values) => {
            for value in values {
                *value = required_cased(value.take());
            }
        }
        _ => {}
    }
    schema
}
