//! RSA, ECDSA and Ed25519 keys, with the primitives of `jsonwebtoken`.

use jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER;
use jsonwebtoken::{DecodingKey, EncodingKey};
use serde_json::{Map, Value};

use super::{Algorithm, Family, KeyError, SignError};
use crate::signing::{base64url_decode, base64url_encode};

/// RSA keys of other lengths are refused: shorter ones are weak, longer ones slow.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// What is signed to see that a private key fits its public key.
const PROBE: &[u8] = b"do these belong together";

/// A public key, and perhaps its private key.
///
/// Only the two factories of the AWS-LC provider are used. `jsonwebtoken` would otherwise ask for the
/// provider of the whole process, which panics when the features of two dependencies disagree.
#[derive(Clone)]
pub(super) struct Pair {
    algorithm: jsonwebtoken::Algorithm,
    private: Option<EncodingKey>,
    public: DecodingKey,
}

impl Pair {
    /// A public key alone.
    pub(super) fn public(algorithm: Algorithm, pem: &str) -> Result<Self, KeyError> {
        let family = algorithm.family();
        let algorithm = of_library(algorithm).ok_or(KeyError::OtherFamily)?;
        // The library's reader would take a private key or a certificate for a public key.
        if !pem.contains("PUBLIC KEY-----") {
            return Err(KeyError::Unreadable);
        }
        let read = match family {
            Family::Rsa => DecodingKey::from_rsa_pem(pem.as_bytes()),
            Family::Ecdsa => DecodingKey::from_ec_pem(pem.as_bytes()),
            Family::EdDsa => DecodingKey::from_ed_pem(pem.as_bytes()),
            Family::Hmac => return Err(KeyError::OtherFamily),
        };
        let public = read.map_err(|_| KeyError::Unreadable)?;
        check_size(algorithm, &public)?;
        Ok(Self {
            algorithm,
            private: None,
            public,
        })
    }

    /// A public key as somebody publishes it (RFC 7518, 6; RFC 8037, 2). `None` when it is none of the
    /// algorithm, or of a size that is refused.
    pub(super) fn of_jwk(algorithm: Algorithm, jwk: &Map<String, Value>) -> Option<Self> {
        let library = of_library(algorithm)?;
        let text = |name: &str| jwk.get(name).and_then(Value::as_str);
        let (kind, curve) = (text("kty")?, text("crv"));
        let public = match (algorithm.family(), kind) {
            (Family::Rsa, "RSA") => {
                let modulus = base64url_decode(text("n")?)?;
                let zeros = modulus.iter().take_while(|byte| **byte == 0).count();
                let modulus = &modulus[zeros..];
                let unused = modulus.first().map_or(0, |byte| byte.leading_zeros());
                let bits = (modulus.len() * 8).saturating_sub(unused as usize);
                let exponent = base64url_decode(text("e")?)?;
                RSA_BITS
                    .contains(&bits)
                    .then(|| DecodingKey::from_rsa_raw_components(modulus, &exponent))?
            }
            (Family::Ecdsa, "EC") => {
                let wanted = match algorithm {
                    Algorithm::Es384 => "P-384",
                    _ => "P-256",
                };
                let of_curve = curve == Some(wanted);
                let point = DecodingKey::from_ec_components(text("x")?, text("y")?).ok();
                point.filter(|_| of_curve)?
            }
            (Family::EdDsa, "OKP") => {
                let key = DecodingKey::from_ed_components(text("x")?).ok();
                key.filter(|_| curve == Some("Ed25519"))?
            }
            _ => return None,
        };
        if algorithm.family() != Family::Rsa {
            check_size(library, &public).ok()?;
        }
        Some(Self {
            algorithm: library,
            private: None,
            public,
        })
    }

    /// Both keys.
    pub(super) fn new(
        algorithm: Algorithm,
        private_pem: &str,
        public_pem: &str,
    ) -> Result<Self, KeyError> {
        let mut pair = Self::public(algorithm, public_pem)?;
        let read = match algorithm.family() {
            Family::Rsa => EncodingKey::from_rsa_pem(private_pem.as_bytes()),
            Family::Ecdsa => EncodingKey::from_ec_pem(private_pem.as_bytes()),
            Family::EdDsa => EncodingKey::from_ed_pem(private_pem.as_bytes()),
            Family::Hmac => return Err(KeyError::OtherFamily),
        };
        pair.private = Some(read.map_err(|_| KeyError::Unreadable)?);
        let signature = pair.sign(PROBE).map_err(|_| KeyError::Unreadable)?;
        if pair.verifies(PROBE, &signature) {
            Ok(pair)
        } else {
            Err(KeyError::NoPair)
        }
    }

