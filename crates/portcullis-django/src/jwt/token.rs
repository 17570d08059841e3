//! The types of tokens, and the verdict on one.

use serde_json::{Value, json};

use super::{Backend, BackendError, Claims, Settings, TOKEN_NOT_VALID, claim};

/// What a token is for, its `token_type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[doc(alias = "TOKEN_TYPE_CLAIM")]
pub enum TokenType {
    /// Sent with each request, soon over, in no table.
    #[doc(alias = "AccessToken")]
    Access,
    /// Only good for getting access tokens; can be blacklisted.
    #[doc(alias = "RefreshToken")]
    Refresh,
    /// Both in one; can be blacklisted.
    #[doc(alias = "SlidingToken")]
    Sliding,
}

impl TokenType {
    /// The claim's text: `access`, `refresh`, `sliding`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Refresh => "refresh",
            Self::Sliding => "sliding",
        }
    }

    /// simplejwt's class, which its refusals name.
    #[must_use]
    pub const fn class_name(self) -> &'static str {
        match self {
            Self::Access => "AccessToken",
            Self::Refresh => "RefreshToken",
            Self::Sliding => "SlidingToken",
        }
    }

    /// Whether each token of a user gets a row in `token_blacklist_outstandingtoken`.
    #[doc(alias = "BlacklistMixin")]
    #[must_use]
    pub const fn is_recorded(self) -> bool {
        matches!(self, Self::Refresh | Self::Sliding)
    }
}

/// Why a token is refused; a 401 with [`TokenError::body`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// Form, signature, algorithm, audience, issuer, a time to come, a claim of another JSON type.
    #[error("Token is invalid")]
    Invalid,
    /// `exp` is over.
    #[error("Token is expired")]
    #[doc(alias = "ExpiredTokenError")]
    Expired,
    /// A claim that must be there is not.
    #[error("Token has no '{0}' claim")]
    Missing(&'static str),
    /// A time other than `exp` is over.
    #[error("Token '{0}' claim has expired")]
    Over(&'static str),
    /// No `jti`.
    #[error("Token has no id")]
    NoId,
    /// No `token_type`.
    #[error("Token has no type")]
    NoType,
    /// Another `token_type`.
    #[error("Token has wrong type")]
    WrongType,
    /// Its `jti` is in the blacklist.
    #[error("Token is blacklisted")]
    Blacklisted,
}

impl TokenError {
    /// The `code` of the answer, always `token_not_valid`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        TOKEN_NOT_VALID
    }

    /// What the refresh, verify and blacklist endpoints answer: `{"detail": ..., "code": ...}`.
    #[must_use]
    pub fn body(self) -> Value {
        json!({ "detail": self.to_string(), "code": self.code() })
    }
}

impl From<BackendError> for TokenError {
    fn from(error: BackendError) -> Self {
        match error {
            BackendError::Expired => Self::Expired,
            BackendError::NoExpiry => Self::Missing(claim::EXPIRES),
            BackendError::Algorithm | BackendError::Invalid => Self::Invalid,
        }
    }
}

/// A token whose signature, times, id and type were found good.
///
/// Only [`verify`] and [`verify_untyped`] make one. Whether it is blacklisted, and whose it is, is
/// still to be looked up; the decisions take the answer as a [`Standing`](super::Standing).
#[derive(Clone, Debug)]
#[doc(alias = "validated_token")]
pub struct Verified {
    token_type: Option<TokenType>,
    claims: Claims,
}

impl Verified {
    /// Its type; `None` when that was not looked at.
    #[must_use]
    pub fn token_type(&self) -> Option<TokenType> {
        self.token_type
    }

    /// What is in it.
    #[must_use]
    pub fn claims(&self) -> &Claims {
        &self.claims
    }

    /// The id of its user as text, to look up: from a text that is not empty or from a whole number.
    ///
    /// It may be the text of no id at all; then there is nobody of that id.
    #[doc(alias = "get_user")]
    #[must_use]
    pub fn user_id(&self, settings: &Settings) -> Option<String> {
        match self.claims.get(&settings.user_id_claim)? {
            Value::String(id) if !id.is_empty() => Some(id.clone()),
            Value::Number(id) if id.is_i64() || id.is_u64() => Some(id.to_string()),
            _ => None,
        }
    }
}

/// Reads a token of a type, at `now` (Unix seconds).
///
/// # Errors
/// [`TokenError`]. Faults are told in simplejwt's order: signature, times, `jti`, type.
#[doc(alias = "verify_token_type")]
pub fn verify(
    backend: &Backend,
    token: &str,
    token_type: TokenType,
    now: i64,
) -> Result<Verified, TokenError> {
    let claims = verify_untyped(backend, token, now)?.claims;
    match claims.get(claim::TOKEN_TYPE) {
        None => Err(TokenError::NoType),
        Some(value) if value == token_type.name() => Ok(Verified {
            token_type: Some(token_type),
            claims,
        }),
        Some(_) => Err(TokenError::WrongType),
    }
}

/// Reads a token of any type, at `now` (Unix seconds), as the verify endpoint does.
///
/// # Errors
/// [`TokenError`].
#[doc(alias = "UntypedToken")]
pub fn verify_untyped(backend: &Backend, token: &str, now: i64) -> Result<Verified, TokenError> {
    let claims = backend.decode(token, now)?;
    if claims.get(claim::ID).is_none() {
        return Err(TokenError::NoId);
    }
    Ok(Verified {
        token_type: None,
        claims,
    })
}
