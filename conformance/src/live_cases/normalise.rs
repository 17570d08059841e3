//! What differs at each run, replaced by its name.

use regex::Regex;
use serde_json::{Map, Value, json};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

/// Keys whose lists are sets.
const SETS: [&str; 6] = [
    "filterable_fields",
    "searchable_fields",
    "ordering_fields",
    "visible_fields",
    "creatable_fields",
    "editable_fields",
];

/// UUIDs of the rows that every case starts from.
const SEEDED: [&str; 3] = [
    "11111111-1111-4111-8111-111111111111",
    "22222222-2222-4222-8222-222222222222",
    "33333333-3333-4333-8333-333333333333",
];

/// Replaces made UUIDs and the present by their names, and sorts sets.
#[derive(Debug)]
pub(super) struct Normaliser {
    uuid: Regex,
    now: OffsetDateTime,
}

impl Normaliser {
    pub(super) fn new(now: OffsetDateTime) -> Result<Self, regex::Error> {
        let uuid = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$";
        Ok(Self {
            uuid: Regex::new(uuid)?,
            now,
        })
    }

    /// The answer to a request whose body was `sent`: what the client named itself is kept.
    pub(super) fn value(&self, value: &Value, key: &str, sent: &str) -> Value {
        match value {
            Value::Object(map) => {
                let fields = map
                    .iter()
                    .map(|(name, inner)| (self.text(name, sent), self.value(inner, name, sent)));
                Value::Object(fields.collect::<Map<_, _>>())
            }
            Value::Array(items) => {
                let mut items: Vec<Value> = items
                    .iter()
                    .map(|item| self.value(item, "", sent))
                    .collect();
                if SETS.contains(&key) {
                    items.sort_by_key(ToString::to_string);
                }
                Value::Array(items)
            }
            Value::String(text) => json!(self.text(text, sent)),
            Value::Number(_) if key == "server_ts_ms" => json!("<ms>"),
            other => other.clone(),
        }
    }

    fn text(&self, text: &str, sent: &str) -> String {
        if self.uuid.is_match(text) && !SEEDED.contains(&text) && !sent.contains(text) {
            return "<uuid>".to_owned();
        }
        match OffsetDateTime::parse(text, &Rfc3339) {
            Ok(at) if (at - self.now).abs() < Duration::days(1) => "<now>".to_owned(),
            _ => text.to_owned(),
        }
    }
}
