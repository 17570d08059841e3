//! HTTP Basic: name and password with every request.

use async_trait::async_trait;
use http::header;
use http::request::Parts;
use portcullis_core::{AuthError, Authenticated, Authenticator, Challenge};
use portcullis_django::authorization;

use crate::passwords::{Checked, Passwords};

/// Recognises `Authorization: Basic <base64 of name:password>`.
///
/// Cost: one query or two, and a password hash for every request; wrong ones are counted and stopped.
#[derive(Clone, Debug)]
pub struct BasicAuthentication(pub Passwords);

#[async_trait]
impl Authenticator for BasicAuthentication {
    async fn authenticate(&self, request: &Parts) -> Result<Option<Authenticated>, AuthError> {
        let Some(value) = request.headers.get(header::AUTHORIZATION) else {
            return Ok(None);
        };
        let credentials = authorization::basic_of(value.as_bytes()).map_err(AuthError::failed)?;
        let Some((name, password)) = credentials else {
            return Ok(None);
        };
        let refused = || AuthError::failed("Invalid username/password.");
        if name.contains('\0') {
            return Err(refused());
        }
        let checked = self.0.check(&name, &password).await?;
        let Checked::Right { user, rehashed } = checked else {
            return Err(refused());
        };
        if let Some(hash) = rehashed {
            self.0.store().rehash_password(&user, hash).await?;
        }
        self.0.forget_failures(&name).await?;
        Ok(Some(Authenticated {
            user,
            login: None,
            credential_digest: None,
            authenticator: self.name(),
        }))
    }

    fn challenge(&self) -> Option<Challenge> {
        Some(Challenge("Basic realm=\"api\"".into()))
    }

    fn name(&self) -> &'static str {
        "BasicAuthentication"
    }
}
