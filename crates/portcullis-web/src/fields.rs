//! The fields of a body, read as DRF's serializers read them.

use axum::extract::{FromRequest, Request};
use http::header;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde_json::{Map, Value, json};

use crate::json_depth::{MAX_JSON_DEPTH, is_too_deep};
use crate::refusal::Refusal;

/// The largest JSON or form body that is read: 1 MiB.
pub const MAX_BODY_BYTES: usize = 1024 * 1024;

/// How many fields a form may have.
const MAX_FORM_FIELDS: usize = 1000;

/// What is wrong with a body, by field: `{"email": ["This field is required."]}`.
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

    /// Adds the errors of one field.
    pub fn add(&mut self, field: &'static str, texts: Vec<String>) {
        self.0.push((field, texts));
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
        Value::Object(
            self.0
                .iter()
                .map(|(field, texts)| ((*field).to_owned(), json!(texts)))
                .collect(),
        )
    }
}

/// The fields of a JSON or form body; an empty body has none.
///
/// As an extractor it reads at most [`MAX_BODY_BYTES`] and refuses other media types with 415.
#[doc(alias = "request.data")]
#[derive(Clone, Debug, Default)]
pub struct Fields(Map<String, Value>);

impl<S: Send + Sync> FromRequest<S> for Fields {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &S) -> Result<Self, Refusal> {
        let declared = request
            .headers()
            .get(header::CONTENT_LENGTH)
            .and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
        if declared.is_some_and(|length| length > MAX_BODY_BYTES as u64) {
            return Err(Refusal::TooLarge);
        }
        let sent = request.headers().get(header::CONTENT_TYPE);
        let sent = String::from_utf8_lossy(sent.map_or(b"", |value| value.as_bytes())).into_owned();
        let body = Limited::new(request.into_body(), MAX_BODY_BYTES)
            .collect()
            .await;
        let body = match body {
            Ok(body) => body.to_bytes(),
            Err(error) if error.is::<LengthLimitError>() => return Err(Refusal::TooLarge),
            Err(_) => {
                return Err(Refusal::Malformed(
                    "The request body ended early.".to_owned(),
                ));
            }
        };
        if body.is_empty() {
            return Ok(Self::default());
        }
        match sent
            .split(';')
            .next()
            .unwrap_or("")
            .trim()
            .to_ascii_lowercase()
            .as_str()
        {
            "application/json" | "*/*" => Self::from_json(&body),
            "application/x-www-form-urlencoded" => Self::from_form(&body),
            _ => Err(Refusal::UnsupportedMediaType(sent)),
        }
    }
}

impl Fields {
    fn from_json(body: &[u8]) -> Result<Self, Refusal> {
        if is_too_deep(body) {
            let text = format!("JSON parse error - nested deeper than {MAX_JSON_DEPTH} levels");
            return Err(Refusal::Malformed(text));
        }
        let value = serde_json::from_slice(body)
            .map_err(|error| Refusal::Malformed(format!("JSON parse error - {error}")))?;
        let kind = match value {
            Value::Object(fields) => return Ok(Self(fields)),
            Value::Null => return Err(FieldErrors::form("No data provided").into()),
            Value::Array(_) => "list",
            Value::String(_) => "str",
            Value::Bool(_) => "bool",
            Value::Number(number) if number.is_f64() => "float",
            Value::Number(_) => "int",
        };
        let text = format!("Invalid data. Expected a dictionary, but got {kind}.");
        Err(FieldErrors::form(text).into())
    }

    fn from_form(body: &[u8]) -> Result<Self, Refusal> {
        if body.iter().filter(|byte| **byte == b'&').count() >= MAX_FORM_FIELDS {
            return Err(Refusal::Malformed("Too many form fields.".to_owned()));
        }
        let pairs: Vec<(String, String)> = serde_urlencoded::from_bytes(body)
            .map_err(|error| Refusal::Malformed(format!("Form parse error - {error}")))?;
        Ok(Self(
            pairs
                .into_iter()
                .map(|(name, value)| (name, Value::String(value)))
                .collect(),
        ))
    }

    /// Whether the body has that field at all.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// A required text of at most `max` characters, with the outer blanks cut off.
    pub fn text(&self, name: &'static str, max: usize, errors: &mut FieldErrors) -> String {
        self.required(name, max, str::trim, errors)
    }

    /// A required text taken as it is: passwords keep their blanks.
    pub fn exact_text(&self, name: &'static str, max: usize, errors: &mut FieldErrors) -> String {
        self.required(name, max, |text| text, errors)
    }

    fn required(
        &self,
        name: &'static str,
        max: usize,
        clean: fn(&str) -> &str,
        errors: &mut FieldErrors,
    ) -> String {
        let text = match self.0.get(name) {
            None => Err("This field is required.".to_owned()),
            Some(Value::Null) => Err("This field may not be null.".to_owned()),
            Some(Value::String(text)) => Ok(text.clone()),
            Some(Value::Number(number)) => Ok(number.to_string()),
            Some(Value::Bool(_) | Value::Array(_) | Value::Object(_)) => {
                Err("Not a valid string.".to_owned())
            }
        };
        let checked = text.and_then(|text| {
            let cleaned = clean(&text);
            if cleaned.trim().is_empty() {
                Err("This field may not be blank.".to_owned())
            } else if cleaned.contains('\0') {
                Err("Null characters are not allowed.".to_owned())
            } else if cleaned.chars().nth(max).is_some() {
                Err(format!(
                    "Ensure this field has no more than {max} characters."
                ))
            } else {
                Ok(cleaned.to_owned())
            }
        });
        checked.unwrap_or_else(|text| {
            errors.add(name, vec![text]);
            String::new()
        })
    }
}
