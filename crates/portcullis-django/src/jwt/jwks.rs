//! Public keys of somebody else, as they publish them (RFC 7517), and the tokens that these sign.

use std::fmt;

use serde_json::{Map, Value};

use super::asymmetric::Pair;
use super::{Algorithm, Claims, Family, compact};

/// More keys than this are not looked at.
const MAX_KEYS: usize = 64;

/// Why a token is not one of these keys'.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JwksError {
    /// It is no signed token, or its header asks for what is not done here.
    #[error("the token cannot be read")]
    Unreadable,
    /// Its algorithm is none of those that are allowed: `none` and HMAC never are.
    #[error("the token's algorithm is not allowed")]
    Algorithm,
    /// No key fits its `kid` and algorithm; they may have been changed since they were read.
    #[error("no key of that name is known")]
    UnknownKey,
    /// The key that it names did not sign it.
    #[error("the token's signature is wrong")]
    Signature,
}

/// The public keys that an issuer of tokens publishes.
///
/// ```
/// use portcullis_django::jwt::{Algorithm, Jwks, JwksError};
/// let keys = Jwks::read(&serde_json::json!({ "keys": [{ "kty": "oct", "k": "c2VjcmV0" }] }));
/// assert!(keys.is_empty());
/// let unsigned = "eyJhbGciOiJub25lIn0.e30.";
/// assert_eq!(keys.claims(unsigned, &[Algorithm::Rs256]), Err(JwksError::Algorithm));
/// ```
#[derive(Clone, Default)]
#[doc(alias = "PyJWKSet")]
pub struct Jwks(Vec<Map<String, Value>>);

impl Jwks {
    /// Reads `{"keys": [...]}`. Keys that are secrets, or for encryption, are passed over.
    #[must_use]
    pub fn read(set: &Value) -> Self {
        let keys = set["keys"].as_array().into_iter().flatten();
        let is_public = |key: &&Map<String, Value>| {
            let is = |name: &str, text: &str| key.get(name).is_none_or(|value| value == text);
            key.get("kty").is_some_and(|kind| kind != "oct") && is("use", "sig")
        };
        let keys = keys.filter_map(Value::as_object).filter(is_public);
        Self(keys.take(MAX_KEYS).cloned().collect())
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The claims of a token that one of these keys signed, by one of these algorithms. Nothing of the
    /// claims is checked yet.
    ///
    /// A token that names a key is verified with that one only; one that names none, with each that fits.
    /// Algorithms of secrets are never taken, also when they are among `allowed`: a public key would be
    /// taken for a secret.
    ///
    /// # Errors
    /// [`JwksError`].
    pub fn claims(&self, token: &str, allowed: &[Algorithm]) -> Result<Claims, JwksError> {
        let parts = compact::Parts::of(token).ok_or(JwksError::Unreadable)?;
        let algorithm = allowed
            .iter()
            .copied()
            .filter(|algorithm| algorithm.family() != Family::Hmac)
            .find(|algorithm| parts.is_for(*algorithm))
            .ok_or(JwksError::Algorithm)?;
        let named = parts.key_id();
        let fits = |key: &&Map<String, Value>| {
            let is = |name: &str, text: &str| key.get(name).is_none_or(|value| value == text);
            named.is_none_or(|id| key.get("kid").is_some_and(|own| own == id))
                && is("alg", algorithm.name())
        };
        let keys = self.0.iter().filter(fits);
        let keys: Vec<Pair> = keys
            .filter_map(|key| Pair::of_jwk(algorithm, key))
            .collect();
        if keys.is_empty() {
            return Err(JwksError::UnknownKey);
        }
        let claims = keys.iter().find_map(|key| parts.claims_of_pair(key));
        claims.ok_or(JwksError::Signature)
    }
}

impl fmt::Debug for Jwks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids = self.0.iter().map(|key| key.get("kid"));
        f.debug_list().entries(ids).finish()
    }
}
