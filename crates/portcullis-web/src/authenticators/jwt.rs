//! simplejwt's access tokens: signed, short, and not looked up.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use http::request::Parts;
use portcullis_core::{AuthError, Authenticated, Authenticator, Challenge, Clock, Store, User};
use portcullis_django::jwt::{self, AccessError, Backend, Settings, Standing};
use portcullis_django::session::Candidate;

use crate::authorization_header::only_value;

/// Recognises `Authorization: Bearer <access token>`.
///
/// Cost: one signature, and one query for the user, so that a closed account is out at once.
#[doc(alias = "JWTAuthentication")]
#[derive(Clone)]
pub struct JwtAuthentication {
    backend: Arc<Backend>,
    settings: Arc<Settings>,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
}

impl JwtAuthentication {
    /// Verifies with `backend`, by `settings`.
    #[must_use]
    pub fn new(
        backend: Backend,
        settings: Settings,
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            backend: Arc::new(backend),
            settings: Arc::new(settings),
            store,
            clock,
        }
    }

    /// The user of a token, wherever it was found.
    ///
    /// # Errors
    /// [`AuthError::FailedJson`] with simplejwt's body, [`AuthError::Store`] when the database fails.
    pub async fn user_of(&self, token: &str) -> Result<User, AuthError> {
        let now = self.clock.now().unix_timestamp();
        let verified =
            jwt::authenticate(&self.backend, &self.settings, token, now).map_err(refuse)?;
        let user = match verified.user_id(&self.settings) {
            Some(id) => self.store.user_by_id(&id).await?,
            None => None,
        };
        let standing = Standing {
            is_blacklisted: false,
            user: user.as_ref().map(|user| Candidate {
                password_column: user.password.expose_secret(),
                is_active: user.is_active,
            }),
        };
        jwt::admit(&verified, &self.settings, standing).map_err(refuse)?;
        user.ok_or_else(|| refuse(AccessError::UserNotFound))
    }
}

fn refuse(error: AccessError) -> AuthError {
    AuthError::FailedJson(error.body().to_string())
}

impl fmt::Debug for JwtAuthentication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JwtAuthentication")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Authenticator for JwtAuthentication {
    async fn authenticate(&self, request: &Parts) -> Result<Option<Authenticated>, AuthError> {
        let header = only_value(&request.headers).map_err(|_| refuse(AccessError::BadHeader))?;
        let header = header.unwrap_or_default();
        let Some(token) = jwt::bearer_of(header, &self.settings).map_err(refuse)? else {
            return Ok(None);
        };
        Ok(Some(Authenticated {
            user: self.user_of(token).await?,
            login: None,
            credential_digest: None,
            authenticator: self.name(),
        }))
    }

    fn challenge(&self) -> Option<Challenge> {
        Some(Challenge("Bearer realm=\"api\"".into()))
    }

    fn name(&self) -> &'static str {
        "JWTAuthentication"
    }
}
