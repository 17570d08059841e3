//! New tokens for old ones.

use serde_json::{Value, json};

use super::{
    Backend, Claims, Settings, Standing, TOKEN_NOT_VALID, TokenError, TokenType, Verified, claim,
};

/// Claims that an access token does not take from its refresh token.
const OWN_CLAIMS: [&str; 4] = [claim::TOKEN_TYPE, claim::EXPIRES, claim::ISSUED, claim::ID];

/// Why there is no new token; a 401 with [`RefreshError::body`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RefreshError {
    /// The token's fault.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// Its user is inactive or not there (where simplejwt 5.5.1 fails with a 500).
    #[error("No active account found for the given token.")]
    #[doc(alias = "no_active_account")]
    NoActiveAccount,
}

impl RefreshError {
    /// The `code` of the answer; [`RefreshError::NoActiveAccount`] has none.
    #[must_use]
    pub const fn code(self) -> Option<&'static str> {
        match self {
            Self::Token(_) => Some(TOKEN_NOT_VALID),
            Self::NoActiveAccount => None,
        }
    }

    /// The answer: `{"detail": ..., "code": ...}`, or `detail` alone.
    #[must_use]
    pub fn body(self) -> Value {
        match self {
            Self::Token(fault) => fault.body(),
            Self::NoActiveAccount => json!({ "detail": self.to_string() }),
        }
    }
}

/// What a refresh token was exchanged for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refreshed {
    /// The claims of the access token.
    pub access: Claims,
    /// The claims of the next refresh token, where they rotate. It needs an
    /// [`OutstandingToken`](super::OutstandingToken).
    pub rotated: Option<Claims>,
    /// Whether the old refresh token goes into the blacklist, in the same transaction.
    pub blacklists_old: bool,
}

/// Exchanges a refresh token at `now` (Unix seconds).
///
/// The access token has its own `exp`, `iat` and `jti`, and copies every other claim. The rotated
/// refresh token is the old one with another `exp`, `iat` and `jti`. A token without a user claim
/// gives tokens without one, as in simplejwt; a claim of an odd type is refused.
///
/// # Errors
/// [`RefreshError`]. [`TokenError::Blacklisted`] after a rotation means that somebody used an old token.
///
/// # Security
/// Of several requests with one token, each may be allowed here: the transaction that writes the
/// blacklist row decides which of them wins.
#[doc(alias = "TokenRefreshSerializer")]
pub fn refresh(
    verified: &Verified,
    settings: &Settings,
    standing: Standing<'_>,
    now: i64,
) -> Result<Refreshed, RefreshError> {
    check(verified, TokenType::Refresh, settings, standing)?;
    let old = verified.claims();
    let mut access = Claims::new(TokenType::Access, settings, now);
    for (name, value) in old.as_map() {
        if !OWN_CLAIMS.contains(&name.as_str()) {
            access.insert(name, value.clone());
        }
    }
    let rotated = settings.rotate_refresh_tokens.then(|| {
        let mut next = old.clone();
        next.rename();
        next.renew(settings.lifetime(TokenType::Refresh), now);
        next
    });
    Ok(Refreshed {
        access,
        blacklists_old: rotated.is_some() && settings.blacklist_after_rotation,
        rotated,
    })
}

/// Exchanges a sliding token at `now` (Unix seconds): the same one, with another `exp` and `iat`.
///
/// It must be good itself, and its `refresh_exp` too. Its `jti` and its row stay.
///
/// # Errors
/// [`RefreshError`].
#[doc(alias = "TokenRefreshSlidingSerializer")]
pub fn refresh_sliding(
    backend: &Backend,
    verified: &Verified,
    settings: &Settings,
    standing: Standing<'_>,
    now: i64,
) -> Result<Claims, RefreshError> {
    check(verified, TokenType::Sliding, settings, standing)?;
    let mut claims = verified.claims().clone();
    let end = claims
        .seconds(claim::REFRESH_EXPIRES)
        .map_err(TokenError::from)?
        .ok_or(TokenError::Missing(claim::REFRESH_EXPIRES))?;
    if backend.is_over(end, now) {
        return Err(TokenError::Over(claim::REFRESH_EXPIRES).into());
    }
    claims.renew(settings.lifetime(TokenType::Sliding), now);
    Ok(claims)
}

/// The type, the blacklist, and the user if the token names one.
fn check(
    verified: &Verified,
    token_type: TokenType,
    settings: &Settings,
    standing: Standing<'_>,
) -> Result<(), RefreshError> {
    if verified.token_type() != Some(token_type) {
        return Err(TokenError::WrongType.into());
    }
    if standing.is_blacklisted {
        return Err(TokenError::Blacklisted.into());
    }
    if verified.claims().get(&settings.user_id_claim).is_none() {
        return Ok(());
    }
    let user = verified.user_id(settings).and(standing.user);
    match user {
        Some(user) if user.is_active || !settings.check_user_is_active => Ok(()),
        _ => Err(RefreshError::NoActiveAccount),
    }
}
