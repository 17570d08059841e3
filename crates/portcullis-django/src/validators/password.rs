//! The four password validators of a new Django project.

use super::{ValidationError, text, trim};
use flate2::read::GzDecoder;
use std::collections::{HashMap, HashSet};
use std::io::Read as _;
use std::sync::LazyLock;

/// Django 5.2's list of common passwords: gzip, one a line, lower case.
static COMMON_GZ: &[u8] = include_bytes!("../../data/common-passwords.txt.gz");

static COMMON: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let mut list = String::new();
    GzDecoder::new(COMMON_GZ)
        .read_to_string(&mut list)
        .expect("the built-in list of passwords unpacks");
    list.lines().map(|line| trim(line).to_owned()).collect()
});

/// Whether the password, in lower case and trimmed, is on the list of common passwords.
#[doc(alias = "CommonPasswordValidator")]
#[must_use]
pub fn is_common(password: &str) -> bool {
    COMMON.contains(trim(&password.to_lowercase()))
}

/// What a password must not resemble; an empty one is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct UserAttributes<'a> {
    /// The user name.
    pub username: &'a str,
    /// The first name.
    pub first_name: &'a str,
    /// The last name.
    pub last_name: &'a str,
    /// The e-mail address.
    pub email: &'a str,
}

/// Which of the four validators run, and their options.
///
/// ```
/// use portcullis_django::validators::PasswordPolicy;
/// let errors = PasswordPolicy::default().validate("12345678", None);
/// let codes: Vec<_> = errors.iter().map(|error| error.code).collect();
/// assert_eq!(codes, ["password_too_common", "password_entirely_numeric"]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[doc(alias = "AUTH_PASSWORD_VALIDATORS")]
pub struct PasswordPolicy {
    /// Refuse a password at least this similar to an attribute of the user (0.7), if any.
    #[doc(alias = "UserAttributeSimilarityValidator")]
    pub max_similarity: Option<f64>,
    /// Fewest characters (8); 0 for none.
    #[doc(alias = "MinimumLengthValidator")]
    pub min_length: usize,
    /// Refuse common passwords.
    pub refuse_common: bool,
    /// Refuse passwords of digits only.
    #[doc(alias = "NumericPasswordValidator")]
    pub refuse_numeric: bool,
}

impl Default for PasswordPolicy {
    /// All four, as in Django's project template.
    fn default() -> Self {
        Self {
            max_similarity: Some(0.7),
            min_length: 8,
            refuse_common: true,
            refuse_numeric: true,
        }
    }
}

impl PasswordPolicy {
    /// No validators: every password is accepted, as in a project without the setting.
    pub const NONE: Self = Self {
        max_similarity: None,
        min_length: 0,
        refuse_common: false,
        refuse_numeric: false,
    };

    /// All refusals in Django's order; an empty list accepts the password.
    ///
    /// Codes: `password_too_similar`, `password_too_short`, `password_too_common`,
    /// `password_entirely_numeric`.
    #[doc(alias = "validate_password")]
    #[must_use]
    pub fn validate(
        &self,
        password: &str,
        user: Option<&UserAttributes<'_>>,
    ) -> Vec<ValidationError> {
        let mut errors = Vec::new();
        if let (Some(limit), Some(user)) = (self.max_similarity, user) {
            errors.extend(similar_attribute(password, user, limit).map(|label| {
                let message = format!("The password is too similar to the {label}.");
                ValidationError::new("password_too_similar", message)
            }));
        }
        if password.chars().count() < self.min_length {
            let message = format!(
                "This password is too short. It must contain at least {}.",
                characters(self.min_length)
            );
            errors.push(ValidationError::new("password_too_short", message));
        }
        if self.refuse_common && is_common(password) {
            let message = "This password is too common.";
            errors.push(ValidationError::new("password_too_common", message));
        }
        if self.refuse_numeric && !password.is_empty() && password.chars().all(text::is_digit) {
            let message = "This password is entirely numeric.";
            errors.push(ValidationError::new("password_entirely_numeric", message));
        }
        errors
    }

    /// What to tell people who choose a password, one sentence per validator.
    #[doc(alias = "password_validators_help_texts")]
    #[must_use]
    pub fn help_texts(&self) -> Vec<String> {
        let mut texts = Vec::new();
        if self.max_similarity.is_some() {
            let text = "Your password can’t be too similar to your other personal information.";
            texts.push(text.to_owned());
        }
        if self.min_length > 0 {
            let least = characters(self.min_length);
            texts.push(format!("Your password must contain at least {least}."));
        }
        if self.refuse_common {
            texts.push("Your password can’t be a commonly used password.".to_owned());
        }
        if self.refuse_numeric {
            texts.push("Your password can’t be entirely numeric.".to_owned());
        }
        texts
    }
}

fn characters(count: usize) -> String {
    format!("{count} character{}", if count == 1 { "" } else { "s" })
}

/// The label of the first attribute the password resembles.
fn similar_attribute(
    password: &str,
    user: &UserAttributes<'_>,
    limit: f64,
) -> Option<&'static str> {
    let password = password.to_lowercase();
    let attributes = [
        ("username", user.username),
        ("first name", user.first_name),
        ("last name", user.last_name),
        ("email address", user.email),
    ];
    let similar = |value: &str| {
        let value = value.to_lowercase();
        // Split at runs of other characters: an outer run leaves an empty part, as in Python.
        let other = |character: char| !text::is_word(character);
        let outer = (value.starts_with(other) || value.ends_with(other)).then_some("");
        let words = value.split(other).filter(|part| !part.is_empty());
        let mut parts = words.chain(outer).chain([value.as_str()]);
        parts.any(|part| {
            !much_shorter(&password, part, limit) && quick_ratio(&password, part) >= limit
        })
    };
    attributes
        .into_iter()
        .find(|(_, value)| !value.is_empty() && similar(value))
        .map(|(label, _)| label)
}

/// Whether `part` is too short next to the password to be worth comparing.
fn much_shorter(password: &str, part: &str, limit: f64) -> bool {
    let (password, part) = (password.chars().count(), part.chars().count());
    password >= 10 * part && as_float(part) < limit / 2.0 * as_float(password)
}

/// An upper bound of the similarity of two texts, 0 to 1: the share of characters they have in
/// common, in whatever order.
///
/// ```
/// use portcullis_django::validators::quick_ratio;
/// assert_eq!(quick_ratio("saffron", "norffas"), 1.0);
/// assert_eq!(quick_ratio("abcd", "bcde"), 0.75);
/// ```
#[doc(alias = "SequenceMatcher")]
#[must_use]
pub fn quick_ratio(a: &str, b: &str) -> f64 {
    let mut counts: HashMap<char, usize> = HashMap::new();
    let mut length = 0;
    for character in b.chars() {
        *counts.entry(character).or_default() += 1;
        length += 1;
    }
    let mut common = 0;
    for character in a.chars() {
        length += 1;
        if let Some(left) = counts.get_mut(&character).filter(|left| **left > 0) {
            *left -= 1;
            common += 1;
        }
    }
    if length == 0 {
        return 1.0;
    }
    2.0 * as_float(common) / as_float(length)
}

/// Lengths of texts are far below the 2^53 a float holds exactly.
fn as_float(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::from(u32::MAX), f64::from)
}
