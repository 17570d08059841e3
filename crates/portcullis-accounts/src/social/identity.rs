//! Who somebody is at a provider.

use portcullis_core::{SocialKey, SocialProfile};
use portcullis_django::validators::plain_email;
use serde_json::{Map, Value};

use super::ProviderError;

/// The width of allauth's column, in characters.
const MAX_SUBJECT: usize = 191;

/// The width of Django's columns of names, in characters.
const MAX_NAME: usize = 150;

/// The width of the column of addresses that are usernames, too, in characters.
const MAX_EMAIL: usize = 150;

/// More than this is not kept of what a provider says, in bytes.
const MAX_EXTRA: usize = 16 * 1024;

/// What a provider says about somebody: checked and bounded, since providers let people choose.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Identity {
    /// What the provider calls them for ever.
    subject: String,
    /// Their address, as it may be signed up with; `None` where there is none, or none that can be used.
    pub email: Option<String>,
    /// Whether the provider vouches for the address being theirs; `None`: it does not say.
    pub is_email_verified: Option<bool>,
    /// Given name, or empty.
    pub first_name: String,
    /// Family name, or empty.
    pub last_name: String,
    /// What else it says, to be kept with the account.
    pub extra: Map<String, Value>,
}

impl Identity {
    /// Somebody by what the provider calls them for ever: a text, as of OpenID Connect's `sub`.
    ///
    /// # Errors
    /// [`ProviderError::Answer`] where it is missing, empty, longer than 191 characters, something else than a
    /// text, or holds what is not visible.
    ///
    /// ```
    /// use portcullis_accounts::social::Identity;
    /// use serde_json::{Value, json};
    /// assert_eq!(Identity::of_text(&json!("a1"))?.subject(), "a1");
    /// for odd in [Value::Null, json!(""), json!(7), json!(["a"]), json!("a\u{0}")] {
    ///     assert!(Identity::of_text(&odd).is_err(), "{odd}");
    /// }
    /// # Ok::<(), portcullis_accounts::social::ProviderError>(())
    /// ```
    pub fn of_text(subject: &Value) -> Result<Self, ProviderError> {
        let text = subject.as_str().filter(|text| is_subject(text));
        let text = text.ok_or(ProviderError::Answer("no usable subject"))?;
        Ok(Self::new(text.to_owned()))
    }

    /// Somebody by a number, as GitHub's `id`; a text of digits is one, too.
    ///
    /// # Errors
    /// [`ProviderError::Answer`] where it is neither, or not above nothing.
    pub fn of_number(subject: &Value) -> Result<Self, ProviderError> {
        let number = match subject {
            Value::Number(number) => number.as_u64(),
            Value::String(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => {
                text.parse().ok()
            }
            _ => None,
        };
        let number = number.filter(|number| *number > 0);
        let number = number.ok_or(ProviderError::Answer("no usable number"))?;
        Ok(Self::new(number.to_string()))
    }

    fn new(subject: String) -> Self {
        Self {
            subject,
            email: None,
            is_email_verified: None,
            first_name: String::new(),
            last_name: String::new(),
            extra: Map::new(),
        }
    }

    /// What the provider calls them for ever.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// With an address, where it is one that may be signed up with, and whether the provider vouches for it.
    #[must_use]
    pub fn with_email(mut self, email: Option<&str>, is_verified: Option<bool>) -> Self {
        let plain = email.and_then(plain_email);
        self.email = plain
            .map(|email| email.to_lowercase())
            .filter(|email| !email.is_empty() && email.chars().nth(MAX_EMAIL).is_none());
        self.is_email_verified = is_verified.filter(|_| self.email.is_some());
        self
    }

    /// With names, cut to what the columns hold.
    #[must_use]
    pub fn with_names(mut self, first: Option<&str>, last: Option<&str>) -> Self {
        let shown = |name: Option<&str>| {
            let visible = name.unwrap_or_default().chars();
            let visible = visible.filter(|character| !character.is_control());
            visible.take(MAX_NAME).collect::<String>().trim().to_owned()
        };
        (self.first_name, self.last_name) = (shown(first), shown(last));
        self
    }

    /// With what else the provider says.
    #[must_use]
    pub fn with_extra(mut self, extra: Map<String, Value>) -> Self {
        self.extra = extra;
        self
    }

    /// What is written down.
    pub(crate) fn profile(&self, provider: &str) -> SocialProfile {
        let text = Value::Object(self.extra.clone()).to_string();
        // PostgreSQL's JSON has no place for a NUL.
        let is_kept = text.len() <= MAX_EXTRA && !text.contains("\\u0000");
        SocialProfile {
            key: SocialKey {
                provider: provider.to_owned(),
                uid: self.subject.clone(),
            },
            extra_data: if is_kept { text } else { "{}".to_owned() },
        }
    }
}

fn is_subject(text: &str) -> bool {
    let is_short = text.chars().nth(MAX_SUBJECT).is_none();
    let is_visible = |character: char| !character.is_control() && !character.is_whitespace();
    !text.is_empty() && is_short && text.chars().all(is_visible)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_are_whole_and_above_nothing() {
        for (subject, wanted) in [
            (json!(7), Some("7")),
            (json!("7"), Some("7")),
            (json!("007"), Some("7")),
            (json!(0), None),
            (json!(-7), None),
            (json!(7.5), None),
            (json!("7a"), None),
            (json!(""), None),
            (json!(true), None),
            (json!(null), None),
        ] {
            let identity = Identity::of_number(&subject).ok();
            assert_eq!(
                identity.as_ref().map(Identity::subject),
                wanted,
                "{subject}"
            );
        }
    }

    #[test]
    fn what_no_column_holds_is_not_kept() {
        let identity = Identity::of_text(&json!("a")).unwrap();
        let long = "x".repeat(MAX_EXTRA);
        for odd in [json!("\u{0}"), json!(long)] {
            let extra = Map::from_iter([("name".to_owned(), odd)]);
            let profile = identity.clone().with_extra(extra).profile("github");
            assert_eq!(profile.extra_data, "{}");
        }
        let named = identity.with_names(Some("A\u{0}da\n"), Some(&"y".repeat(200)));
        assert_eq!(
            (named.first_name.as_str(), named.last_name.len()),
            ("Ada", 150)
        );
        let odd = named.with_email(Some("not an address"), Some(true));
        assert_eq!((odd.email, odd.is_email_verified), (None, None));
    }
}
