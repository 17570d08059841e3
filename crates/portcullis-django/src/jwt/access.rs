//! Authenticating a request by a token: its header, and whose it is.

use std::fmt;

use serde_json::{Value, json};
use subtle::ConstantTimeEq;

use super::{
    Backend, Settings, Standing, TOKEN_NOT_VALID, TokenError, TokenType, Verified, password_claim,
    verify,
};

/// Why a request with a token is refused; a 401 with [`AccessError::body`].
///
/// The challenge is `Bearer realm="api"`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[doc(alias = "AuthenticationFailed")]
#[non_exhaustive]
pub enum AccessError {
    /// Not exactly one token follows the keyword.
    #[doc(alias = "bad_authorization_header")]
    BadHeader,
    /// It is not good as a token of any type that authenticates; what each of them says.
    #[doc(alias = "InvalidToken")]
    NotValid(Vec<(TokenType, TokenError)>),
    /// It names no user.
    NoUser,
    /// It names a user who is not there.
    UserNotFound,
    /// It names an inactive user.
    UserInactive,
    /// It was made under another password, or does not say under which.
    PasswordChanged,
}

impl AccessError {
    /// The `code` of the answer.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::BadHeader => "bad_authorization_header",
            Self::NotValid(_) | Self::NoUser => TOKEN_NOT_VALID,
            Self::UserNotFound => "user_not_found",
            Self::UserInactive => "user_inactive",
            Self::PasswordChanged => "password_changed",
        }
    }

    /// The answer: `detail` and `code`, and `messages` where the token itself is at fault.
    ///
    /// ```
    /// use portcullis_django::jwt::{AccessError, TokenError, TokenType};
    /// let error = AccessError::NotValid(vec![(TokenType::Access, TokenError::WrongType)]);
    /// assert_eq!(error.body()["messages"][0]["token_class"], "AccessToken");
    /// assert_eq!(error.body()["messages"][0]["message"], "Token has wrong type");
    /// ```
    #[must_use]
    pub fn body(&self) -> Value {
        let mut body = json!({ "detail": self.to_string(), "code": self.code() });
        if let Self::NotValid(faults) = self {
            let messages = faults.iter().map(|(token_type, fault)| {
                json!({
                    "token_class": token_type.class_name(),
                    "token_type": token_type.name(),
                    "message": fault.to_string(),
                })
            });
            body["messages"] = messages.collect();
        }
        body
    }
}

impl fmt::Display for AccessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BadHeader => "Authorization header must contain two space-delimited values",
            Self::NotValid(_) => "Given token not valid for any token type",
            Self::NoUser => "Token contained no recognizable user identification",
            Self::UserNotFound => "User not found",
            Self::UserInactive => "User is inactive",
            Self::PasswordChanged => "The user's password has been changed.",
        })
    }
}

impl std::error::Error for AccessError {}

/// The token of `Authorization: Bearer <token>`. The keyword's letter case counts, unlike elsewhere.
///
/// `Ok(None)`: no header, an empty one, or another scheme's.
///
/// # Errors
/// [`AccessError::BadHeader`].
///
/// ```
/// use portcullis_django::jwt::{AccessError, Settings, bearer_of};
/// let settings = Settings::default();
/// assert_eq!(bearer_of(b"Bearer a.b.c", &settings), Ok(Some("a.b.c")));
/// assert_eq!(bearer_of(b"bearer a.b.c", &settings), Ok(None));
/// assert_eq!(bearer_of(b"Bearer a b", &settings), Err(AccessError::BadHeader));
/// ```
#[doc(alias = "get_raw_token")]
pub fn bearer_of<'h>(
    header: &'h [u8],
    settings: &Settings,
) -> Result<Option<&'h str>, AccessError> {
    let mut parts = header
        .split(u8::is_ascii_whitespace)
        .filter(|part| !part.is_empty());
    let is_ours = parts.next().is_some_and(|keyword| {
        let mut keywords = settings.auth_header_types.iter();
        keywords.any(|own| own.as_bytes() == keyword)
    });
    if !is_ours {
        return Ok(None);
    }
    match (parts.next(), parts.next()) {
        // What is not text is no token: it becomes the empty one, which nothing verifies.
        (Some(token), None) => Ok(Some(std::str::from_utf8(token).unwrap_or_default())),
        _ => Err(AccessError::BadHeader),
    }
}

/// Reads a token as one of the types that authenticate a request, at `now` (Unix seconds).
///
/// # Errors
/// [`AccessError::NotValid`], with what each type says.
#[doc(alias = "get_validated_token")]
pub fn authenticate(
    backend: &Backend,
    settings: &Settings,
    token: &str,
    now: i64,
) -> Result<Verified, AccessError> {
    let mut faults = Vec::new();
    for &token_type in &settings.auth_token_types {
        match verify(backend, token, token_type, now) {
            Ok(verified) => return Ok(verified),
            Err(fault) => faults.push((token_type, fault)),
        }
    }
    Err(AccessError::NotValid(faults))
}

/// Whether a request is made by the user of its token.
///
/// # Errors
/// [`AccessError`]. A user claim of an odd type names nobody; simplejwt fails with a 500 there.
#[doc(alias = "get_user")]
pub fn admit(
    verified: &Verified,
    settings: &Settings,
    standing: Standing<'_>,
) -> Result<(), AccessError> {
    let Some(token_type) = verified
        .token_type()
        .filter(|own| settings.auth_token_types.contains(own))
    else {
        let wrong = |&token_type| (token_type, TokenError::WrongType);
        let faults = settings.auth_token_types.iter().map(wrong);
        return Err(AccessError::NotValid(faults.collect()));
    };
    if standing.is_blacklisted {
        let fault = (token_type, TokenError::Blacklisted);
        return Err(AccessError::NotValid(vec![fault]));
    }
    if verified.user_id(settings).is_none() {
        return Err(AccessError::NoUser);
    }
    let user = standing.user.ok_or(AccessError::UserNotFound)?;
    if settings.check_user_is_active && !user.is_active {
        return Err(AccessError::UserInactive);
    }
    if settings.check_revoke_token {
        let claim = verified.claims().get(&settings.revoke_token_claim);
        let claim = claim.and_then(Value::as_str).unwrap_or_default();
        let own = password_claim(user.password_column);
        if !bool::from(own.as_bytes().ct_eq(claim.as_bytes())) {
            return Err(AccessError::PasswordChanged);
        }
    }
    Ok(())
}
