//! Fields as JSON Schema.

use serde_json::{Map, Value, json};

use crate::description::{Field, Kind};

/// The schemas that all doors share: DRF's two ways to refuse.
pub(super) fn shared() -> Value {
    json!({
        "Refusal": {
            "type": "object",
            "properties": { "detail": { "type": "string", "description": "Why, in a sentence." } },
            "required": ["detail"],
        },
        "FieldErrors": {
            "type": "object",
            "description": "What is wrong, by field; under non_field_errors, with the whole.",
            "additionalProperties": { "type": "array", "items": { "type": "string" } },
        },
    })
}

/// A reference to one of them.
pub(super) fn shared_one(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// An object of these fields. Others are ignored in requests, and may come in answers.
pub(super) fn object(fields: &[Field]) -> Value {
    let mut object = json!({ "type": "object" });
    let properties = fields.iter().map(|f| (f.name.to_string(), schema(f)));
    let properties: Map<String, Value> = properties.collect();
    let required = fields.iter().filter(|field| field.is_required);
    let required: Vec<&str> = required.map(|field| &*field.name).collect();
    if !properties.is_empty() {
        object["properties"] = properties.into();
    }
    if !required.is_empty() {
        object["required"] = json!(required);
    }
    object
}

/// A list of such objects.
pub(super) fn list(fields: &[Field]) -> Value {
    json!({ "type": "array", "items": object(fields) })
}

fn schema(field: &Field) -> Value {
    let mut schema = match &field.kind {
        Kind::Text(None) => json!({ "type": "string" }),
        Kind::Text(Some(format)) => json!({ "type": "string", "format": format }),
        Kind::Integer => json!({ "type": "integer" }),
        Kind::Boolean => json!({ "type": "boolean" }),
        Kind::Object(fields) => object(fields),
        Kind::List(fields) => list(fields),
        Kind::Texts => json!({ "type": "array", "items": { "type": "string" } }),
    };
    if field.may_be_null {
        schema["type"] = json!([schema["type"], "null"]);
    }
    if let Some(max) = field.max_characters {
        schema["maxLength"] = json!(max);
    }
    if let Some(about) = &field.about {
        schema["description"] = json!(about);
    }
    schema
}
