//! What is in a token.

use std::fmt;

use md5::{Digest, Md5};
use serde_json::{Map, Value};

use super::{BackendError, Settings, TokenType, claim};
use crate::random;
use crate::signing::hex;

/// The claims of a token, in their order.
///
/// Its `Debug` shows the names only.
#[derive(Clone, PartialEq, Eq)]
#[doc(alias = "payload")]
pub struct Claims(Map<String, Value>);

/// Whom a token is made for.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// The primary key's text.
    #[doc(alias = "USER_ID_FIELD")]
    pub user_id: &'a str,
    /// The `password` column, for the claim of [`Settings::check_revoke_token`].
    pub password_column: &'a str,
}

impl Claims {
    /// The claims of a new token of nobody, made at `now` (Unix seconds).
    ///
    /// `token_type`, `exp`, `iat`, `jti` (32 hex characters), and `refresh_exp` for a sliding token.
    #[must_use]
    pub fn new(token_type: TokenType, settings: &Settings, now: i64) -> Self {
        let mut claims = Self(Map::new());
        claims.insert(claim::TOKEN_TYPE, token_type.name());
        claims.renew(settings.lifetime(token_type), now);
        claims.insert(claim::ID, new_id());
        if token_type == TokenType::Sliding {
            let end = now.saturating_add(settings.sliding_refresh_seconds());
            claims.insert(claim::REFRESH_EXPIRES, end);
        }
        claims
    }

    /// The claims of a new token of a user, made at `now` (Unix seconds).
    ///
    /// The user's id is text, as simplejwt 5.5.1 writes it; earlier ones wrote a number.
    /// Refresh and sliding tokens also need a row, see [`OutstandingToken`](super::OutstandingToken).
    #[doc(alias = "get_token")]
    #[must_use]
    pub fn for_user(
        token_type: TokenType,
        user: Subject<'_>,
        settings: &Settings,
        now: i64,
    ) -> Self {
        let mut claims = Self::new(token_type, settings, now);
        claims.insert(&settings.user_id_claim, user.user_id);
        if settings.check_revoke_token {
            let hash = password_claim(user.password_column);
            claims.insert(&settings.revoke_token_claim, hash);
        }
        claims
    }

    /// Claims that were made elsewhere.
    #[must_use]
    pub fn from_map(claims: Map<String, Value>) -> Self {
        Self(claims)
    }

    /// All claims.
    #[must_use]
    pub fn as_map(&self) -> &Map<String, Value> {
        &self.0
    }

    /// One claim.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// Writes a claim of one's own, at the end or over one of that name.
    ///
    /// Everybody who holds the token can read it: no e-mail addresses, hashes or rights.
    pub fn insert(&mut self, name: &str, value: impl Into<Value>) {
        self.0.insert(name.to_owned(), value.into());
    }

    /// The `jti` by which the blacklist knows the token; empty when there is none.
    #[doc(alias = "JTI_CLAIM")]
    #[must_use]
    pub fn id(&self) -> &str {
        self.0
            .get(claim::ID)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// The `exp` in Unix seconds, fractions cut off; `None` when there is none.
    #[must_use]
    pub fn expires_at(&self) -> Option<i64> {
        self.seconds(claim::EXPIRES).ok().flatten()
    }

    /// Ends no later than `ends` (Unix seconds).
    pub fn end_by(&mut self, ends: i64) {
        if self.expires_at().is_none_or(|expires| expires > ends) {
            self.insert(claim::EXPIRES, ends);
        }
    }

    /// Makes them those of the token that has this `jti`, `iat` and `exp` (Unix seconds), and is else the
    /// same.
    pub fn become_token(&mut self, id: &str, issued: i64, expires: i64) {
        self.insert(claim::EXPIRES, expires);
        self.insert(claim::ISSUED, issued);
        self.insert(claim::ID, id);
    }

    /// The `iat` in Unix seconds, fractions cut off; `None` when there is none.
    #[must_use]
    pub fn issued_at(&self) -> Option<i64> {
        self.seconds(claim::ISSUED).ok().flatten()
    }

    /// Writes `exp` and `iat`, over old ones in their places.
    pub(super) fn renew(&mut self, lifetime_seconds: i64, now: i64) {
        self.insert(claim::EXPIRES, now.saturating_add(lifetime_seconds));
        self.insert(claim::ISSUED, now);
    }

    /// Another `jti`, in its old place.
    pub(super) fn rename(&mut self) {
        self.insert(claim::ID, new_id());
    }

    /// A time in Unix seconds, fractions cut off; a value of another JSON type is an error.
    pub(super) fn seconds(&self, name: &str) -> Result<Option<i64>, BackendError> {
        let Some(value) = self.0.get(name) else {
            return Ok(None);
        };
        let Value::Number(number) = value else {
            return Err(BackendError::Invalid);
        };
        let whole = number.as_i64().or_else(|| {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "cutting off is meant, and what is out of range stays at its end"
            )]
            number.as_f64().map(|seconds| seconds as i64)
        });
        whole.map(Some).ok_or(BackendError::Invalid)
    }
}

impl fmt::Debug for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Claims")?;
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl fmt::Debug for Subject<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subject")
            .field("user_id", &self.user_id)
            .finish_non_exhaustive()
    }
}

/// What ties a token to a password: upper-case hex MD5 of the `password` column.
///
/// ```
/// let claim = portcullis_django::jwt::password_claim("");
/// assert_eq!(claim, "D41D8CD98F00B204E9800998ECF8427E");
/// ```
#[doc(alias = "get_md5_hash_password")]
#[must_use]
pub fn password_claim(password_column: &str) -> String {
    hex(&Md5::digest(password_column.as_bytes())).to_uppercase()
}

/// A new `jti`: a random (version 4) UUID as 32 hex characters.
fn new_id() -> String {
    let mut bytes = [0; 16];
    random::fill(&mut bytes);
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    hex(&bytes)
}
