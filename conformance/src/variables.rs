//! The variables of a case, and the `{{name}}` that stand for them.

use std::sync::LazyLock;

use regex::{Captures, Regex};
use serde_json::{Map, Value};

use crate::error::Blocked;

/// Names may stand for text that holds names; deeper than this they refer to each other.
const DEEPEST: usize = 6;

static NAME: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\{\{\s*([\w.]+)\s*\}\}").ok());

/// The variables of one run of one case.
#[derive(Debug, Clone, Default)]
pub struct Variables(Map<String, Value>);

impl Variables {
    /// Starts with these.
    #[must_use]
    pub fn new(table: Map<String, Value>) -> Self {
        Self(table)
    }

    /// Sets one.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<Value>) {
        self.0.insert(name.into(), value.into());
    }

    /// Reads one as text; empty when it is not there or not text.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        self.0.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.0.iter()
    }

    /// Replaces the names in text, deeply. Text that is one name and nothing else takes the value's type.
    ///
    /// # Errors
    /// When a name stands for nothing, or names refer to each other.
    pub fn fill(&self, value: &Value) -> Result<Value, Blocked> {
        self.fill_to(value, 0)
    }

    /// [`Self::fill`] for text that must stay text.
    ///
    /// # Errors
    /// As [`Self::fill`].
    pub fn fill_text(&self, text: &str) -> Result<String, Blocked> {
        Ok(shown(&self.fill(&Value::from(text))?))
    }

    /// [`Self::fill`] for a table, or for a name that stands for one. Null is an empty one.
    ///
    /// # Errors
    /// As [`Self::fill`], and when it is no table.
    pub fn fill_table(&self, table: &Value) -> Result<Map<String, Value>, Blocked> {
        match self.fill(table)? {
            Value::Object(table) => Ok(table),
            Value::Null => Ok(Map::new()),
            other => Err(Blocked::new(format!("{other} stands where a table must"))),
        }
    }

    fn fill_to(&self, value: &Value, depth: usize) -> Result<Value, Blocked> {
        match value {
            Value::String(text) => self.fill_string(text, depth),
            Value::Array(items) => items.iter().map(|v| self.fill_to(v, depth)).collect(),
            Value::Object(table) => table
                .iter()
                .map(|(name, v)| Ok((name.clone(), self.fill_to(v, depth)?)))
                .collect::<Result<Map<_, _>, Blocked>>()
                .map(Value::Object),
            Value::Null | Value::Bool(_) | Value::Number(_) => Ok(value.clone()),
        }
    }

    fn fill_string(&self, text: &str, depth: usize) -> Result<Value, Blocked> {
        if depth > DEEPEST {
            return Err(Blocked::new(format!(
                "names in {text:?} refer to each other"
            )));
        }
        let Some(pattern) = NAME.as_ref() else {
            return Err(Blocked::new("the pattern of names does not compile"));
        };
        let resolve = |found: &Captures<'_>| {
            let value = dig(self.0.get(first(&found[1])), rest(&found[1]))
                .ok_or_else(|| Blocked::new(format!("nothing is called {}", &found[1])))?;
            self.fill_to(value, depth + 1)
        };
        let mut out = String::new();
        let mut at = 0;
        for found in pattern.captures_iter(text) {
            let Some(whole) = found.get(0) else { continue };
            let value = resolve(&found)?;
            if whole.len() == text.len() {
                return Ok(value);
            }
            out.push_str(&text[at..whole.start()]);
            out.push_str(&shown(&value));
            at = whole.end();
        }
        out.push_str(&text[at..]);
        Ok(Value::String(out))
    }
}

/// A value as it is written into text, a header or a form field.
#[must_use]
pub fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            value.to_string()
        }
    }
}

/// Follows `a.0.b` into a value; an empty path is the value itself.
#[must_use]
pub fn dig<'v>(from: Option<&'v Value>, path: &str) -> Option<&'v Value> {
    let from = from?;
    if path.is_empty() {
        return Some(from);
    }
    let inner = match from {
        Value::Array(items) => items.get(first(path).parse::<usize>().ok()?),
        Value::Object(table) => table.get(first(path)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    };
    dig(inner, rest(path))
}

fn first(path: &str) -> &str {
    path.split('.').next().unwrap_or_default()
}

fn rest(path: &str) -> &str {
    path.split_once('.').map_or("", |(_, rest)| rest)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::Variables;

    fn variables(table: Value) -> Variables {
        Variables::new(table.as_object().cloned().unwrap_or_default())
    }

    #[test]
    fn a_lone_name_keeps_the_type_and_one_inside_text_does_not() {
        let vars = variables(json!({"n": 5, "data": {"a": [1, "{{n}}"]}}));
        assert_eq!(vars.fill(&json!("{{n}}")), Ok(json!(5)));
        assert_eq!(vars.fill(&json!("n={{ n }}")), Ok(json!("n=5")));
        assert_eq!(vars.fill(&json!("{{data}}")), Ok(json!({"a": [1, 5]})));
        assert_eq!(vars.fill(&json!("{{data.a.0}}!")), Ok(json!("1!")));
    }

    #[test]
    fn names_within_names_are_replaced_until_they_turn_in_circles() {
        let vars = variables(json!({"uid": "7", "mail": "u{{uid}}@x", "a": "{{b}}", "b": "{{a}}"}));
        assert_eq!(vars.fill(&json!("<{{mail}}>")), Ok(json!("<u7@x>")));
        let error = vars.fill(&json!("{{a}}")).unwrap_err().to_string();
        assert!(error.contains("refer to each other"), "{error}");
    }

    #[test]
    fn a_table_may_be_written_as_one_name() {
        let vars = variables(json!({"h": {"A": "{{n}}"}, "n": 1, "none": null}));
        let filled = |text: &str| vars.fill_table(&json!(text)).map(Value::Object);
        assert_eq!(filled("{{h}}"), Ok(json!({"A": 1})));
        assert_eq!(filled("{{none}}"), Ok(json!({})));
        assert!(filled("{{n}}").is_err());
    }

    #[test]
    fn an_unknown_name_is_an_error_that_says_it() {
        let error = variables(json!({}))
            .fill(&json!("a {{missing}}"))
            .unwrap_err();
        assert_eq!(error.to_string(), "nothing is called missing");
    }
}
