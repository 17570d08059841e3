//! The messages that a consumer takes, as a JSON Schema made of their Rust types.

use std::marker::PhantomData;

use schemars::{JsonSchema, SchemaGenerator};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::validation::{Checker, Fault, Place};

/// One message of an enum of messages.
pub(crate) struct Variant<'s> {
    pub(crate) action: String,
    /// The schema of its payload; `None` where it has none.
    pub(crate) payload: Option<&'s Value>,
    /// What is said about it in the code.
    pub(crate) about: Option<&'s str>,
}

/// The messages of a type's schema, in the order of declaration; `None` when it is no enum with `action` beside
/// `payload`.
pub(crate) fn variants(root: &Value) -> Option<Vec<Variant<'_>>> {
    let variants = root["oneOf"].as_array().or(root["anyOf"].as_array());
    let variants = variants.map_or(std::slice::from_ref(root), Vec::as_slice);
    let mut found = Vec::new();
    for variant in variants {
        let properties = &variant["properties"];
        let action = &properties["action"];
        let names = match (&action["const"], &action["enum"]) {
            (Value::String(name), _) => vec![name.clone()],
            (_, Value::Array(names)) => {
                let names = names.iter().filter_map(Value::as_str);
                names.map(str::to_owned).collect()
            }
            _ => return None,
        };
        found.extend(names.into_iter().map(|action| Variant {
            action,
            payload: properties.get("payload"),
            about: variant["description"].as_str(),
        }));
    }
    Some(found)
}

/// What one `In` type takes, by action.
pub(crate) struct Messages<T> {
    /// In the order of declaration, with the schema of each payload; `None` where there is none.
    actions: Vec<(String, Option<Value>)>,
    definitions: Value,
    of: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned + JsonSchema> Messages<T> {
    /// Reads the schema of the type.
    ///
    /// # Panics
    /// When it is no enum with `action` beside `payload`: a consumer that cannot be told apart from another
    /// message is a fault of the program.
    pub(crate) fn new() -> Self {
        let root = SchemaGenerator::default()
            .into_root_schema_for::<T>()
            .to_value();
        let Some(variants) = variants(&root) else {
            panic!(
                "{} is no enum with #[serde(tag = \"action\", content = \"payload\")]",
                std::any::type_name::<T>()
            );
        };
        let actions = variants
            .into_iter()
            .map(|variant| (variant.action, variant.payload.cloned()))
            .collect();
        Self {
            actions,
            definitions: root["$defs"].clone(),
            of: PhantomData,
        }
    }

    /// The message of a frame, or what is wrong with it: one fault for each wrong field.
    pub(crate) fn read(&self, frame: &Map<String, Value>, sorts: bool) -> Result<T, Vec<Fault>> {
        let Some(action) = frame.get("action") else {
            let text = "Unable to extract tag using discriminator 'action'";
            return Err(vec![Fault::new("union_tag_not_found", Vec::new(), text)]);
        };
        let name = tag(action);
        let known = self.actions.iter().find(|(known, _)| *known == name);
        let Some((name, schema)) = known.filter(|_| action.is_string()) else {
            return Err(vec![self.unknown(&name, sorts)]);
        };
        let mut payload = frame.get("payload").cloned();
        let place = || vec![Place::from(name.as_str()), Place::from("payload")];
        let mut checker = Checker::new(&self.definitions);
        match (schema, &mut payload) {
            (None, None | Some(Value::Null)) => payload = None,
            (None, Some(_)) => {
                let text = "Input should be None";
                return Err(vec![Fault::new("none_required", place(), text)]);
            }
            (Some(schema), Some(payload)) => checker.check(schema, payload, &mut place()),
            (Some(schema), None) if checker.takes_null(schema) => payload = Some(Value::Null),
            (Some(_), None) => {
                return Err(vec![Fault::new("missing", place(), "Field required")]);
            }
        }
        let faults = checker.into_faults();
        if !faults.is_empty() {
            return Err(faults);
        }
        let mut message = Map::new();
        message.insert("action".to_owned(), json!(name));
        if let Some(payload) = payload {
            message.insert("payload".to_owned(), payload);
        }
        // What the schema cannot say, the type itself does.
        serde_json::from_value(Value::Object(message)).map_err(|error| {
            let text = format!("Value error, {error}");
            vec![Fault::new("value_error", place(), &text)]
        })
    }

    fn unknown(&self, name: &str, sorts: bool) -> Fault {
        let mut names: Vec<String> = self
            .actions
            .iter()
            .map(|(known, _)| format!("'{known}'"))
            .collect();
        if sorts {
            names.sort();
        }
        let names = names.join(", ");
        let text = format!(
            "Input tag '{name}' found using 'action' does not match any of the expected tags: {names}"
        );
        Fault::new("union_tag_invalid", Vec::new(), &text)
    }
}

/// A tag as Python would write it.
fn tag(action: &Value) -> String {
    match action {
        Value::String(text) => text.clone(),
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        other => other.to_string(),
    }
}

impl<T> std::fmt::Debug for Messages<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names = self.actions.iter().map(|(name, _)| name);
        f.debug_list().entries(names).finish()
    }
}

