//! How far a log-in or sign-up has come: a state machine that clients can rely on, and that grows.

use std::fmt;

use portcullis_web::{Fields, NextFactor, Refusal};
use serde_json::{Value, json};

use crate::second_factor::needed;

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
    /// A second factor, with `pending`, which stands for the password meanwhile.
    SecondFactor,
    /// Another, by its name: of a later version, or of a service of one's own.
    Other(String),
}

impl LoginState {
    /// The states that answers of this version have.
    pub const KNOWN: [Self; 3] = [Self::Done, Self::EmailToConfirm, Self::SecondFactor];

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
            Self::SecondFactor => "second_factor",
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

/// The answer to a password that was right, where a second factor is next.
///
/// # Errors
/// For clients that did not ask for the state: to them a log-in is done or refused.
pub(crate) fn next_factor(fields: &Fields, next: &NextFactor) -> Result<Value, Refusal> {
    match &next.pending {
        Some(pending) if fields.is_true("with_state") => Ok(waiting(next, pending)),
        _ => Err(needed().into()),
    }
}

/// A log-in that waits for its second factor.
pub(crate) fn waiting(next: &NextFactor, pending: &str) -> Value {
    json!({
        "state": LoginState::SecondFactor.name(),
        "detail": "A second factor is needed.",
        "pending": pending,
        "factors": next.names(),
    })
}
