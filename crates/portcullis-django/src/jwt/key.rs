//! A key and the one algorithm that it is good for.

use std::fmt;

use hmac::{Hmac, Mac};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256, Sha384, Sha512};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::{Algorithm, Family};
use crate::signing::base64url_encode;

#[cfg(feature = "jwt-asymmetric")]
use super::asymmetric::Pair;

/// Shorter secrets are no keys: 32 bytes, 256 bits.
pub const MIN_SECRET_BYTES: usize = 32;

/// Why a text is no key for an algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// A secret for an algorithm of key pairs, or the other way round.
    #[error("the key is not of the kind that the algorithm takes")]
    OtherFamily,
    /// A secret under 32 bytes, or an RSA key under 2048 bits.
    #[error("the key is too short: secrets need 256 bits, RSA keys 2048")]
    TooShort,
    /// No PEM, not of this algorithm, of another curve, or longer than 8192 bits.
    #[error("the key cannot be read, or is not one of this algorithm")]
    Unreadable,
    /// The public key does not verify what the private key signs.
    #[error("the private key and the public key do not belong together")]
    NoPair,
}

/// Why a token cannot be signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignError {
    /// The key is only a public one.
    #[error("there is no private key to sign with")]
    NoPrivateKey,
    /// The signature could not be made.
    #[error("the signature could not be made")]
    Failed,
}

/// A key that signs and verifies tokens, or only verifies them, with one algorithm.
///
/// # Security
/// The algorithm is the key's and never the token's: an RSA public key cannot be taken for an HMAC
/// secret. The key does not stand in its `Debug`, and is wiped when dropped.
#[derive(Clone)]
pub struct Key {
    algorithm: Algorithm,
    material: Material,
    id: Option<String>,
}

#[derive(Clone)]
enum Material {
    Secret(Zeroizing<Vec<u8>>),
    #[cfg(feature = "jwt-asymmetric")]
    Pair(Pair),
}

impl Key {
    /// A secret for HS256, HS384 or HS512; simplejwt takes `SECRET_KEY`, and never its fallbacks.
    ///
    /// # Errors
    /// [`KeyError::OtherFamily`], also for a PEM or SSH key, which is no secret; [`KeyError::TooShort`]
    /// for fewer than [`MIN_SECRET_BYTES`].
    ///
    /// ```
    /// use portcullis_django::jwt::{Algorithm, Key, KeyError};
    /// let key = Key::secret(Algorithm::Hs256, "secret");
    /// assert_eq!(key.unwrap_err(), KeyError::TooShort);
    /// ```
    #[doc(alias = "SIGNING_KEY")]
    pub fn secret(algorithm: Algorithm, secret: impl AsRef<[u8]>) -> Result<Self, KeyError> {
        let secret = secret.as_ref();
        let start = secret.trim_ascii_start();
        let is_of_pair = start.starts_with(b"-----BEGIN ") || start.starts_with(b"ssh-");
        if algorithm.family() != Family::Hmac || is_of_pair {
            return Err(KeyError::OtherFamily);
        }
        if secret.len() < MIN_SECRET_BYTES {
            return Err(KeyError::TooShort);
        }
        Ok(Self {
            algorithm,
            material: Material::Secret(Zeroizing::new(secret.to_vec())),
            id: None,
        })
    }

    /// A public key in PEM (`-----BEGIN PUBLIC KEY-----`), which verifies and does not sign.
    ///
    /// Only with the cargo feature `jwt-asymmetric`.
    ///
    /// # Errors
    /// [`KeyError`], when it is not a key of the algorithm.
    #[cfg(feature = "jwt-asymmetric")]
    #[doc(alias = "VERIFYING_KEY")]
    pub fn public(algorithm: Algorithm, public_pem: &str) -> Result<Self, KeyError> {
        Ok(Self {
            algorithm,
            material: Material::Pair(Pair::public(algorithm, public_pem)?),
            id: None,
        })
    }

    /// A private key in PEM (PKCS #8, RSA also PKCS #1), not encrypted, and its public key.
    ///
    /// Only with the cargo feature `jwt-asymmetric`. Makes one signature to see that they fit.
    ///
    /// # Errors
    /// [`KeyError`], when one is not a key of the algorithm or they do not belong together.
    #[cfg(feature = "jwt-asymmetric")]
    #[doc(alias = "SIGNING_KEY")]
    #[doc(alias = "VERIFYING_KEY")]
    pub fn pair(
        algorithm: Algorithm,
        private_pem: &str,
        public_pem: &str,
    ) -> Result<Self, KeyError> {
        Ok(Self {
            algorithm,
            material: Material::Pair(Pair::new(algorithm, private_pem, public_pem)?),
            id: None,
        })
    }

