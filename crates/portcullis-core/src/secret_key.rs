//! The secret that signs sessions and links, and older ones that are still good for reading.

use std::fmt;

/// Django's `SECRET_KEY` and `SECRET_KEY_FALLBACKS`.
///
/// # Security
/// Prints as `SecretKeys(..)`; reading a key is a named call.
#[doc(alias = "SECRET_KEY")]
#[doc(alias = "SECRET_KEY_FALLBACKS")]
#[derive(Clone, PartialEq, Eq)]
pub struct SecretKeys {
    current: String,
    fallbacks: Vec<String>,
}

impl SecretKeys {
    /// Signs with `current`; verifies with it, and then with each of `fallbacks`.
    #[must_use]
    pub fn new(current: impl Into<String>, fallbacks: Vec<String>) -> Self {
        Self {
            current: current.into(),
            fallbacks,
        }
    }

    /// The key that signs.
    #[must_use]
    pub fn expose_current(&self) -> &str {
        &self.current
    }

    /// The keys that only verify, in order.
    #[must_use]
    pub fn expose_fallbacks(&self) -> Vec<&str> {
        self.fallbacks.iter().map(String::as_str).collect()
    }
}

impl fmt::Debug for SecretKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKeys(..)")
    }
}
