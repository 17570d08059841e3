//! Keys in `camelCase` on the wire; values are left alone.

use serde_json::{Map, Value};

/// Renames the keys of objects, also of those inside, to `camelCase`.
pub(crate) fn camelized(value: Value) -> Value {
    renamed(value, camel)
}

/// Renames the keys of objects, also of those inside, to `snake_case`.
pub(crate) fn decamelized(value: Value) -> Value {
    renamed(value, snake)
}

fn renamed(value: Value, rename: fn(&str) -> String) -> Value {
    match value {
        Value::Object(fields) => {
            let fields = fields.into_iter();
            let renamed: Map<String, Value> = fields
                .map(|(name, value)| (rename(&name), renamed(value, rename)))
                .collect();
            Value::Object(renamed)
        }
        Value::Array(items) => {
            let items = items.into_iter().map(|item| renamed(item, rename));
            Value::Array(items.collect())
        }
        other => other,
    }
}

/// One name in `camelCase`.
pub(crate) fn camel(name: &str) -> String {
    let mut camel = String::with_capacity(name.len());
    let mut is_next_upper = false;
    for character in name.chars() {
        if character == '_' && !camel.is_empty() {
            is_next_upper = true;
        } else if is_next_upper {
            camel.extend(character.to_uppercase());
            is_next_upper = false;
        } else {
            camel.push(character);
        }
    }
    camel
}

fn snake(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    for character in name.chars() {
        if character.is_uppercase() && !snake.is_empty() && !snake.ends_with('_') {
            snake.push('_');
        }
        snake.extend(character.to_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn keys_change_both_ways_and_values_do_not() {
        let here = json!({"home_address": {"street_lines": ["a_b"]}, "_x": "c_d"});
        let wire = json!({"homeAddress": {"streetLines": ["a_b"]}, "_x": "c_d"});
        assert_eq!(camelized(here.clone()), wire);
        assert_eq!(decamelized(wire), here);
    }
}
