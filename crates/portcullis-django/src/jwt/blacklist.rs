//! The blacklist app: recorded tokens, ended tokens, and the endpoint that verifies one.

use std::fmt;

use serde_json::{Value, json};

use super::{Claims, Settings, Standing, TokenError, TokenType, Verified};

/// A row of `token_blacklist_outstandingtoken`.
///
/// Every refresh and sliding token of a user gets one when it is made. Rows are unique by `jti`:
/// what is there already stays as it is. `expires_at <= now` can be deleted.
#[derive(Clone, PartialEq, Eq)]
pub struct OutstandingToken {
    /// The token's id; unique.
    pub jti: String,
    /// The token itself.
    pub token: String,
    /// The user's id as text; `None` for a user who is not there.
    pub user_id: Option<String>,
    /// When the row was made, in Unix seconds.
    pub created_at: i64,
    /// The token's `exp`, in Unix seconds.
    pub expires_at: i64,
}

impl OutstandingToken {
    /// The row of a token that was made of `claims` at `now` (Unix seconds).
    ///
    /// `user_id` is somebody who is there, else `None`.
    #[doc(alias = "outstand")]
    #[must_use]
    pub fn new(claims: &Claims, token: &str, user_id: Option<String>, now: i64) -> Self {
        Self {
            jti: claims.id().to_owned(),
            token: token.to_owned(),
            user_id,
            created_at: now,
            expires_at: claims.expires_at().unwrap_or(now),
        }
    }
}

impl fmt::Debug for OutstandingToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutstandingToken")
            .field("jti", &self.jti)
            .field("user_id", &self.user_id)
            .field("created_at", &self.created_at)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// The row to blacklist for a refresh or sliding token, at `now` (Unix seconds).
///
/// Two writes in one transaction: this row unless there is one of its `jti`, then one of
/// `token_blacklist_blacklistedtoken` that points at it. `token` is the text that was verified.
///
/// # Errors
/// [`TokenError::WrongType`] for an access token, [`TokenError::Blacklisted`] the second time.
#[doc(alias = "TokenBlacklistSerializer")]
#[doc(alias = "BlacklistedToken")]
pub fn blacklist(
    verified: &Verified,
    token: &str,
    settings: &Settings,
    standing: Standing<'_>,
    now: i64,
) -> Result<OutstandingToken, TokenError> {
    if !verified.token_type().is_some_and(TokenType::is_recorded) {
        return Err(TokenError::WrongType);
    }
    if standing.is_blacklisted {
        return Err(TokenError::Blacklisted);
    }
    let user_id = verified
        .user_id(settings)
        .filter(|_| standing.user.is_some());
    Ok(OutstandingToken::new(
        verified.claims(),
        token,
        user_id,
        now,
    ))
}

/// Why the verify endpoint refuses a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The token's fault: 401.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// It is blacklisted: 400 here, unlike elsewhere.
    #[error("Token is blacklisted")]
    Blacklisted,
}

impl VerifyError {
    /// The status of the answer: 401 or 400.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::Token(_) => 401,
            Self::Blacklisted => 400,
        }
    }

    /// The answer: that of [`TokenError::body`], or `{"non_field_errors": [...]}`.
    #[must_use]
    pub fn body(self) -> Value {
        match self {
            Self::Token(fault) => fault.body(),
            Self::Blacklisted => json!({ "non_field_errors": [self.to_string()] }),
        }
    }
}

/// Whether the verify endpoint accepts a token that [`verify_untyped`](super::verify_untyped) read.
///
/// Nothing is looked at but the blacklist, and that only with [`Settings::blacklist_after_rotation`].
///
/// # Errors
/// [`VerifyError::Blacklisted`].
#[doc(alias = "TokenVerifySerializer")]
pub fn check_blacklist(settings: &Settings, is_blacklisted: bool) -> Result<(), VerifyError> {
    if settings.blacklist_after_rotation && is_blacklisted {
        return Err(VerifyError::Blacklisted);
    }
    Ok(())
}
