//! Secret keys as settings: read, never shown.

use super::given::Given;
use super::kind::{Kind, Wrong};
use crate::secret_key::SecretKey;

impl Kind for SecretKey {
    const IS_SECRET: bool = true;

    fn wanted() -> String {
        "a secret of 50 characters or more".to_owned()
    }

    fn read(given: &Given) -> Result<Self, Wrong> {
        let text = given.text().ok_or(Wrong::Kind)?;
        Self::new(text).map_err(|error| Wrong::Because(error.to_string()))
    }

    fn shown(&self) -> Option<String> {
        Some("\"(hidden)\"".to_owned())
    }
}
