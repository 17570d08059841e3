//! Making and reading tokens: keys, audience, issuer, leeway.

use std::time::Duration;

use serde_json::Value;

use super::{Claims, Key, SignError, claim, compact};

/// The most that clocks are allowed to differ: 30 seconds.
pub const MAX_LEEWAY: Duration = Duration::from_secs(30);

/// The last second that Python can tell: 9999-12-31T23:59:59.
const LAST_SECOND: i64 = 253_402_300_799;

/// Why a token is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BackendError {
    /// It is not made with the algorithm of a key of ours, or names none.
    #[error("Invalid algorithm specified")]
    #[doc(alias = "InvalidAlgorithmError")]
    Algorithm,
    /// It is signed, and `exp` is over.
    #[error("Token is expired")]
    #[doc(alias = "TokenBackendExpiredToken")]
    Expired,
    /// It is signed, and has no `exp`. simplejwt says so only when it looks at the token's type.
    #[error("Token has no 'exp' claim")]
    NoExpiry,
    /// Anything else: form, signature, audience, issuer, a time to come, a claim of another JSON type.
    #[error("Token is invalid")]
    #[doc(alias = "InvalidTokenError")]
    Invalid,
}

/// Makes and reads tokens.
///
/// ```
/// use portcullis_django::jwt::{Algorithm, Backend, BackendError, Claims, Key, Settings, TokenType};
/// let key = || Key::secret(Algorithm::Hs256, "the SECRET_KEY of the Django project");
/// let shop = Backend::new(key()?).with_issuer("https://shop.example");
/// let token = shop.encode(&Claims::new(TokenType::Access, &Settings::default(), 0))?;
/// assert!(shop.decode(&token, 299).is_ok());
///
/// let bank = Backend::new(key()?).with_issuer("https://bank.example");
/// assert_eq!(bank.decode(&token, 299), Err(BackendError::Invalid));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[doc(alias = "TokenBackend")]
pub struct Backend {
    key: Key,
    older: Vec<(Key, i64)>,
    audience: Vec<String>,
    issuer: Option<String>,
    leeway: Duration,
}

impl Backend {
    /// A backend of one key; any audience, any issuer, no leeway.
    #[must_use]
    pub fn new(key: Key) -> Self {
        Self {
            key,
            older: Vec::new(),
            audience: Vec::new(),
            issuer: None,
            leeway: Duration::ZERO,
        }
    }

    /// Also accepts what an older key signed, before the Unix second `until`.
    ///
    /// simplejwt cannot: there, a new `SECRET_KEY` ends all tokens, and its fallbacks are not used.
    #[doc(alias = "SECRET_KEY_FALLBACKS")]
    #[must_use]
    pub fn with_older_key(mut self, key: Key, until: i64) -> Self {
        self.older.push((key, until));
        self
    }

    /// Writes an audience into tokens, and requires it. Several: all are written, one is enough.
    #[doc(alias = "AUDIENCE")]
    #[must_use]
    pub fn with_audience(mut self, audience: impl Into<String>) -> Self {
        self.audience.push(audience.into());
        self
    }

    /// Writes the issuer into tokens, and requires it.
    #[doc(alias = "ISSUER")]
    #[must_use]
    pub fn with_issuer(mut self, issuer: impl Into<String>) -> Self {
        self.issuer = Some(issuer.into());
        self
    }

    /// How far clocks may differ, in whole seconds; more than [`MAX_LEEWAY`] counts as that.
    #[doc(alias = "LEEWAY")]
    #[must_use]
    pub fn with_leeway(mut self, leeway: Duration) -> Self {
        self.leeway = leeway.min(MAX_LEEWAY);
        self
    }

    /// The token of claims, signed with the newest key; audience and issuer are written over theirs.
    ///
    /// # Errors
    /// [`SignError`]; never with a secret.
    pub fn encode(&self, claims: &Claims) -> Result<String, SignError> {
        let mut claims = claims.clone();
        match self.audience.as_slice() {
            [] => {}
            [one] => claims.insert(claim::AUDIENCE, one.as_str()),
            several => claims.insert(claim::AUDIENCE, several),
        }
        if let Some(issuer) = &self.issuer {
            claims.insert(claim::ISSUER, issuer.as_str());
        }
        compact::encode(&claims, &self.key)
    }

