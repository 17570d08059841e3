//! Why a log-in by a provider did not come about.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use portcullis_core::StoreError;
use portcullis_web::{FieldErrors, NextFactor, Refusal};

use crate::login_state::waiting;

/// What went wrong between us and a provider. Its text is for the log: nothing that a provider says is
/// repeated to anybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProviderError {
    /// It says no: to the code, the token, or us.
    #[error("the provider refused: {0}")]
    Refused(&'static str),
    /// It cannot be reached, not in time, or fails.
    #[error("the provider is away: {0}")]
    Away(&'static str),
    /// It answers what is no answer: too long, no JSON, something missing, or a redirect.
    #[error("the provider's answer is of no use: {0}")]
    Answer(&'static str),
    /// Its ID token, or the way of its callback, is not to be believed.
    #[error("the provider's word is not to be believed: {0}")]
    Untrusted(&'static str),
    /// It cannot be asked like this.
    #[error("the provider is not set up for this: {0}")]
    NotOffered(&'static str),
}

/// Why nobody is logged in.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum SocialError {
    /// The state is missing, of another browser or provider, used, or older than ten minutes.
    NotStarted,
    /// The provider did not say who it is.
    Provider(ProviderError),
    /// The provider says no address, and an account needs one.
    NoEmail,
    /// Somebody has an account of that address, which only they can link themselves.
    #[doc(alias = "email_taken")]
    EmailTaken,
    /// The account at the provider is somebody else's way to log in.
    OfAnother,
    /// The account here is closed, or its address has to be confirmed and is not.
    Closed,
    /// There is an account, whose address must be confirmed by the key in a mail first.
    ToConfirm,
    /// The provider says who it is, and a second factor is next.
    SecondFactor(NextFactor),
    /// Something else.
    Refused(Refusal),
}

/// One text for what must not be told apart: a refused code, a closed account, an address to confirm.
pub(crate) const NOT_LOGGED_IN: &str = "The log-in by this provider did not succeed.";

impl SocialError {
    /// What people are told, but for [`Refused`](Self::Refused), which has its own.
    #[must_use]
    pub fn text(&self) -> &'static str {
        match self {
            Self::NotStarted => {
                "This log-in was not begun in this browser, was used, or is too old. Please begin again."
            }
            Self::Provider(ProviderError::Away(_)) => {
                "The provider does not answer. Please try again later."
            }
            Self::Provider(_) | Self::Closed => NOT_LOGGED_IN,
            Self::NoEmail => "The provider gave no e-mail address.",
            Self::EmailTaken => "User is already registered with this e-mail address.",
            Self::OfAnother => "This account is linked to somebody else.",
            Self::ToConfirm => "Verification e-mail sent.",
            Self::SecondFactor(_) => "A second factor is needed.",
            Self::Refused(_) => "The log-in was refused.",
        }
    }

    /// The refusal as `{"detail": "…"}`.
    #[must_use]
    pub fn refusal(self) -> Refusal {
        match self {
            Self::Refused(refusal) => refusal,
            Self::SecondFactor(_) => Refusal::PermissionDenied(Some(self.text().into())),
            other => Refusal::Malformed(other.text().to_owned()),
        }
    }

    /// The same as an error of the whole form, as dj-rest-auth has it.
    pub(crate) fn of_form(self) -> Refusal {
        match self {
            Self::Refused(refusal) => refusal,
            other => FieldErrors::form(other.text()).into(),
        }
    }

    /// The answer where a second factor is next: 403 for clients that know nothing of it, with what brings
    /// others on. Any other error as it is.
    pub(crate) fn or_next(self) -> Result<Response, Self> {
        let Self::SecondFactor(next) = &self else {
            return Err(self);
        };
        let Some(pending) = &next.pending else {
            return Err(self);
        };
        let headers = [(header::CACHE_CONTROL, "no-store")];
        let body = Json(waiting(next, pending));
        Ok((StatusCode::FORBIDDEN, headers, body).into_response())
    }

    /// A word for it, for pages and logs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotStarted => "not_started",
            Self::Provider(ProviderError::Away(_)) => "provider_away",
            Self::Provider(_) | Self::Closed => "refused",
            Self::NoEmail => "no_email",
            Self::EmailTaken => "email_taken",
            Self::OfAnother => "of_another",
            Self::ToConfirm => "email_to_confirm",
            Self::SecondFactor(_) => "second_factor",
            Self::Refused(_) => "not_allowed",
        }
    }
}

impl From<ProviderError> for SocialError {
    fn from(error: ProviderError) -> Self {
        Self::Provider(error)
    }
}

impl From<Refusal> for SocialError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<StoreError> for SocialError {
    fn from(error: StoreError) -> Self {
        Self::Refused(error.into())
    }
}
