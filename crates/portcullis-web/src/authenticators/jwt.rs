//! simplejwt's access tokens: signed, short, and over with their login.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use http::request::Parts;
use portcullis_core::{
    AuthError, Authenticated, Authenticator, Challenge, Clock, JwtBearer, Standing, Store,
    StoreError,
};
use portcullis_django::jwt::{self, AccessError, Backend, Settings, TokenError, Verified};
use portcullis_django::session::Candidate;
use time::OffsetDateTime;

use crate::authorization_header::only_value;
use crate::effects::Effects;
use crate::last_seen::LastSeen;
use crate::remembered::Remembered;

/// The claim that names the login (the family of refresh tokens) that a token is of.
pub const LOGIN_CLAIM: &str = "sid";

/// Recognises `Authorization: Bearer <access token>`.
///
/// Cost: one signature a minute, and one query for the user and the login that the token names ([`LOGIN_CLAIM`]):
/// a closed account and an ended login are out at once; one write a minute for when it was last seen. A token that names no login, as Django's, is good
/// until it expires.
#[doc(alias = "JWTAuthentication")]
#[derive(Clone)]
pub struct JwtAuthentication {
    backend: Arc<Backend>,
    settings: Arc<Settings>,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    last_seen: LastSeen,
    verified: Arc<Remembered<Verified>>,
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
            last_seen: LastSeen::new(Arc::clone(&store)),
            store,
            clock,
            verified: Arc::default(),
        }
    }

    /// The user and the login of a token, wherever it was found.
    ///
    /// # Errors
    /// [`AuthError::FailedJson`] with simplejwt's body, [`AuthError::Store`] when the database fails.
    pub async fn bearer_of(&self, token: &str) -> Result<JwtBearer, AuthError> {
        let admitted = self.admit(token).await.map_err(Refused::into_error)?;
        Ok(admitted.0)
    }

    /// The same for a request, whose credentials end when the token does.
    pub(crate) async fn bearer_for(
        &self,
        request: &Parts,
        token: &str,
    ) -> Result<JwtBearer, AuthError> {
        let admitted = self.admit(token).await.map_err(|refused| {
            if refused.is_guess() {
                Effects::of(request).note_guess();
            }
            refused.into_error()
        });
        let (bearer, expires) = admitted?;
        let expires = expires.and_then(|at| OffsetDateTime::from_unix_timestamp(at).ok());
        if let Some(expires) = expires {
            Effects::of(request).expire_at(expires);
        }
        Ok(bearer)
    }

    /// The bearer, and the token's `exp`.
    async fn admit(&self, token: &str) -> Result<(JwtBearer, Option<i64>), Refused> {
        let now = self.clock.now().unix_timestamp();
        let verified = self.verify(token, now)?;
        // A claim of an odd type names a login that is not there.
        let login = verified.claims().get(LOGIN_CLAIM);
        let family = login.map(|claim| claim.as_str().unwrap_or_default());
        let bearer = match verified.user_id(&self.settings) {
            Some(id) => self.store.jwt_bearer(&id, family).await?,
            None => None,
        };
        let standing = jwt::Standing {
            is_blacklisted: family.is_some() && bearer.as_ref().is_some_and(|b| b.login.is_none()),
            user: bearer.as_ref().map(|bearer| Candidate {
                password_column: bearer.user.password.expose_secret(),
                is_active: bearer.user.is_active,
            }),
        };
        jwt::admit(&verified, &self.settings, standing)?;
        let bearer = bearer.ok_or(AccessError::UserNotFound)?;
        Ok((bearer, verified.claims().expires_at()))
    }

    /// A token that is signed and good at `now`, of a type that authenticates.
    fn verify(&self, token: &str, now: i64) -> Result<Arc<Verified>, AccessError> {
        if let Some(known) = self.verified.get(token, now) {
            return Ok(known);
        }
        let verified = jwt::authenticate(&self.backend, &self.settings, token, now)?;
        let verified = Arc::new(verified);
        let until = self.backend.holds_until(verified.claims(), now);
        self.verified.keep(token, Arc::clone(&verified), now, until);
        Ok(verified)
    }

    /// Who a request with this token is of, for the authenticator of that name.
    pub(super) async fn authenticated(
        &self,
        request: &Parts,
        token: &str,
        authenticator: &'static str,
    ) -> Result<Authenticated, AuthError> {
        let JwtBearer { user, login } = self.bearer_for(request, token).await?;
        let now = self.clock.now();
        let login = match login {
            Some(login) => Some(self.last_seen.note(request, login, None, now).await),
            None => None,
        };
        Ok(Authenticated {
            user: user.into(),
            login,
            credential_digest: None,
            authenticator,
        })
    }
}

/// Why a token is not good, or could not be looked at.
enum Refused {
    Access(AccessError),
    Store(StoreError),
}

impl Refused {
    /// Whether nobody has signed it: a token that is over, or ended, is no guess.
    fn is_guess(&self) -> bool {
        let is_invalid = |(_, error): &(_, TokenError)| *error == TokenError::Invalid;
        matches!(self, Self::Access(AccessError::NotValid(errors)) if errors.iter().all(is_invalid))
    }

    fn into_error(self) -> AuthError {
        match self {
            Self::Access(error) => refuse(error),
            Self::Store(error) => error.into(),
        }
    }
}

impl From<AccessError> for Refused {
    fn from(error: AccessError) -> Self {
        Self::Access(error)
    }
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
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
        let proof = self.authenticated(request, token, self.name()).await?;
        Ok(Some(proof))
    }

    fn challenge(&self) -> Option<Challenge> {
        Some(Challenge("Bearer realm=\"api\"".into()))
    }

    fn scheme(&self) -> Option<&'static str> {
        Some("Bearer")
    }

    fn standing(&self, _: &Parts, proof: &Authenticated) -> Option<Standing> {
        Some(Standing::of(proof))
    }

    fn name(&self) -> &'static str {
        "JWTAuthentication"
    }
}
