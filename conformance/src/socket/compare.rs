//! Where the events of a case are others than wanted.

use serde_json::{Map, Value};

use super::case::Segment;

/// What is recorded for a reader, and not compared.
const NOT_COMPARED: [&str; 4] = ["headers", "reason_phrase", "body_start", "reason"];

/// The first difference. The wording of validation errors is free.
#[must_use]
pub fn compare(want: &[Segment], got: &[Segment]) -> Option<String> {
    want.iter().find_map(|wanted| {
        let found = got.iter().find(|segment| segment.step == wanted.step);
        let nothing = Map::new();
        let found = found.map_or(&nothing, |segment| &segment.events);
        let path = format!("step {}", wanted.step);
        differs(
            &Value::Object(wanted.events.clone()),
            &Value::Object(found.clone()),
            &path,
        )
    })
}

/// How many events a list, or a placeholder for one, waits for.
#[must_use]
pub fn least(events: &Value) -> usize {
    match events {
        Value::Object(choice) => match (choice.get("<oneof>"), choice.get("<unordered>")) {
            (Some(Value::Array(lists)), _) => lists.iter().map(least).min().unwrap_or(0),
            (_, Some(Value::Array(list))) => list.len(),
            _ => 0,
        },
        Value::Array(list) => list.iter().filter(|event| **event != "<rest>").count(),
        _ => 1,
    }
}

fn differs(want: &Value, got: &Value, path: &str) -> Option<String> {
    let says = |is_same: bool| (!is_same).then(|| format!("{path}: want {want}, got {got}"));
    match want.as_str() {
        Some("<any>") => return None,
        Some("<str>") => return says(got.is_string()),
        Some("<int>") => return says(got.is_i64() || got.is_u64()),
        Some("<list>") => return says(got.is_array()),
        Some("<dict>") => return says(got.is_object()),
        Some("<ends>") => {
            let last = got.as_array().and_then(|events| events.last());
            let ends = |event: &Value| event.get("close").is_some() || event.get("eof").is_some();
            return says(last.is_some_and(ends));
        }
        _ => {}
    }
    if let Some(choices) = want["<oneof>"].as_array() {
        return says(
            choices
                .iter()
                .any(|choice| differs(choice, got, path).is_none()),
        );
    }
    if let Some(wanted) = want["<unordered>"].as_array() {
        let mut left = got.as_array().cloned().unwrap_or_default();
        for want in wanted {
            let hit = left
                .iter()
                .position(|got| differs(want, got, path).is_none());
            let Some(hit) = hit else {
                return Some(format!("{path}: missing {want} among {got}"));
            };
            left.remove(hit);
        }
        return says(left.is_empty());
    }
    match (want, got) {
        (Value::Object(want), Value::Object(got)) => fields_differ(want, got, path),
        (Value::Array(want), Value::Array(got)) => {
            for place in 0..want.len().max(got.len()) {
                let path = format!("{path}[{place}]");
                match (want.get(place), got.get(place)) {
                    (Some(want), _) if *want == "<rest>" => return None,
                    (Some(want), None) => return Some(format!("{path}: missing, want {want}")),
                    (None, Some(got)) => return Some(format!("{path}: not wanted, got {got}")),
                    (Some(want), Some(got)) => {
                        if let Some(found) = differs(want, got, &path) {
                            return Some(found);
                        }
                    }
                    (None, None) => {}
                }
            }
            None
        }
        (Value::Number(a), Value::Number(b)) => says(a.as_f64() == b.as_f64()),
        _ => says(want == got),
    }
}

fn fields_differ(
    want: &Map<String, Value>,
    got: &Map<String, Value>,
    path: &str,
) -> Option<String> {
    let is_validation = want.contains_key("loc");
    let is_event = ["handshake", "close", "http"]
        .iter()
        .any(|key| want.contains_key(*key));
    let is_compared = |name: &&String| {
        let is_free = is_validation && *name == "msg";
        !(is_free || is_event && NOT_COMPARED.contains(&name.as_str()))
    };
    for (name, want) in want.iter().filter(|(name, _)| is_compared(name)) {
        let path = format!("{path}.{name}");
        match got.get(name) {
            Some(got) => {
                if let Some(found) = differs(want, got, &path) {
                    return Some(found);
                }
            }
            None if *want == "<any>" => {}
            None => return Some(format!("{path}: missing, want {want}")),
        }
    }
    let mut names = got.keys().filter(is_compared);
    let more = names.find(|name| !want.contains_key(*name))?;
    Some(format!("{path}.{more}: not wanted, got {}", got[more]))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn placeholders_stand_for_what_they_say() {
        let same = |want: Value, got: Value| differs(&want, &got, "").is_none();
        assert!(same(json!(["<int>", "<rest>"]), json!([1, 2, 3])));
        assert!(!same(json!(["<int>"]), json!(["1"])));
        assert!(same(json!({"<oneof>": [1, 2]}), json!(2)));
        assert!(same(json!({"<unordered>": [1, 2]}), json!([2, 1])));
        assert!(!same(json!({"<unordered>": [1, 2]}), json!([2, 1, 1])));
        assert!(same(
            json!("<ends>"),
            json!([{"ping": "seen"}, {"eof": true}])
        ));
        let error = json!({"type": "missing", "loc": [], "msg": "x"});
        assert!(same(
            error,
            json!({"type": "missing", "loc": [], "msg": "y"})
        ));
        assert!(same(
            json!({"close": 1000, "reason": "a"}),
            json!({"close": 1000})
        ));
        assert!(!same(json!({"a": null}), json!({})));
        assert_eq!(least(&json!({"<oneof>": [[1, 2], [1]]})), 1);
    }
}
