//! Django's sessions as an authenticator: a browser that logged in.

use async_trait::async_trait;
use http::request::Parts;
use portcullis_core::{AuthError, Authenticated, Authenticator, CredentialPlace, Standing};

use crate::effects::Effects;
use crate::sessions::{SessionOwner, Sessions};

/// Recognises the session cookie; unsafe methods then owe a CSRF token, which the door checks.
///
/// It has no challenge: a browser cannot be asked for a session by `WWW-Authenticate`.
#[derive(Clone, Debug)]
pub struct SessionAuthentication(pub Sessions);

#[async_trait]
impl Authenticator for SessionAuthentication {
    async fn authenticate(&self, request: &Parts) -> Result<Option<Authenticated>, AuthError> {
        let Some(SessionOwner { user, login }) = self.0.owner_of(request).await? else {
            return Ok(None);
        };
        Effects::of(request).owe_csrf(self.0.csrf());
        Ok(Some(Authenticated {
            user: user.into(),
            login,
            credential_digest: None,
            authenticator: self.name(),
        }))
    }

    fn is_ambient(&self, request: &Parts) -> bool {
        self.0.has_cookie(request)
    }

    fn credential_places(&self) -> Vec<CredentialPlace> {
        vec![CredentialPlace::Cookie(self.0.cookie_name().to_owned())]
    }

    fn standing(&self, request: &Parts, proof: &Authenticated) -> Option<Standing> {
        let key = self.0.session_key(request)?;
        Some(Standing::of(proof).with_session(key))
    }

    fn name(&self) -> &'static str {
        "SessionAuthentication"
    }
}
