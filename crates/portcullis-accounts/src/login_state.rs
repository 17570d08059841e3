//! How far a log-in or sign-up has come: a state machine that clients can rely on, and that grows.

use std::fmt;

use portcullis_web::Fields;
use serde_json::Value;

/// What is next in a log-in; `docs/login-answer.schema.json` is the shape of the answers.
///
/// ```
/// use portcullis_accounts::LoginState;
/// assert_eq!(LoginState::of_name("done"), LoginState::Done);
/// assert_eq!(LoginState::of_name("second_factor").to_string(), "second_factor");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LoginState {
    /// Nothing: the answer has the credential.
    Done,
    /// The address has to be confirmed by the key in a mail; then the log-in is made again.
    EmailToConfirm,
    /// Another, by its name: of a later version, or of a service of one's own.
    Other(String),
}

impl LoginState {
    /// The states that answers of this version have.
    pub const KNOWN: [Self; 2] = [Self::Done, Self::EmailToConfirm];

    /// The state of that name.
    #[must_use]
    pub fn of_name(name: &str) -> Self {
        let known = Self::KNOWN.into_iter().find(|state| state.name() == name);
        known.unwrap_or_else(|| Self::Other(name.to_owned()))
    }

    /// Its name in answers.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Done => "done",
            Self::EmailToConfirm => "email_to_confirm",
            Self::Other(name) => name,
        }
    }

    /// Adds the state to an answer, where the form asked for it with `"with_state": true`: clients of
    /// Django's packages get the bytes that they know.
    pub(crate) fn tell(&self, fields: &Fields, mut body: Value) -> Value {
        if fields.is_true("with_state") {
            body["state"] = self.name().into();
        }
        body
    }
}

impl fmt::Display for LoginState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