#[cfg(test)]
mod tests {
    use schemars::JsonSchema;
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Debug, Deserialize, JsonSchema, PartialEq)]
    #[serde(tag = "action", content = "payload", rename_all = "snake_case")]
    enum In {
        Ping,
        Echo(Echo),
        Bye(Option<Bye>),
        Say { text: String },
    }

    #[derive(Debug, Deserialize, JsonSchema, PartialEq)]
    struct Echo {
        text: String,
        #[serde(default = "one")]
        #[schemars(range(min = 1, max = 5))]
        count: i64,
        address: Option<Address>,
    }

    #[derive(Debug, Deserialize, JsonSchema, PartialEq)]
    struct Address {
        zip_code: String,
        #[serde(default)]
        street_lines: Vec<String>,
    }

    #[derive(Debug, Default, Deserialize, JsonSchema, PartialEq)]
    struct Bye {
        code: Option<u16>,
    }

    fn one() -> i64 {
        1
    }

    fn read(frame: Value) -> Result<In, Vec<Value>> {
        let frame = frame.as_object().cloned().unwrap_or_default();
        let read = Messages::<In>::new().read(&frame, false);
        read.map_err(|faults| faults.iter().map(|fault| fault.to_json(&[])).collect())
    }

    fn kinds(frame: Value) -> Vec<(String, Value)> {
        let faults = read(frame).unwrap_err().into_iter();
        let kind = |fault: Value| {
            (
                fault["type"].as_str().unwrap().to_owned(),
                fault["loc"].clone(),
            )
        };
        faults.map(kind).collect()
    }

    #[test]
    fn good_messages_are_read() {
        assert_eq!(read(json!({"action": "ping"})), Ok(In::Ping));
        assert_eq!(
            read(json!({"action": "ping", "payload": null})),
            Ok(In::Ping)
        );
        assert_eq!(read(json!({"action": "bye"})), Ok(In::Bye(None)));
        let say = json!({"action": "say", "payload": {"text": "a", "more": 1}});
        assert_eq!(read(say), Ok(In::Say { text: "a".into() }));
        let echo = json!({"action": "echo", "payload": {"text": "a", "count": "2"}});
        let want = Echo {
            text: "a".into(),
            count: 2,
            address: None,
        };
        assert_eq!(read(echo), Ok(In::Echo(want)));
    }

    #[test]
    fn each_wrong_field_has_its_fault() {
        let echo = json!({"action": "echo", "payload": {"text": 5, "count": "many", "address": {"zip_code": 1}}});
        let want = [
            ("string_type".to_owned(), json!(["echo", "payload", "text"])),
            (
                "int_parsing".to_owned(),
                json!(["echo", "payload", "count"]),
            ),
            (
                "string_type".to_owned(),
                json!(["echo", "payload", "address", "zip_code"]),
            ),
        ];
        assert_eq!(kinds(echo), want);
        let over = json!({"action": "echo", "payload": {"text": "a", "count": 6}});
        assert_eq!(kinds(over)[0].0, "less_than_equal");
        let lines = json!({"action": "echo", "payload": {"text": "a", "address": {"zip_code": "1", "street_lines": ["a", 2]}}});
        assert_eq!(
            kinds(lines)[0].1,
            json!(["echo", "payload", "address", "street_lines", 1])
        );
    }

    #[test]
    fn wrong_actions_and_payloads_are_told_apart() {
        assert_eq!(kinds(json!({}))[0].0, "union_tag_not_found");
        assert_eq!(kinds(json!({"action": 1}))[0].0, "union_tag_invalid");
        assert_eq!(
            kinds(json!({"action": "ping", "payload": {}}))[0].0,
            "none_required"
        );
        assert_eq!(kinds(json!({"action": "echo"}))[0].0, "missing");
        assert_eq!(
            kinds(json!({"action": "echo", "payload": null}))[0].0,
            "model_type"
        );
        assert_eq!(
            kinds(json!({"action": "echo", "payload": {}}))[0].0,
            "missing"
        );
    }
}
