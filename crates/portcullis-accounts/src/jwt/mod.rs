//! JWTs as simplejwt's clients know them: pairs of an access and a refresh token.
//!
//! Reading order: [`Jwt`] and [`JwtSettings`], `pair` (a log-in), `refresh` (the next pair), `verdict`
//! (verify, blacklist), `doors`.

mod doors;
mod limits;
mod pair;
mod refresh;
mod settings;
mod verdict;

use std::fmt;
use std::sync::Arc;

use portcullis_core::{Challenge, Clock, Family, RefreshToken, Store, User};
use portcullis_django::jwt::{
    self, Backend, Claims, RefreshError, SignError, Standing, TokenError, TokenType, Verified,
};
use portcullis_django::random;
use portcullis_django::session::Candidate;
use portcullis_web::{JwtAuthentication, LOGIN_CLAIM, Passwords, Refusal, TokenLimit};
use time::OffsetDateTime;

pub use limits::RefreshLimits;
pub use pair::{SignedToken, TokenPair};
pub use refresh::Renewed;
pub use settings::{Families, JwtSettings};

/// The longest `jti`, in characters: the width of simplejwt's column.
const MAX_ID: usize = 255;

/// Random bytes of a family's name: 16, written as 32 hex characters.
const FAMILY_BYTES: usize = 16;

/// Issues JWTs, exchanges and ends them.
///
/// Each log-in is a family of refresh tokens, one after the other, with a row in the list of logins. Its
/// end, by whatever way, ends its access tokens at once, since they name it ([`LOGIN_CLAIM`]).
#[derive(Clone)]
pub struct Jwt {
    passwords: Passwords,
    clock: Arc<dyn Clock>,
    backend: Arc<Backend>,
    settings: Arc<JwtSettings>,
    token_limit: Option<TokenLimit>,
}

impl Jwt {
    /// Signs and reads with `backend`, and keeps its records in the store of `passwords`.
    #[must_use]
    pub fn new(
        passwords: Passwords,
        clock: Arc<dyn Clock>,
        backend: Backend,
        mut settings: JwtSettings,
    ) -> Self {
        if settings.families.is_some() {
            settings.tokens.rotate_refresh_tokens = true;
            settings.tokens.blacklist_after_rotation = true;
        }
        Self {
            passwords,
            clock,
            backend: Arc::new(backend),
            settings: Arc::new(settings),
            token_limit: None,
        }
    }

    /// Counts wrong tokens that are sent to be exchanged, verified or ended, as the gate does.
    #[must_use]
    pub fn with_token_limit(self, limit: TokenLimit) -> Self {
        Self {
            token_limit: Some(limit),
            ..self
        }
    }

    /// The authenticator that knows these access tokens.
    #[must_use]
    pub fn authentication(&self) -> JwtAuthentication {
        JwtAuthentication::new(
            Backend::clone(&self.backend),
            self.settings.tokens.clone(),
            Arc::clone(self.store()),
            Arc::clone(&self.clock),
        )
    }

    /// How tokens are made and exchanged.
    #[must_use]
    pub fn settings(&self) -> &JwtSettings {
        &self.settings
    }

    fn store(&self) -> &Arc<dyn Store> {
        self.passwords.store()
    }

    /// Reads a refresh token.
    fn refresh_token(&self, token: &str, now: OffsetDateTime) -> Result<Verified, TokenError> {
        let now = now.unix_timestamp();
        let verified = jwt::verify(&self.backend, token, TokenType::Refresh, now)?;
        with_usable_id(verified)
    }

    /// The user that a token names, if there is one.
    async fn user_of(&self, verified: &Verified) -> Result<Option<User>, Refusal> {
        match verified.user_id(&self.settings.tokens) {
            Some(id) => Ok(self.store().user_by_id(&id).await?),
            None => Ok(None),
        }
    }

    fn sign(&self, claims: &Claims) -> Result<SignedToken, Refusal> {
        let text = self.backend.encode(claims).map_err(|error: SignError| {
            tracing::error!(%error, "a token could not be signed");
            Refusal::Unavailable
        })?;
        let expires = moment(claims.expires_at()).unwrap_or(OffsetDateTime::UNIX_EPOCH);
        Ok(SignedToken { text, expires })
    }
}

fn new_family(families: Families, now: OffsetDateTime) -> Family {
    Family {
        id: random::hex(FAMILY_BYTES),
        ends: now + families.lifetime,
    }
}

/// A `jti` that no table can hold is no token of anybody's.
fn with_usable_id(verified: Verified) -> Result<Verified, TokenError> {
    let id = verified.claims().id();
    let is_usable = id.chars().nth(MAX_ID).is_none() && !id.contains('\0');
    is_usable.then_some(verified).ok_or(TokenError::Invalid)
}

/// The login that a token names; a claim of an odd type names one that is not there.
fn login_named(claims: &Claims) -> Option<&str> {
    let claim = claims.get(LOGIN_CLAIM)?;
    Some(claim.as_str().unwrap_or_default())
}

/// A refresh token as the store knows it.
fn row_of(claims: &Claims, now: OffsetDateTime) -> RefreshToken {
    RefreshToken {
        jti: claims.id().to_owned(),
        issued: moment(claims.issued_at()).unwrap_or(now),
        expires: moment(claims.expires_at()).unwrap_or(now),
    }
}

fn moment(seconds: Option<i64>) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp(seconds?).ok()
}

fn standing(is_blacklisted: bool, user: Option<&User>) -> Standing<'_> {
    Standing {
        is_blacklisted,
        user: user.map(|user| Candidate {
            password_column: user.password.expose_secret(),
            is_active: user.is_active,
        }),
    }
}

/// 401, in simplejwt's words.
fn refused(error: impl Into<RefreshError>) -> Refusal {
    let body = error.into().body().to_string();
    Refusal::AuthenticationFailedJson(body, Some(challenge()))
}

fn challenge() -> Challenge {
    Challenge("Bearer realm=\"api\"".into())
}

impl fmt::Debug for Jwt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jwt")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
