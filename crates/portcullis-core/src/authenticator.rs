//! How a request proves who it comes from.

use std::borrow::Cow;
use std::sync::Arc;

use async_trait::async_trait;
use http::request::Parts;

use crate::store::{Standing, StoreError};
use crate::user::User;

/// The row of `portcullis_login` that a credential belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LoginId(pub i64);

/// The value of a `WWW-Authenticate` header, such as `Token` or `Basic realm="api"`.
#[doc(alias = "authenticate_header")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge(pub Cow<'static, str>);

/// Where a request carries a credential, for the documentation of doors.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CredentialPlace {
    /// The `Authorization` header, after this word and a blank, such as `Token`.
    Authorization(Cow<'static, str>),
    /// The cookie of this name; unsafe methods then owe a CSRF token, too.
    Cookie(String),
}

/// A user, and how they proved who they are: DRF's `(user, auth)` pair.
#[derive(Clone, Debug)]
pub struct Authenticated {
    /// Who it is.
    pub user: Arc<User>,
    /// The login that the credential belongs to; `None` for credentials without one.
    pub login: Option<LoginId>,
    /// Digest of the credential, by which its login is ended; `None` where there is no stored one.
    pub credential_digest: Option<String>,
    /// The authenticator's name, such as `DeviceTokenAuthentication`, for the log.
    pub authenticator: &'static str,
}

/// Why credentials were not accepted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuthError {
    /// The credentials are wrong. The text goes to the client and never says which half was wrong.
    #[doc(alias = "AuthenticationFailed")]
    #[error("{0}")]
    Failed(Cow<'static, str>),
    /// The credentials are wrong, with an answer of the authenticator's own: the text of a JSON object.
    #[error("credentials refused")]
    FailedJson(String),
    /// They could not be looked up; the answer is 503, never "logged out".
    #[error(transparent)]
    Store(#[from] StoreError),
    /// They could not be looked at for want of capacity; the answer is 503.
    #[error("busy")]
    Busy,
    /// Too many wrong ones were sent; the answer is 429, also to right ones.
    #[error("throttled")]
    Throttled {
        /// How long to wait.
        retry_after: time::Duration,
    },
}

impl AuthError {
    /// Wrong credentials, with the sentence that the client reads.
    #[must_use]
    pub fn failed(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::Failed(detail.into())
    }
}

/// Works out who a request comes from.
///
/// Authenticators run in the order they are configured; the first that answers decides.
/// They see the head of the request only: nothing reads a body before this.
#[doc(alias = "BaseAuthentication")]
#[doc(alias = "authentication_classes")]
#[async_trait]
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot work out who a request comes from",
    note = "implement `Authenticator::authenticate` for it"
)]
pub trait Authenticator: Send + Sync {
    /// - `Ok(None)`: these are not my credentials; the next one is asked.
    /// - `Ok(Some(_))`: the request is made by this user; the search ends.
    /// - `Err(_)`: my kind of credentials, and they are wrong; the request ends.
    ///
    /// # Errors
    /// [`AuthError::Failed`] for wrong credentials, [`AuthError::Store`] when they cannot be looked up.
    async fn authenticate(&self, request: &Parts) -> Result<Option<Authenticated>, AuthError>;

    /// The `WWW-Authenticate` value that asks for these credentials, if there is one.
    fn challenge(&self) -> Option<Challenge> {
        None
    }

    /// The keyword of the `Authorization` header that these credentials follow, such as `Token`.
    ///
    /// Doors where tokens come without a keyword, as sockets, offer them to each authenticator that has one.
    fn scheme(&self) -> Option<&'static str> {
        None
    }

    /// Whether a request carries credentials of this kind that a browser adds by itself, such as a session's
    /// cookie: then another site's page may have sent it.
    fn is_ambient(&self, request: &Parts) -> bool {
        let _ = request;
        false
    }

    /// What is in the database about somebody whom this recognised, so that many of them can be looked after
    /// together. `None`, as by default: whoever wants to know again asks [`authenticate`](Self::authenticate).
    fn standing(&self, request: &Parts, proof: &Authenticated) -> Option<Standing> {
        let _ = (request, proof);
        None
    }

    /// Where requests carry these credentials, for the documentation of doors.
    ///
    /// By default in the `Authorization` header, after [`scheme`](Self::scheme) or else the challenge's
    /// first word; nowhere without either.
    fn credential_places(&self) -> Vec<CredentialPlace> {
        let challenge = self.challenge();
        let asked_for = challenge.and_then(|c| c.0.split(' ').next().map(str::to_owned));
        let word = self
            .scheme()
            .map(Cow::Borrowed)
            .or(asked_for.map(Cow::Owned));
        word.map(CredentialPlace::Authorization)
            .into_iter()
            .collect()
    }

    /// The name shown by `portcullis routes` and in the log, such as `DeviceTokenAuthentication`.
    fn name(&self) -> &'static str;
}
