//! A row of a model, with all of its own fields, for the application's own functions.

use serde_json::{Map, Value as Json};

/// The own fields of a row as JSON, whoever asks: what computed fields, texts and object permissions look at.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record(pub(crate) Map<String, Json>);

const NULL: Json = Json::Null;

impl Record {
    /// A record of these fields.
    #[must_use]
    pub fn new(fields: Map<String, Json>) -> Self {
        Self(fields)
    }

    /// A field; null when there is none of that name. Decimals, times and UUIDs are text.
    #[must_use]
    pub fn get(&self, name: &str) -> &Json {
        self.0.get(name).unwrap_or(&NULL)
    }

    /// A text field; empty when it is none.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        self.get(name).as_str().unwrap_or_default()
    }

    /// An integer field; 0 when it is none.
    #[must_use]
    pub fn integer(&self, name: &str) -> i64 {
        self.get(name).as_i64().unwrap_or_default()
    }

    /// A number field, decimals too; 0 when it is none.
    #[must_use]
    pub fn number(&self, name: &str) -> f64 {
        let value = self.get(name);
        let parsed = value.as_str().and_then(|text| text.parse().ok());
        value.as_f64().or(parsed).unwrap_or_default()
    }
}
