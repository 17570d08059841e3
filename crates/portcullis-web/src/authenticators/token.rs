//! DRF's token: one per user, in clear text in the database, without an end.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use http::request::Parts;
use portcullis_core::{AuthError, Authenticated, Authenticator, Challenge, Standing, Store};

use crate::authorization_header::credential;
use crate::effects::Effects;

/// Recognises `Authorization: Token <key>` by Django's `authtoken_token` table.
///
/// For databases that have such tokens; new installs use
/// [`DeviceTokenAuthentication`](crate::DeviceTokenAuthentication). Cost: one indexed query.
#[derive(Clone)]
pub struct TokenAuthentication(pub Arc<dyn Store>);

impl fmt::Debug for TokenAuthentication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenAuthentication(..)")
    }
}

#[async_trait]
impl Authenticator for TokenAuthentication {
    async fn authenticate(&self, request: &Parts) -> Result<Option<Authenticated>, AuthError> {
        let Some(key) = credential(&request.headers, "Token")? else {
            return Ok(None);
        };
        let Some(user) = self.0.user_by_token(key).await? else {
            Effects::of(request).note_guess();
            return Err(AuthError::failed("Invalid token."));
        };
        if !user.is_active {
            return Err(AuthError::failed("User inactive or deleted."));
        }
        Ok(Some(Authenticated {
            user: user.into(),
            login: None,
            credential_digest: None,
            authenticator: self.name(),
        }))
    }

    fn challenge(&self) -> Option<Challenge> {
        Some(Challenge("Token".into()))
    }

    fn scheme(&self) -> Option<&'static str> {
        Some("Token")
    }

    fn standing(&self, request: &Parts, proof: &Authenticated) -> Option<Standing> {
        let token = credential(&request.headers, "Token").ok()??;
        Some(Standing::of(proof).with_token(token))
    }

    fn name(&self) -> &'static str {
        "TokenAuthentication"
    }
}
