//! Device tokens: one per login, hashed, expiring; knox's rows.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use http::request::Parts;
use portcullis_core::{
    AuthError, Authenticated, Authenticator, Challenge, Clock, DeviceLogin, ForeignLogin, Standing,
    Store,
};
use portcullis_django::api_token;
use time::OffsetDateTime;

use super::device_renewal::{DeviceRenewal, Renewals};
use crate::authorization_header::credential;
use crate::effects::Effects;
use crate::last_seen::LastSeen;

/// What is said of a token that is nobody's, or over.
const UNKNOWN: &str = "Invalid token.";

/// Recognises `Authorization: Token <device token>`.
///
/// Cost: one indexed query and one SHA-512; one write a minute for when it was last seen. Expired, unknown and cut tokens are answered alike. An
/// expired one costs a write, once: it is removed with the user's others that are over, as knox does.
#[doc(alias = "TokenAuthentication")]
#[derive(Clone)]
pub struct DeviceTokenAuthentication {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    last_seen: LastSeen,
    renewal: Option<(DeviceRenewal, Renewals)>,
    checked_prefix: Option<Arc<str>>,
    leaves_authtokens: bool,
}

impl DeviceTokenAuthentication {
    /// Looks tokens up in `store`.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Self {
        Self {
            last_seen: LastSeen::new(Arc::clone(&store)),
            store,
            clock,
            renewal: None,
            checked_prefix: None,
            leaves_authtokens: false,
        }
    }

    /// Gives tokens that are used more time; with `None`, as without this, they end when they end.
    #[must_use]
    pub fn with_renewal(mut self, renewal: Option<DeviceRenewal>) -> Self {
        let renewals = || Renewals::new(Arc::clone(&self.store));
        self.renewal = renewal.map(|renewal| (renewal, renewals()));
        self
    }

    /// Refuses tokens with this prefix and a wrong checksum without looking them up. Tokens without the
    /// prefix are looked up: older ones, and knox's.
    ///
    /// For [`new_checked_token`](api_token::new_checked_token); an empty prefix changes nothing.
    #[must_use]
    pub fn with_checked_prefix(mut self, prefix: &str) -> Self {
        self.checked_prefix = (!prefix.is_empty()).then(|| prefix.into());
        self
    }

    /// Leaves tokens that are DRF's by their looks, 40 digits of base 16, to the next authenticator.
    ///
    /// For a database with both: their headers are the same. DRF and knox answer 401 for the other's.
    #[must_use]
    pub fn leaving_authtokens(mut self) -> Self {
        self.leaves_authtokens = true;
        self
    }

    /// The login of a bare token, wherever it was found.
    ///
    /// # Errors
    /// [`AuthError::Failed`] for a token that is unknown, expired or of an inactive user.
    pub async fn login_of(&self, token: &str) -> Result<DeviceLogin, AuthError> {
        self.find(token).await?.ok_or(AuthError::failed(UNKNOWN))
    }

    /// The same; `None` for a token that nobody ever had, or that is gone.
    async fn find(&self, token: &str) -> Result<Option<DeviceLogin>, AuthError> {
        if let Some(prefix) = &self.checked_prefix
            && token.starts_with(&**prefix)
            && !api_token::is_checked_token(token, prefix)
        {
            return Ok(None);
        }
        let digest = api_token::knox_digest(token);
        let token_key = api_token::knox_key(token);
        let now = self.clock.now();
        let found = self
            .store
            .device_logins(token_key, &digest)
            .await?
            .into_iter()
            .find(|login| api_token::digests_match(&login.digest, &digest));
        let Some(found) = found else {
            return Ok(None);
        };
        if found.expires.is_some_and(|expires| expires < now) {
            self.store.sweep_device_logins(&found.user.id, now).await?;
            return Err(AuthError::failed(UNKNOWN));
        }
        if !found.user.is_active {
            return Err(AuthError::failed("User inactive or deleted."));
        }
        Ok(Some(self.renew(found, now).await))
    }

    /// The login with its new expiry, if it gets one. A renewal that fails leaves it as it is: the token is
    /// good all the same.
    async fn renew(&self, mut login: DeviceLogin, now: OffsetDateTime) -> DeviceLogin {
        if let Some((renewal, renewals)) = &self.renewal
            && let Some(expires) = renewal.expiry(&login, now)
        {
            match renewals.renew(&login.digest, expires, now).await {
                Ok(()) => login.expires = Some(expires),
                Err(error) => tracing::warn!(%error, "a device token was not renewed"),
            }
        }
        login
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
        if self.leaves_authtokens && api_token::is_authtoken(token) {
            return Ok(None);
        }
        let Some(found) = self.find(token).await? else {
            Effects::of(request).note_guess();
            return Err(AuthError::failed(UNKNOWN));
        };
        if let Some(expires) = found.expires {
            Effects::of(request).expire_at(expires);
        }
        let now = self.clock.now();
        let login = match found.login {
            Some(login) => Some(self.last_seen.note(request, login, None, now).await),
            None => {
                let token = ForeignLogin::Device(found.digest.clone());
                self.last_seen
                    .adopt(request, &found.user.id, token, now)
                    .await
            }
        };
        Ok(Some(Authenticated {
            user: found.user.into(),
            login,
            credential_digest: Some(found.digest),
            authenticator: self.name(),
        }))
    }

    fn challenge(&self) -> Option<Challenge> {
        Some(Challenge("Token".into()))
    }

    fn scheme(&self) -> Option<&'static str> {
        Some("Token")
    }

    fn standing(&self, _: &Parts, proof: &Authenticated) -> Option<Standing> {
        Some(Standing::of(proof).with_device(proof.credential_digest.clone()))
    }

    fn name(&self) -> &'static str {
        "DeviceTokenAuthentication"
    }
}
