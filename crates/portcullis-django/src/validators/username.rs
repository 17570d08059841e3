//! User names.

use super::{ValidationError, text};

/// Longest user name of Django's own user table.
pub const MAX_USERNAME_LENGTH: usize = 150;

/// Which letters and numbers a user name may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UsernameAlphabet {
    /// Those of every script.
    #[default]
    #[doc(alias = "UnicodeUsernameValidator")]
    Unicode,
    /// `A-Z a-z 0-9`.
    #[doc(alias = "ASCIIUsernameValidator")]
    Ascii,
}

/// Accepts letters, numbers and `@ . + - _`, at least one of them.
///
/// The length is not looked at (see [`MAX_USERNAME_LENGTH`]). Combining marks are refused:
/// normalise first.
///
/// # Errors
/// Code `invalid`.
pub fn validate_username(
    username: &str,
    alphabet: UsernameAlphabet,
) -> Result<(), ValidationError> {
    let (allowed, message): (fn(char) -> bool, _) = match alphabet {
        UsernameAlphabet::Unicode => (
            text::is_word,
            "Enter a valid username. This value may contain only letters, numbers, and \
             @/./+/-/_ characters.",
        ),
        UsernameAlphabet::Ascii => (
            |character| character == '_' || character.is_ascii_alphanumeric(),
            "Enter a valid username. This value may contain only unaccented lowercase a-z and \
             uppercase A-Z letters, numbers, and @/./+/-/_ characters.",
        ),
    };
    let fits = |character| allowed(character) || ".@+-".contains(character);
    if username.is_empty() || !username.chars().all(fits) {
        return Err(ValidationError::new("invalid", message));
    }
    Ok(())
}
