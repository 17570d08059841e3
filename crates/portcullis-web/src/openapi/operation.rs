//! One method of a door as an operation.

use http::Method;
use serde_json::{Map, Value, json};

use super::{answers, schema, security};
use crate::description::{Description, Field};
use crate::way::Door;

/// What bodies may be written in.
const MEDIA_TYPES: [&str; 3] = [
    "application/json",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
];

/// The path as OpenAPI writes it: `{*rest}` is `{rest}`.
pub(super) fn path(door: &Door) -> String {
    door.path.replace("{*", "{")
}

pub(super) fn operation(door: &Door, method: &Method) -> Value {
    let said = door.descriptions.iter().find(|(named, _)| named == method);
    let said = said.map_or_else(Description::default, |(_, said)| said.clone());
    let mut operation = Map::new();
    let mut put = |name: &str, value: Value| operation.insert(name.to_owned(), value);
    if let Some(group) = door.group {
        put("tags", json!([group]));
    }
    if !said.summary.is_empty() {
        put("summary", json!(said.summary));
    }
    if let Some(notes) = &said.notes {
        put("description", json!(notes));
    }
    put("operationId", json!(id(method, &door.path)));
    let parameters: Vec<Value> = parameters(&door.path).map(parameter).collect();
    if !parameters.is_empty() {
        put("parameters", json!(parameters));
    }
    if !said.fields.is_empty() {
        put("requestBody", body(&said.fields));
    }
    put("responses", answers::answers(door, method, &said));
    put("security", security::requirements(door, method));
    Value::Object(operation)
}

fn body(fields: &[Field]) -> Value {
    let schema = schema::object(fields);
    let content = MEDIA_TYPES.map(|media| (media.to_owned(), json!({ "schema": schema })));
    json!({
        "required": fields.iter().any(|field| field.is_required),
        "content": Map::from_iter(content),
    })
}

/// The names of a path's parameters.
fn parameters(path: &str) -> impl Iterator<Item = &str> {
    let parts = path.split('/').filter_map(|part| part.strip_prefix('{'));
    let names = parts.filter_map(|part| part.strip_suffix('}'));
    names.map(|name| name.trim_start_matches('*'))
}

fn parameter(name: &str) -> Value {
    json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } })
}

/// Such as `post_api_auth_login`; one for each method and path.
fn id(method: &Method, path: &str) -> String {
    let words = path.split(|c: char| !c.is_ascii_alphanumeric());
    let mut id = method.as_str().to_ascii_lowercase();
    for word in words.filter(|word| !word.is_empty()) {
        id.push('_');
        id.push_str(word);
    }
    id
}
