//! What is wrong with a body, by field.

use serde_json::{Value, json};

/// Errors by field, as the 400 answer has them: `{"email": ["This field is required."]}`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldErrors(Vec<(&'static str, Vec<String>)>);

impl FieldErrors {
    /// One error of one field.
    #[must_use]
    pub fn one(field: &'static str, text: impl Into<String>) -> Self {
        Self(vec![(field, vec![text.into()])])
    }

    /// One error of the whole form, under `non_field_errors`.
    #[must_use]
    pub fn form(text: impl Into<String>) -> Self {
        Self::one("non_field_errors", text)
    }

    /// The error of a body that is no object, by its Python name.
    #[must_use]
    pub fn not_a_dictionary(value: &Value) -> Self {
        let kind = match value {
            Value::Null => return Self::form("No data provided"),
            Value::Array(_) => "list",
            Value::String(_) => "str",
            Value::Bool(_) => "bool",
            Value::Number(number) if number.is_f64() => "float",
            Value::Number(_) => "int",
            Value::Object(_) => "dict",
        };
        Self::form(format!(
            "Invalid data. Expected a dictionary, but got {kind}."
        ))
    }

    /// Adds the errors of one field.
    pub fn add(&mut self, field: &'static str, texts: Vec<String>) {
        self.0.push((field, texts));
    }

    /// Adds all errors of others.
    pub fn append(&mut self, others: Self) {
        self.0.extend(others.0);
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// `Ok` when nothing is wrong.
    ///
    /// # Errors
    /// These errors, when there are any.
    pub fn into_result(self) -> Result<(), Self> {
        if self.0.is_empty() { Ok(()) } else { Err(self) }
    }

    /// The body of the 400 answer.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let pairs = self
            .0
            .iter()
            .map(|(field, texts)| ((*field).to_owned(), json!(texts)));
        Value::Object(pairs.collect())
    }
}
