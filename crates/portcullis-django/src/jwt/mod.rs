//! djangorestframework-simplejwt's tokens: what is in them, and what is decided about them.
//!
//! No clock, no table: a decision takes the time in Unix seconds, and what the store says of a token
//! and its user as a [`Standing`]. The path of an access token is [`bearer_of`], [`authenticate`], a
//! look-up, [`admit`]; that of a refresh token [`verify`], a look-up, [`refresh`]. What a decision
//! allows is claims; [`Backend::encode`] makes a token of them.
//!
//! The texts, codes and bodies of all refusals are simplejwt 5.5's. Stricter than simplejwt:
//! `exp` is always required; a time of another JSON type, any `crit`, base64 that is not canonical,
//! a user claim of an odd type, and secrets under 256 bits are refused; the leeway is at most
//! [`MAX_LEEWAY`]. Header members `jku`, `x5u`, `jwk` and `x5c` are never looked at, and a key is only
//! good for the one algorithm that it was made for.
//!
//! ```
//! use portcullis_django::jwt::{
//!     Algorithm, Backend, Claims, Key, Settings, Subject, TokenError, TokenType, verify,
//! };
//! let key = Key::secret(Algorithm::Hs256, "the SECRET_KEY of the Django project")?;
//! let (backend, settings) = (Backend::new(key), Settings::default());
//! let ada = Subject { user_id: "1", password_column: "pbkdf2_sha256$..." };
//! let claims = Claims::for_user(TokenType::Access, ada, &settings, 1_767_497_145);
//! let token = backend.encode(&claims)?;
//!
//! let verified = verify(&backend, &token, TokenType::Access, 1_767_497_444)?;
//! assert_eq!(verified.user_id(&settings).as_deref(), Some("1"));
//! let late = verify(&backend, &token, TokenType::Access, 1_767_497_445);
//! assert_eq!(late.unwrap_err(), TokenError::Expired);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod access;
mod algorithm;
#[cfg(feature = "jwt-asymmetric")]
mod asymmetric;
mod backend;
mod blacklist;
mod claims;
mod compact;
#[cfg(feature = "jwt-asymmetric")]
mod jwks;
mod key;
mod refresh;
mod settings;
mod token;

pub use access::{AccessError, admit, authenticate, bearer_of};
pub use algorithm::{Algorithm, Family};
pub use backend::{Backend, BackendError, MAX_LEEWAY};
pub use blacklist::{OutstandingToken, VerifyError, blacklist, check_blacklist};
pub use claims::{Claims, Subject, password_claim};
#[cfg(feature = "jwt-asymmetric")]
pub use jwks::{Jwks, JwksError};
pub use key::{Key, KeyError, MIN_SECRET_BYTES, SignError};
pub use refresh::{RefreshError, Refreshed, refresh, refresh_sliding};
pub use settings::Settings;
pub use token::{TokenError, TokenType, Verified, verify, verify_untyped};

use crate::session::Candidate;

/// What the store says of a verified token: found by its `jti`, and by the user that it names.
#[derive(Clone, Copy)]
pub struct Standing<'a> {
    /// Whether `token_blacklist_blacklistedtoken` has the `jti`. Access tokens are never in it.
    pub is_blacklisted: bool,
    /// The user whose id [`Verified::user_id`] gave; `None` when there is nobody of that id.
    pub user: Option<Candidate<'a>>,
}

impl std::fmt::Debug for Standing<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Standing")
            .field("is_blacklisted", &self.is_blacklisted)
            .field("has_user", &self.user.is_some())
            .finish_non_exhaustive()
    }
}

/// The code of every refusal that is the token's fault.
const TOKEN_NOT_VALID: &str = "token_not_valid";

/// The names of the claims that simplejwt itself reads.
mod claim {
    pub(super) const TOKEN_TYPE: &str = "token_type";
    pub(super) const EXPIRES: &str = "exp";
    pub(super) const ISSUED: &str = "iat";
    pub(super) const NOT_BEFORE: &str = "nbf";
    pub(super) const ID: &str = "jti";
    pub(super) const REFRESH_EXPIRES: &str = "refresh_exp";
    pub(super) const AUDIENCE: &str = "aud";
    pub(super) const ISSUER: &str = "iss";
    pub(super) const SUBJECT: &str = "sub";
}
