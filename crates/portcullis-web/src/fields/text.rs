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
    may_be_blank: bool,
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
            may_be_blank: false,
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

    /// The empty text is one, too.
    #[doc(alias = "allow_blank")]
    #[must_use]
    pub const fn or_blank(self) -> Self {
        Self {
            may_be_blank: true,
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

    /// The text of a field, or all that is wrong with it.
    pub(super) fn check(self, value: Option<&Value>) -> Result<String, Vec<String>> {
        let one = |text: &str| Err(vec![text.to_owned()]);
        let text = match value {
            None => return one("This field is required."),
            Some(Value::Null) => return one("This field may not be null."),
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            Some(Value::Bool(_) | Value::Array(_) | Value::Object(_)) => {
                return one(match self.is_email {
                    true => "Enter a valid email address.",
                    false => "Not a valid string.",
                });
            }
        };
        let cleaned = if self.keeps_outer_blanks {
            text.as_str()
        } else {
            text.trim()
        };
        if cleaned.is_empty() && self.may_be_blank {
            return Ok(String::new());
        }
        if cleaned.is_empty() {
            return one("This field may not be blank.");
        }
        let faults = self.faults(cleaned);
        if faults.is_empty() {
            Ok(cleaned.to_owned())
        } else {
            Err(faults)
        }
    }

    /// What the validators say, in DRF's order.
    fn faults(self, text: &str) -> Vec<String> {
        let mut faults = Vec::new();
        if let Some(max) = self.max_characters
            && text.chars().nth(max).is_some()
        {
            faults.push(format!(
                "Ensure this field has no more than {max} characters."
            ));
        }
        if text.contains('\0') {
            faults.push("Null characters are not allowed.".to_owned());
        }
        if let Some(surrogate) = surrogates::find(text) {
            faults.push(format!(
                "Surrogate characters are not allowed: U+{surrogate:04X}."
            ));
        }
        if let Some(error) = self.is_email.then(|| validate_email(text).err()).flatten() {
            faults.push(error.message);
        }
        faults
    }
}
