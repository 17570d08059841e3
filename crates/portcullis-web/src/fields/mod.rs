//! The fields of a body: reading it as JSON or a form, and DRF's rules for single fields.

mod body;
mod errors;
mod json_depth;
mod surrogates;
mod text;

pub use body::{Body, MAX_BODY_BYTES};
pub use errors::FieldErrors;
pub use json_depth::MAX_JSON_DEPTH;
pub use text::TextRule;

use axum::extract::{FromRequest, Request};
use serde_json::{Map, Value};

use crate::refusal::Refusal;

/// The fields of a JSON or form body; an empty body has none, unknown fields are ignored.
///
/// As an extractor it reads at most [`MAX_BODY_BYTES`] and refuses other media types with 415.
#[doc(alias = "request.data")]
#[derive(Clone, Debug, Default)]
pub struct Fields(Map<String, Value>);

impl<S: Send + Sync> FromRequest<S> for Fields {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &S) -> Result<Self, Refusal> {
        match Body::read(request).await?.parse().await? {
            None => Ok(Self::default()),
            Some(Value::Object(fields)) => Ok(Self(fields)),
            Some(other) => Err(FieldErrors::not_a_dictionary(&other).into()),
        }
    }
}

impl From<Map<String, Value>> for Fields {
    /// For what was read in another way.
    fn from(fields: Map<String, Value>) -> Self {
        Self(fields)
    }
}

impl Fields {
    /// The fields as they came.
    #[must_use]
    pub fn into_map(self) -> Map<String, Value> {
        self.0
    }

    /// Whether the body has that field at all.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Whether a field says yes: `true` or `1`, or the text of either in any letter case.
    #[must_use]
    pub fn is_true(&self, name: &str) -> bool {
        match self.0.get(name) {
            Some(Value::Bool(value)) => *value,
            Some(Value::Number(number)) => number.as_i64() == Some(1),
            Some(Value::String(text)) => {
                text.trim().eq_ignore_ascii_case("true") || text.trim() == "1"
            }
            _ => false,
        }
    }

    /// A text field by its rule; what is wrong goes to `errors`, and the answer is then empty.
    pub fn text(&self, rule: TextRule, errors: &mut FieldErrors) -> String {
        rule.check(self.0.get(rule.name)).unwrap_or_else(|faults| {
            errors.add(rule.name, faults);
            String::new()
        })
    }

    /// A text field that may be left out.
    pub fn optional_text(&self, rule: TextRule, errors: &mut FieldErrors) -> Option<String> {
        self.has(rule.name).then(|| self.text(rule, errors))
    }
}
