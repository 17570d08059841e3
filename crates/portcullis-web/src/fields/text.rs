//! The rules for one text field, in DRF's words.

use portcullis_django::validators::validate_email;
use serde_json::Value;

use super::surrogates;

/// What a text field must be like.
#[doc(alias = "CharField")]
#[derive(Clone, Copy, Debug)]
pub struct TextRule {
    pub(super) name: &'static str,
    max_characters: Option<usize>,
    keeps_outer_blanks: bool,
    is_email: bool,
}

impl TextRule {
    /// A required text; the blanks around it are cut off.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            max_characters: None,
            keeps_outer_blanks: false,
            is_email: false,
        }
    }

    /// At most so many characters.
    #[must_use]
    pub const fn max(self, characters: usize) -> Self {
        Self {
            max_characters: Some(characters),
            ..self
        }
    }

    /// Taken as it is: passwords keep their blanks.
    #[doc(alias = "trim_whitespace")]
    #[must_use]
    pub const fn exact(self) -> Self {
        Self {
            keeps_outer_blanks: true,
            ..self
        }
    }

    /// An e-mail address.
    #[doc(alias = "EmailField")]
    #[must_use]
    pub const fn email(self) -> Self {
        Self {
            is_email: true,
            ..self
        }
    }

    /// The text of a field, or what is wrong with it.
    pub(super) fn check(self, value: Option<&Value>) -> Result<String, String> {
        let text = match value {
            None => return Err("This field is required.".to_owned()),
            Some(Value::Null) => return Err("This field may not be null.".to_owned()),
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            Some(Value::Bool(_) | Value::Array(_) | Value::Object(_)) => {
                return Err("Not a valid string.".to_owned());
            }
        };
        let cleaned = if self.keeps_outer_blanks {
            text.as_str()
        } else {
            text.trim()
        };
        if cleaned.trim().is_empty() {
            return Err("This field may not be blank.".to_owned());
        }
        if let Some(max) = self.max_characters
            && cleaned.chars().nth(max).is_some()
        {
            return Err(format!(
                "Ensure this field has no more than {max} characters."
            ));
        }
        if cleaned.contains('\0') {
            return Err("Null characters are not allowed.".to_owned());
        }
        if let Some(surrogate) = surrogates::find(cleaned) {
            return Err(format!(
                "Surrogate characters are not allowed: U+{surrogate:04X}."
            ));
        }
        if self.is_email {
            validate_email(cleaned).map_err(|error| error.message)?;
        }
        Ok(cleaned.to_owned())
    }
}
