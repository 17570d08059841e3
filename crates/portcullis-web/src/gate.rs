//! What every door needs to decide: the authenticators, in order, and how strict to be.

use std::fmt;
use std::sync::Arc;

use http::request::Parts;
use portcullis_core::{
    AuthError, Authenticated, Authenticator, Challenge, IsAuthenticated, Permission,
};
use serde::Deserialize;

use crate::client::ClientInfo;
use crate::csrf::Csrf;
use crate::doors::Doors;
use crate::effects::Effects;
use crate::refusal::Refusal;
use crate::token_limit::TokenLimit;

/// Where to do as Django's packages do instead of more strictly.
///
/// ```
/// let compat = serde_json::from_str::<portcullis_web::Compat>(r#"{"no_cache_headers": true}"#);
/// assert!(compat.is_ok_and(|compat| compat.no_cache_headers && !compat.first_class_challenge));
/// assert!(serde_json::from_str::<portcullis_web::Compat>(r#"{"no_cash": true}"#).is_err());
/// ```
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Compat {
    /// DRF's rule: only the first authenticator's challenge counts, and without one a request that
    /// nobody made is answered 403.
    pub first_class_challenge: bool,
    /// No `Cache-Control: no-store` on answers that depend on credentials.
    pub no_cache_headers: bool,
    /// A log-in by session is not asked where it comes from, while nobody is logged in; see
    /// [`Csrf::check_log_in`].
    pub login_without_origin_check: bool,
}

/// An ordered list of authenticators.
pub type Authenticators = Arc<[Arc<dyn Authenticator>]>;

/// The gate: what all doors share.
#[derive(Clone)]
pub struct Gate {
    pub(crate) authenticators: Authenticators,
    pub(crate) csrf: Option<Csrf>,
    pub(crate) compat: Compat,
    pub(crate) permission: Arc<dyn Permission>,
    token_limit: Option<TokenLimit>,
}

impl Gate {
    /// A gate that asks these authenticators, in this order.
    #[must_use]
    pub fn new(authenticators: Vec<Arc<dyn Authenticator>>) -> Self {
        Self {
            authenticators: authenticators.into(),
            csrf: None,
            compat: Compat::default(),
            permission: Arc::new(IsAuthenticated),
            token_limit: None,
        }
    }

    /// With the CSRF protection that pages use.
    #[must_use]
    pub fn with_csrf(self, csrf: Csrf) -> Self {
        Self {
            csrf: Some(csrf),
            ..self
        }
    }

    /// As compatible as this.
    #[must_use]
    pub fn with_compat(self, compat: Compat) -> Self {
        Self { compat, ..self }
    }

    /// Where this gate does as Django's packages do.
    #[must_use]
    pub fn compat(&self) -> Compat {
        self.compat
    }

    /// With another permission than `IsAuthenticated` at doors that name none.
    #[doc(alias = "DEFAULT_PERMISSION_CLASSES")]
    #[must_use]
    pub fn with_default_permission(self, permission: Arc<dyn Permission>) -> Self {
        Self { permission, ..self }
    }

    /// Answers wrong tokens from one address with 429 when there were more than this.
    #[must_use]
    pub fn with_token_limit(self, limit: TokenLimit) -> Self {
        Self {
            token_limit: Some(limit),
            ..self
        }
    }

    /// Starts declaring doors behind this gate.
    #[must_use]
    pub fn doors(&self) -> Doors {
        Doors::new(self.clone())
    }

    /// Who a request comes from, by these authenticators; `None` is nobody.
    pub(crate) async fn authenticate(
        &self,
        authenticators: &Authenticators,
        request: &Parts,
    ) -> Result<Option<Authenticated>, Refusal> {
        for authenticator in authenticators.iter() {
            match authenticator.authenticate(request).await {
                Ok(None) => {}
                Ok(Some(authenticated)) => return Ok(Some(authenticated)),
                Err(error) => return Err(self.refuse(authenticators, request, error).await),
            }
        }
        Ok(None)
    }

    /// What the client is told of an authenticator's error, when a guess has been counted.
    pub(crate) async fn refuse(
        &self,
        authenticators: &Authenticators,
        request: &Parts,
        error: AuthError,
    ) -> Refusal {
        let is_refused = matches!(error, AuthError::Failed(_) | AuthError::FailedJson(_));
        if let Some(limit) = &self.token_limit
            && Effects::of(request).take_guess()
            && is_refused
            && let Err(error) = limit.count(&ClientInfo::of(&request.extensions)).await
        {
            return error.into();
        }
        self.refusal_of(authenticators, error)
    }

    pub(crate) fn refusal_of(&self, authenticators: &Authenticators, error: AuthError) -> Refusal {
        let challenge = || self.challenge(authenticators);
        match error {
            AuthError::Store(error) => error.into(),
            AuthError::Busy => Refusal::Unavailable,
            AuthError::Throttled { retry_after } => Refusal::Throttled(retry_after.whole_seconds()),
            AuthError::Failed(detail) => Refusal::AuthenticationFailed(detail, challenge()),
            AuthError::FailedJson(body) => Refusal::AuthenticationFailedJson(body, challenge()),
            _ => {
                let detail = "Incorrect authentication credentials.".into();
                Refusal::AuthenticationFailed(detail, challenge())
            }
        }
    }

    /// The challenge of the first authenticator that has one; by DRF's rule, of the first.
    pub(crate) fn challenge(&self, authenticators: &Authenticators) -> Option<Challenge> {
        let looked_at = if self.compat.first_class_challenge {
            1
        } else {
            authenticators.len()
        };
        authenticators
            .iter()
            .take(looked_at)
            .find_map(|authenticator| authenticator.challenge())
    }
}

/// The names of authenticators, in order.
pub(crate) fn names(authenticators: &Authenticators) -> String {
    let names: Vec<&str> = authenticators
        .iter()
        .map(|authenticator| authenticator.name())
        .collect();
    names.join(", ")
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate")
            .field("authenticators", &names(&self.authenticators))
            .field("compat", &self.compat)
            .finish_non_exhaustive()
    }
}
