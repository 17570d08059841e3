//! What device tokens begin with, as a setting.

use super::given::Given;
use super::kind::{Kind, Wrong, quoted};

/// What device tokens begin with: up to 10 letters, digits, `_` and `-`; nothing is allowed too.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TokenPrefix(pub String);

impl Kind for TokenPrefix {
    fn wanted() -> String {
        "up to 10 letters, digits, _ and -, such as \"shop_\"".to_owned()
    }

    fn read(given: &Given) -> Result<Self, Wrong> {
        let text = given.text().ok_or(Wrong::Kind)?;
        let is_part = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
        let fits = text.len() <= portcullis::django::api_token::MAX_KNOX_PREFIX;
        let is_prefix = fits && text.chars().all(is_part);
        is_prefix.then(|| Self(text.to_owned())).ok_or(Wrong::Kind)
    }

    fn shown(&self) -> Option<String> {
        Some(quoted(&self.0))
    }
}
