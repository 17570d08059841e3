//! HTTP Basic: name and password with every request.

use async_trait::async_trait;
use http::header;
use http::request::Parts;
use portcullis_core::{AuthError, Authenticated, Authenticator, Challenge, Standing};
use portcullis_django::authorization;

use crate::authorization_header::only_value;
use crate::passwords::{Checked, Passwords};

/// Recognises `Authorization: Basic <base64 of name:password>`.
///
/// Whoever has a second factor is refused: there is no place for its code.
///
/// Cost: one query or two, and a password hash for every request; wrong ones are counted and stopped.
#[derive(Clone, Debug)]
pub struct BasicAuthentication(pub Passwords);

#[async_trait]
impl Authenticator for BasicAuthentication {
    async fn authenticate(&self, request: &Parts) -> Result<Option<Authenticated>, AuthError> {
        let twice = "Invalid basic header. Credentials string should not contain spaces.";
        let value = only_value(&request.headers).map_err(|_| AuthError::failed(twice))?;
        let Some(value) = value else {
            return Ok(None);
        };
        let credentials = authorization::basic_of(value).map_err(AuthError::failed)?;
        let Some((name, password)) = credentials else {
            return Ok(None);
        };
        let refused = || AuthError::failed("Invalid username/password.");
        let checked = self.0.check(request, &name, &password).await?;
        let (mut user, rehashed, counted) = match checked {
            Checked::Right {
                user,
                rehashed,
                counted,
            } => (user, rehashed, counted),
            Checked::SecondFactor { user, counted, .. } => {
                // There is no place for a code: a password alone is refused, and is no guess.
                self.0.forget_failures(&counted).await?;
                tracing::info!(user = %user.id, event = "login", outcome = "second_factor",
                    "log-in refused: Basic has no second factor");
                return Err(refused());
            }
            Checked::Unverified | Checked::Wrong => return Err(refused()),
        };
        if let Some(hash) = rehashed {
            let store = self.0.store();
            store.rehash_password(&user, hash.clone()).await?;
            // A log-in that follows asks whether the password is still this one.
            user.password = hash;
        }
        self.0.forget_failures(&counted).await?;
        Ok(Some(Authenticated {
            user: user.into(),
            login: None,
            credential_digest: None,
            authenticator: self.name(),
        }))
    }

    fn challenge(&self) -> Option<Challenge> {
        Some(Challenge("Basic realm=\"api\"".into()))
    }

    fn is_ambient(&self, request: &Parts) -> bool {
        let value = request.headers.get(header::AUTHORIZATION);
        let keyword = value.and_then(|value| value.as_bytes().get(..6));
        keyword.is_some_and(|keyword| keyword.eq_ignore_ascii_case(b"basic "))
    }

    fn standing(&self, _: &Parts, proof: &Authenticated) -> Option<Standing> {
        Some(Standing::of(proof))
    }

    fn name(&self) -> &'static str {
        "BasicAuthentication"
    }
}
