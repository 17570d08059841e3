//! The first place where two answers differ.

use serde_json::{Map, Value};

use super::case::Strictness;

/// What differs, or nothing.
pub(super) fn difference(
    expected: &Map<String, Value>,
    got: &Map<String, Value>,
    strictness: Strictness,
) -> Option<String> {
    let mut sides = [expected.clone(), got.clone()];
    for side in &mut sides {
        side.remove("events");
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
            Strictness::Status => side.retain(|name, _| name == "status"),
        }
    }
    let [expected, got] = sides;
    differs(&Value::Object(expected), &Value::Object(got), "")
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
