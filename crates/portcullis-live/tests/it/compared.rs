//! What an answer is compared with: keys, orders, extremes, and all that came along.

use serde_json::Value as Json;

use crate::random::{FIELDS, is_relation};
use crate::reference::{Seen, Sight, key_name};
use crate::world::World;

/// 403 for what may not be asked, and otherwise what `compare` says.
pub(crate) fn check(
    is_allowed: bool,
    status: u16,
    answer: &Json,
    node: &Json,
    compare: impl FnOnce(),
) {
    match is_allowed {
        true => {
            assert_eq!(status, 200, "{node} {answer}");
            compare();
        }
        false => assert_eq!(status, 403, "{node} {answer}"),
    }
}

pub(crate) fn compare_keys(rows: &[(Seen<'_>, usize)], data: &[Json], what: &str) {
    let mut expected: Vec<String> = rows
        .iter()
        .flat_map(|(seen, times)| std::iter::repeat_n(seen.key().to_string(), *times))
        .collect();
    let mut found: Vec<String> = data.iter().map(ToString::to_string).collect();
    expected.sort();
    found.sort();
    assert_eq!(found, expected, "{what}");
}

/// Every object that came along can be seen, and so can each of its fields and keys.
pub(crate) fn compare_included(world: &World, sight: &Sight, answer: &Json) {
    for (model, objects) in answer["data"]["included"].as_object().unwrap() {
        let model = FIELDS
            .iter()
            .map(|(name, _)| *name)
            .find(|name| name == model)
            .unwrap();
        let all = world.rows.all(model);
        for object in objects.as_object().unwrap().values() {
            let key = &object[key_name(model)];
            assert!(sight.row(model, key), "{model} {key} came along");
            let seen = all.iter().find(|seen| seen.key() == key).unwrap();
            for (name, shown) in object.as_object().unwrap() {
                if name == "repr" || name == key_name(model) {
                    continue;
                }
                assert!(sight.field(model, name), "{model} {name} is shown");
                if is_relation(model, name) {
                    compare_relation(sight, seen, name, shown);
                } else if let Some(own) = seen.row.own.get(name) {
                    assert_eq!(own, shown, "{model} {name}");
                }
            }
        }
    }
}

pub(crate) fn compare_relation(sight: &Sight, seen: &Seen<'_>, name: &str, shown: &Json) {
    let visible: Vec<Json> = sight
        .at(seen, name)
        .iter()
        .map(|o| o.key().clone())
        .collect();
    match shown {
        Json::Array(keys) => {
            let mut keys: Vec<String> = keys.iter().map(ToString::to_string).collect();
            let mut expected: Vec<String> = visible.iter().map(ToString::to_string).collect();
            keys.sort();
            expected.sort();
            assert_eq!(keys, expected, "{} {name}", seen.model);
        }
        one => assert_eq!(one, visible.first().unwrap_or(&Json::Null), "{name}"),
    }
}

pub(crate) fn compare_order(rows: &[(Seen<'_>, usize)], data: &[Json], name: &str, kind: &str) {
    let own = |key: &Json| {
        let row = rows.iter().find(|(seen, _)| seen.key() == key);
        sortable(kind, &row.unwrap().0.row.own[name])
    };
    // Where NULLs stand is the engine's.
    let values: Vec<String> = data.iter().filter_map(own).collect();
    assert!(values.is_sorted(), "{name}: {values:?}");
}

/// A text that sorts as the value does; none for NULL.
pub(crate) fn sortable(kind: &str, value: &Json) -> Option<String> {
    match value {
        Json::Null => None,
        Json::Bool(truth) => Some(u8::from(*truth).to_string()),
        Json::Number(number) => Some(format!("{:05}", number.as_i64().unwrap() + 1000)),
        Json::String(text) if kind == "time" => Some(text.replace('Z', "")),
        other => other.as_str().map(str::to_owned),
    }
}

pub(crate) fn extreme(
    sight: &Sight,
    rows: &[(Seen<'_>, usize)],
    name: &str,
    kind: &str,
    is_least: bool,
) -> Json {
    let values = rows.iter().filter_map(|(seen, _)| {
        let value = match is_relation(seen.model, name) {
            true => sight
                .at(seen, name)
                .first()
                .map(|other| other.key().clone())?,
            false => seen.row.own[name].clone(),
        };
        Some((sortable(kind, &value)?, value))
    });
    let found = match is_least {
        true => values.min_by(|left, right| left.0.cmp(&right.0)),
        false => values.max_by(|left, right| left.0.cmp(&right.0)),
    };
    found.map(|(_, value)| value).unwrap_or_default()
}
