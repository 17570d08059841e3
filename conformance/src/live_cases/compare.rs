//! The first place where two answers differ.

use serde_json::{Map, Value};

use super::case::Strictness;

/// What differs, or nothing.
pub(super) fn difference(
    expected: &Map<String, Value>,
    got: &Map<String, Value>,
    strictness: Strictness,
    is_quirk: bool,
) -> Option<String> {
    let mut sides = [expected.clone(), got.clone()];
    let has_events = got.contains_key("events");
    for side in &mut sides {
        match side.get_mut("events") {
            Some(Value::Array(events)) if has_events => {
                if !is_quirk {
                    events.iter_mut().for_each(without_key);
                }
                *events = match sorted(std::mem::take(events)) {
                    Value::Array(events) => events,
                    _ => Vec::new(),
                };
            }
            _ => drop(side.remove("events")),
        }
        match strictness {
            Strictness::Strict => {}
            Strictness::NoDetail => {
                if let Some(Value::Object(body)) = side.get_mut("json") {
                    for name in ["detail", "error"] {
                        if let Some(text) = body.get_mut(name) {
                            *text = "<any>".into();
                        }
                    }
                }
            }
            Strictness::Status => {
                side.retain(|name, _| matches!(name.as_str(), "status" | "events"))
            }
        }
    }
    let [expected, got] = sides;
    differs(&Value::Object(expected), &Value::Object(got), "")
}

/// Events in one order.
pub(super) fn sorted(mut events: Vec<Value>) -> Value {
    // Names of one object are in one order before its text is compared.
    events.sort_by_cached_key(|event| {
        let map = event.as_object();
        let name = |key: &str| map.and_then(|map| map.get(key)).map(Value::to_string);
        let data = &event["data"];
        (
            name("channel"),
            name("event"),
            data["instances"].to_string(),
        )
    });
    Value::Array(events)
}

/// The recorded server loses the key of a single deletion; one that has it is right.
fn without_key(event: &mut Value) {
    if event["event"] == "delete"
        && let Some(Value::Array(keys)) = event.pointer_mut("/data/instances")
        && let [key] = keys.as_mut_slice()
    {
        *key = "<key>".into();
    }
}

fn differs(expected: &Value, got: &Value, path: &str) -> Option<String> {
    let say = |text: String| Some(format!("{path}: {text}"));
    match (expected, got) {
        (Value::Object(left), Value::Object(right)) => {
            if let Some(name) = left.keys().find(|name| !right.contains_key(*name)) {
                return say(format!("{name} is missing"));
            }
            if let Some(name) = right.keys().find(|name| !left.contains_key(*name)) {
                return say(format!("{name} was not expected"));
            }
            left.iter().find_map(|(name, value)| {
                let other = right.get(name)?;
                differs(value, other, &format!("{path}/{name}"))
            })
        }
        (Value::Array(left), Value::Array(right)) => {
            if left.len() != right.len() {
                return say(format!(
                    "{} items expected, {} came",
                    left.len(),
                    right.len()
                ));
            }
            let pairs = left.iter().zip(right).enumerate();
            pairs
                .into_iter()
                .find_map(|(index, (l, r))| differs(l, r, &format!("{path}/{index}")))
        }
        (Value::Number(left), Value::Number(right)) => {
            let (left, right) = (left.as_f64()?, right.as_f64()?);
            match (left - right).abs() <= 1e-9 * left.abs().max(1.0) {
                true => None,
                false => say(format!("{left} expected, {right} came")),
            }
        }
        _ if expected == got => None,
        _ => {
            let short = |value: &Value| value.to_string().chars().take(160).collect::<String>();
            say(format!("{} expected, {} came", short(expected), short(got)))
        }
    }
}
