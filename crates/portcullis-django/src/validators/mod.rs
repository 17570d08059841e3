//! Django's validators of passwords, user names and e-mail addresses; and a stricter look at names.
//!
//! "Length" is in code points everywhere.

mod email;
mod password;
mod plain;
mod text;
mod username;

pub use email::{MAX_EMAIL_LENGTH, validate_email};
pub use password::{PasswordPolicy, UserAttributes, is_common, quick_ratio};
pub use plain::{is_visible, plain_email};
pub use username::{MAX_USERNAME_LENGTH, UsernameAlphabet, validate_username};

pub(crate) use text::trim;

/// A refusal: Django's code and its English message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ValidationError {
    /// E.g. `password_too_short`, `invalid`.
    pub code: &'static str,
    /// E.g. `This password is too common.`
    pub message: String,
}

impl ValidationError {
    /// A refusal with that code and message.
    #[must_use]
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }
}
