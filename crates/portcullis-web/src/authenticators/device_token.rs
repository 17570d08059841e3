//! Device tokens: one per login, hashed, expiring; knox's rows.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use http::request::Parts;
use portcullis_core::{
    AuthError, Authenticated, Authenticator, Challenge, Clock, DeviceLogin, Store,
};
use portcullis_django::api_token;

use crate::authorization_header::credential;

/// Recognises `Authorization: Token <device token>`.
///
/// Cost: one indexed query and one SHA-512. Expired, unknown and cut tokens are answered alike.
#[doc(alias = "TokenAuthentication")]
#[derive(Clone)]
pub struct DeviceTokenAuthentication {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
}

impl DeviceTokenAuthentication {
    /// Looks tokens up in `store`.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock }
    }

    /// The login of a bare token, wherever it was found.
    ///
    /// # Errors
    /// [`AuthError::Failed`] for a token that is unknown, expired or of an inactive user.
    pub async fn login_of(&self, token: &str) -> Result<DeviceLogin, AuthError> {
        let unknown = || AuthError::failed("Invalid token.");
        let digest = api_token::knox_digest(token);
        let token_key = api_token::knox_key(token);
        let now = self.clock.now();
        let found = self
            .store
            .device_logins(token_key)
            .await?
            .into_iter()
            .find(|login| api_token::digests_match(&login.digest, &digest))
            .ok_or_else(unknown)?;
        if found.expires.is_some_and(|expires| expires < now) {
            return Err(unknown());
        }
        if !found.user.is_active {
            return Err(AuthError::failed("User inactive or deleted."));
        }
        Ok(found)
    }
}

impl fmt::Debug for DeviceTokenAuthentication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeviceTokenAuthentication")
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Authenticator for DeviceTokenAuthentication {
    async fn authenticate(&self, request: &Parts) -> Result<Option<Authenticated>, AuthError> {
        let Some(token) = credential(&request.headers, "Token")? else {
            return Ok(None);
        };
        let found = self.login_of(token).await?;
        Ok(Some(Authenticated {
            user: found.user,
            login: found.login,
            credential_digest: Some(found.digest),
            authenticator: self.name(),
        }))
    }

    fn challenge(&self) -> Option<Challenge> {
        Some(Challenge("Token".into()))
    }

    fn name(&self) -> &'static str {
        "DeviceTokenAuthentication"
    }
}
