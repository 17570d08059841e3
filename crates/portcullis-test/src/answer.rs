//! What came back, and short ways to say what it must be.

use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

/// An answer, read whole.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body as text.
    pub text: String,
}

impl Answer {
    /// The body as JSON; null when it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    /// A header as text, empty when it is not there.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// The `Set-Cookie` line for a cookie.
    #[must_use]
    pub fn set_cookie(&self, name: &str) -> Option<&str> {
        let lines = self.headers.get_all("set-cookie").iter();
        let mut lines = lines.filter_map(|line| line.to_str().ok());
        lines.find(|line| line.split('=').next() == Some(name))
    }

    /// Checks status and JSON body.
    ///
    /// # Panics
    /// When either differs.
    #[track_caller]
    pub fn assert_json(&self, status: u16, body: &Value) {
        assert_eq!(
            (self.status.as_u16(), &self.json()),
            (status, body),
            "{}",
            self.text
        );
    }

    /// Checks that it is a refusal with that sentence.
    ///
    /// # Panics
    /// When it is not.
    #[track_caller]
    pub fn assert_refused(&self, status: u16, detail: &str) {
        self.assert_json(status, &json!({ "detail": detail }));
    }
}