    /// The claims of a token that is signed and good at `now` (Unix seconds).
    ///
    /// Its type is not looked at: [`verify`](super::verify) does that too.
    ///
    /// # Errors
    /// [`BackendError`]. An `exp` equal to `now` is over.
    pub fn decode(&self, token: &str, now: i64) -> Result<Claims, BackendError> {
        let parts = compact::Parts::of(token).ok_or(BackendError::Invalid)?;
        let keys = self.keys(now).filter(|key| parts.is_for(key.algorithm()));
        let keys: Vec<&Key> = keys.collect();
        if keys.is_empty() {
            return Err(BackendError::Algorithm);
        }
        let claims = keys
            .into_iter()
            .filter(|key| parts.may_mean(key.id()))
            .find_map(|key| parts.claims(key))
            .ok_or(BackendError::Invalid)?;
        self.check(&claims, now)?;
        Ok(claims)
    }

    /// Until when what [`decode`](Self::decode) said of these claims at `now` stays true, in Unix seconds: until
    /// they are over, or an older key is. Without `exp` they never were good.
    #[must_use]
    pub fn holds_until(&self, claims: &Claims, now: i64) -> i64 {
        let expires = claims.expires_at().unwrap_or(now);
        let keys = self.older.iter().map(|(_, until)| *until);
        keys.filter(|until| now < *until).fold(expires, i64::min)
    }

    /// The public keys at `now` (Unix seconds), newest first: `{"keys": [{"kty": "EC", …}]}`. Secrets
    /// are not among them.
    #[must_use]
    pub fn jwks(&self, now: i64) -> Value {
        let keys: Vec<Value> = self.keys(now).filter_map(Key::jwk).collect();
        serde_json::json!({ "keys": keys })
    }

    /// The keys that verify at `now`, newest first.
    fn keys(&self, now: i64) -> impl Iterator<Item = &Key> {
        let older = self.older.iter().filter(move |(_, until)| now < *until);
        std::iter::once(&self.key).chain(older.map(|(key, _)| key))
    }

    /// Whether a time is over at `now`, with the leeway.
    pub(super) fn is_over(&self, at: i64, now: i64) -> bool {
        at <= now.saturating_sub(self.leeway_seconds())
    }

    fn leeway_seconds(&self) -> i64 {
        i64::try_from(self.leeway.as_secs()).unwrap_or(0)
    }

    /// The registered claims, in PyJWT's order: it decides which of two faults is told.
    fn check(&self, claims: &Claims, now: i64) -> Result<(), BackendError> {
        let latest = now.saturating_add(self.leeway_seconds());
        for name in [claim::ISSUED, claim::NOT_BEFORE] {
            require(claims.seconds(name)?.is_none_or(|at| at <= latest))?;
        }
        let expires = claims.seconds(claim::EXPIRES)?;
        if expires.is_some_and(|at| self.is_over(at, now)) {
            return Err(BackendError::Expired);
        }
        require(expires.is_none_or(|at| at <= LAST_SECOND))?;
        if let Some(issuer) = &self.issuer {
            let own = claims.get(claim::ISSUER).and_then(Value::as_str);
            require(own == Some(issuer))?;
        }
        require(self.audience.is_empty() || self.is_audience(claims.get(claim::AUDIENCE)))?;
        for name in [claim::SUBJECT, claim::ID] {
            require(claims.get(name).is_none_or(Value::is_string))?;
        }
        expires.map(drop).ok_or(BackendError::NoExpiry)
    }

    /// Whether an `aud`, a text or a list of nothing but texts, names an audience of ours.
    fn is_audience(&self, audience: Option<&Value>) -> bool {
        let is_ours = |value: &Value| value.as_str().is_some_and(|text| self.has_audience(text));
        match audience {
            Some(Value::Array(list)) => {
                list.iter().all(Value::is_string) && list.iter().any(is_ours)
            }
            Some(one) => is_ours(one),
            None => false,
        }
    }

    fn has_audience(&self, text: &str) -> bool {
        self.audience.iter().any(|own| own == text)
    }
}

fn require(holds: bool) -> Result<(), BackendError> {
    holds.then_some(()).ok_or(BackendError::Invalid)
}