    /// An ECDSA private key in PEM (PKCS #8), not encrypted; its public key follows from it.
    ///
    /// Only with the cargo feature `jwt-asymmetric`.
    ///
    /// # Errors
    /// [`KeyError`], when it is not a key of the algorithm.
    #[cfg(feature = "jwt-asymmetric")]
    pub fn ecdsa(algorithm: Algorithm, private_pem: &str) -> Result<Self, KeyError> {
        Ok(Self {
            algorithm,
            material: Material::Pair(Pair::of_ecdsa(algorithm, private_pem)?),
            id: None,
        })
    }

    /// Names the key: the `kid` of the tokens that it signs. Tokens that name a key are then verified with
    /// that one only, and those that name none, as Django's, with each.
    ///
    /// Without a name, as in simplejwt, a token's `kid` chooses nothing.
    #[must_use]
    pub fn with_id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// The same, named after its public key: the JWK thumbprint of RFC 7638. A secret stays without a name.
    #[must_use]
    pub fn with_thumbprint(self) -> Self {
        match self.jwk().as_ref().and_then(thumbprint) {
            Some(id) => self.with_id(id),
            None => self,
        }
    }

    /// The key's name, if it has one.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// The public key as a JWK, such as `{"kty": "OKP", "crv": "Ed25519", "x": "…", "alg": "EdDSA", …}`.
    ///
    /// `None` for a secret, which has nothing public.
    #[must_use]
    pub fn jwk(&self) -> Option<Value> {
        let public: Option<Map<String, Value>> = match &self.material {
            Material::Secret(_) => None,
            #[cfg(feature = "jwt-asymmetric")]
            Material::Pair(pair) => pair.jwk(),
        };
        let mut jwk = public?;
        jwk.insert("use".to_owned(), "sig".into());
        jwk.insert("alg".to_owned(), self.algorithm.name().into());
        if let Some(id) = &self.id {
            jwk.insert("kid".to_owned(), id.as_str().into());
        }
        Some(Value::Object(jwk))
    }

    /// The algorithm that the key is good for.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The raw signature of a message.
    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        match &self.material {
            Material::Secret(secret) => {
                hmac(self.algorithm, secret, message).ok_or(SignError::Failed)
            }
            #[cfg(feature = "jwt-asymmetric")]
            Material::Pair(pair) => pair.sign(message),
        }
    }

    /// Whether a raw signature is this key's under a message, in a time that does not tell where it differs.
    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.material {
            Material::Secret(secret) => hmac(self.algorithm, secret, message)
                .is_some_and(|own| own.as_slice().ct_eq(signature).into()),
            #[cfg(feature = "jwt-asymmetric")]
            Material::Pair(pair) => pair.verifies(message, signature),
        }
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key")
            .field("algorithm", &self.algorithm)
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// The members that make a key, in their order, hashed.
fn thumbprint(jwk: &Value) -> Option<String> {
    let required: &[&str] = match jwk.get("kty")?.as_str()? {
        "RSA" => &["e", "kty", "n"],
        "EC" => &["crv", "kty", "x", "y"],
        _ => &["crv", "kty", "x"],
    };
    let mut members = Map::new();
    for name in required {
        members.insert((*name).to_owned(), jwk.get(*name)?.clone());
    }
    let text = Value::Object(members).to_string();
    Some(base64url_encode(&Sha256::digest(text)))
}

/// 32, 48 or 64 bytes; `None` for an algorithm of key pairs.
fn hmac(algorithm: Algorithm, secret: &[u8], message: &[u8]) -> Option<Vec<u8>> {
    macro_rules! tag {
        ($hash:ty) => {{
            let mut mac =
                Hmac::<$hash>::new_from_slice(secret).expect("HMAC takes keys of any length");
            mac.update(message);
            Some(mac.finalize().into_bytes().to_vec())
        }};
    }
    match algorithm {
        Algorithm::Hs256 => tag!(Sha256),
        Algorithm::Hs384 => tag!(Sha384),
        Algorithm::Hs512 => tag!(Sha512),
        Algorithm::Rs256
        | Algorithm::Rs384
        | Algorithm::Rs512
        | Algorithm::Es256
        | Algorithm::Es384
        | Algorithm::EdDsa => None,
    }
}