    /// An ECDSA private key, of which the public key follows.
    pub(super) fn of_ecdsa(algorithm: Algorithm, private_pem: &str) -> Result<Self, KeyError> {
        if algorithm.family() != Family::Ecdsa {
            return Err(KeyError::OtherFamily);
        }
        let library = of_library(algorithm).ok_or(KeyError::OtherFamily)?;
        let private = EncodingKey::from_ec_pem(private_pem.as_bytes());
        let private = private.map_err(|_| KeyError::Unreadable)?;
        let components = DEFAULT_PROVIDER
            .key_utils
            .ec_pub_components_from_private_key;
        let (_, x, y) =
            components(private.as_bytes(), library).map_err(|_| KeyError::Unreadable)?;
        let public = DecodingKey::from_ec_components(&base64url_encode(&x), &base64url_encode(&y));
        Ok(Self {
            algorithm: library,
            private: Some(private),
            public: public.map_err(|_| KeyError::Unreadable)?,
        })
    }

    /// What makes the public key, as members of a JWK (RFC 7518, 6; RFC 8037, 2).
    pub(super) fn jwk(&self) -> Option<Map<String, Value>> {
        let bytes = self.public.try_get_as_bytes().ok()?;
        // A point on a curve is written as 4, x, y.
        let halves = || bytes.get(1..).map(|xy| xy.split_at(xy.len() / 2));
        let members = match self.algorithm {
            jsonwebtoken::Algorithm::EdDSA => vec![
                ("kty", "OKP".to_owned()),
                ("crv", "Ed25519".to_owned()),
                ("x", base64url_encode(bytes)),
            ],
            jsonwebtoken::Algorithm::ES256 | jsonwebtoken::Algorithm::ES384 => {
                let (x, y) = halves()?;
                let curve = if x.len() == 32 { "P-256" } else { "P-384" };
                vec![
                    ("kty", "EC".to_owned()),
                    ("crv", curve.to_owned()),
                    ("x", base64url_encode(x)),
                    ("y", base64url_encode(y)),
                ]
            }
            _ => {
                let (modulus, exponent) =
                    (DEFAULT_PROVIDER
                        .key_utils
                        .rsa_pub_components_from_public_key)(bytes)
                    .ok()?;
                let number = |bytes: &[u8]| {
                    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
                    base64url_encode(&bytes[zeros..])
                };
                vec![
                    ("kty", "RSA".to_owned()),
                    ("n", number(&modulus)),
                    ("e", number(&exponent)),
                ]
            }
        };
        let named = members.into_iter();
        Some(
            named
                .map(|(name, text)| (name.to_owned(), text.into()))
                .collect(),
        )
    }

    /// The raw signature of a message.
    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        let private = self.private.as_ref().ok_or(SignError::NoPrivateKey)?;
        let signer = (DEFAULT_PROVIDER.signer_factory)(&self.algorithm, private)
            .map_err(|_| SignError::Failed)?;
        signer.try_sign(message).map_err(|_| SignError::Failed)
    }

    /// Whether a raw signature is this pair's under a message.
    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        (DEFAULT_PROVIDER.verifier_factory)(&self.algorithm, &self.public)
            .is_ok_and(|verifier| verifier.verify(message, &signature.to_vec()).is_ok())
    }
}

/// Refuses RSA keys that are too short, and points of another curve.
fn check_size(algorithm: jsonwebtoken::Algorithm, public: &DecodingKey) -> Result<(), KeyError> {
    use jsonwebtoken::Algorithm as Library;

    let bytes = public
        .try_get_as_bytes()
        .map_err(|_| KeyError::Unreadable)?;
    let fits = match algorithm {
        Library::ES256 => bytes.len() == 65,
        Library::ES384 => bytes.len() == 97,
        Library::EdDSA => bytes.len() == 32,
        _ => {
            let components = DEFAULT_PROVIDER
                .key_utils
                .rsa_pub_components_from_public_key;
            let (modulus, _) = components(bytes).map_err(|_| KeyError::Unreadable)?;
            let zeros = modulus.first().map_or(0, |byte| byte.leading_zeros());
            let bits = (modulus.len() * 8).saturating_sub(zeros as usize);
            if bits < *RSA_BITS.start() {
                return Err(KeyError::TooShort);
            }
            RSA_BITS.contains(&bits)
        }
    };
    fits.then_some(()).ok_or(KeyError::Unreadable)
}

/// The library's name of an algorithm; `None` for HMAC, which is not left to it.
fn of_library(algorithm: Algorithm) -> Option<jsonwebtoken::Algorithm> {
    match algorithm {
        Algorithm::Hs256 | Algorithm::Hs384 | Algorithm::Hs512 => None,
        Algorithm::Rs256 => Some(jsonwebtoken::Algorithm::RS256),
        Algorithm::Rs384 => Some(jsonwebtoken::Algorithm::RS384),
        Algorithm::Rs512 => Some(jsonwebtoken::Algorithm::RS512),
        Algorithm::Es256 => Some(jsonwebtoken::Algorithm::ES256),
        Algorithm::Es384 => Some(jsonwebtoken::Algorithm::ES384),
        Algorithm::EdDsa => Some(jsonwebtoken::Algorithm::EdDSA),
    }
}
