//! Key pairs: each algorithm, both directions, and keys that do not fit.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair,
    EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use portcullis_django::jwt::{
    Algorithm, Backend, BackendError, Claims, Family, Key, KeyError, Settings, SignError, TokenType,
};
use portcullis_django::signing::base64url_encode;
use proptest::prelude::*;
use std::sync::LazyLock;

/// 1024 bits: too short.
const SHORT_RSA: &str = "-----BEGIN PUBLIC KEY-----
MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDp1QU7i/k3ab1UEU2d4JMvAZcu
i2x4VbuqKrIXeKYRalAf0Teo8LM6tEP2mJ859dZKE22wbffUDpDCiT2aoxNBMl4T
cu+83rL24+4XPZMhl1+8wL4w65mQlEXb+tI20GJauHGB+P2heOoEe2G1tmlhShuJ
uBlRY8IH4kMcAbPxSQIDAQAB
-----END PUBLIC KEY-----
";

fn pem(kind: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    format!("-----BEGIN {kind} KEY-----\n{text}\n-----END {kind} KEY-----\n")
}

/// A private and a public key in PEM.
type Pems = (String, String);

fn rsa() -> Pems {
    let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let private = AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).unwrap();
    let public = AsDer::<PublicKeyX509Der<'_>>::as_der(pair.public_key()).unwrap();
    (
        pem("PRIVATE", private.as_ref()),
        pem("PUBLIC", public.as_ref()),
    )
}

fn ecdsa(curve: &'static EcdsaSigningAlgorithm) -> Pems {
    let pair = EcdsaKeyPair::generate(curve).unwrap();
    let private = pair.to_pkcs8v1().unwrap();
    let public = AsDer::<PublicKeyX509Der<'_>>::as_der(pair.public_key()).unwrap();
    (
        pem("PRIVATE", private.as_ref()),
        pem("PUBLIC", public.as_ref()),
    )
}

fn ed25519() -> Pems {
    let pair = Ed25519KeyPair::generate().unwrap();
    let private = pair.to_pkcs8v1().unwrap();
    let public = AsDer::<PublicKeyX509Der<'_>>::as_der(pair.public_key()).unwrap();
    (
        pem("PRIVATE", private.as_ref()),
        pem("PUBLIC", public.as_ref()),
    )
}

/// One pair for each kind of key: RSA, P-256, P-384, Ed25519.
static PAIRS: LazyLock<[Pems; 4]> = LazyLock::new(|| {
    [
        rsa(),
        ecdsa(&ECDSA_P256_SHA256_FIXED_SIGNING),
        ecdsa(&ECDSA_P384_SHA384_FIXED_SIGNING),
        ed25519(),
    ]
});

fn pems(algorithm: Algorithm) -> Option<&'static Pems> {
    match (algorithm.family(), algorithm) {
        (Family::Rsa, _) => Some(&PAIRS[0]),
        (_, Algorithm::Es256) => Some(&PAIRS[1]),
        (Family::Ecdsa, _) => Some(&PAIRS[2]),
        (Family::EdDsa, _) => Some(&PAIRS[3]),
        _ => None,
    }
}

fn claims() -> Claims {
    Claims::new(TokenType::Access, &Settings::default(), 0)
}

#[test]
fn each_algorithm_signs_and_verifies() {
    for algorithm in Algorithm::ALL {
        let Some((private, public)) = pems(algorithm) else {
            continue;
        };
        let signing = Backend::new(Key::pair(algorithm, private, public).unwrap());
        let token = signing.encode(&claims()).unwrap();
        let verifying = Backend::new(Key::public(algorithm, public).unwrap());
        assert!(verifying.decode(&token, 0).is_ok(), "{algorithm}");
        assert_eq!(verifying.encode(&claims()), Err(SignError::NoPrivateKey));
        for other in Algorithm::ALL {
            let Some((_, public)) = pems(other).filter(|_| other != algorithm) else {
                continue;
            };
            let other = Backend::new(Key::public(other, public).unwrap());
            assert_eq!(other.decode(&token, 0), Err(BackendError::Algorithm));
        }
    }
}

#[test]
fn keys_of_another_kind_are_refused() {
    for algorithm in Algorithm::ALL {
        for (private, public) in PAIRS.iter() {
            let fits = pems(algorithm).is_some_and(|pair| pair.1 == *public);
            assert_eq!(Key::public(algorithm, public).is_ok(), fits, "{algorithm}");
            assert_eq!(Key::pair(algorithm, private, public).is_ok(), fits);
            assert!(Key::public(algorithm, private).is_err());
            assert!(Key::pair(algorithm, public, private).is_err());
        }
    }
    let short = SHORT_RSA;
    assert_eq!(
        Key::public(Algorithm::Rs256, short).unwrap_err(),
        KeyError::TooShort
    );
    for text in [
        "",
        "secret",
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
    ] {
        assert_eq!(
            Key::public(Algorithm::Es256, text).unwrap_err(),
            KeyError::Unreadable
        );
    }
}

#[test]
fn keys_of_two_pairs_are_refused() {
    let (foreign, _) = ecdsa(&ECDSA_P256_SHA256_FIXED_SIGNING);
    let (_, public) = pems(Algorithm::Es256).unwrap();
    let mixed = Key::pair(Algorithm::Es256, &foreign, public);
    assert_eq!(mixed.unwrap_err(), KeyError::NoPair);
    let (foreign, _) = ed25519();
    let (_, public) = pems(Algorithm::EdDsa).unwrap();
    let mixed = Key::pair(Algorithm::EdDsa, &foreign, public);
    assert_eq!(mixed.unwrap_err(), KeyError::NoPair);
}

#[test]
fn a_public_key_is_no_secret() {
    let (_, public) = pems(Algorithm::Rs256).unwrap();
    let refused = Key::secret(Algorithm::Hs256, public);
    assert_eq!(refused.unwrap_err(), KeyError::OtherFamily);
    // What an attacker can sign who knows the public key.
    let claims = serde_json::Value::Object(claims().as_map().clone()).to_string();
    let message = [r#"{"alg":"HS256","typ":"JWT"}"#, &claims]
        .map(|part| base64url_encode(part.as_bytes()))
        .join(".");
    let mac = {
        use hmac::{Hmac, Mac};
        let mut mac = Hmac::<sha2::Sha256>::new_from_slice(public.as_bytes()).unwrap();
        mac.update(message.as_bytes());
        mac.finalize().into_bytes()
    };
    let forged = format!("{message}.{}", base64url_encode(&mac));
    let backend = Backend::new(Key::public(Algorithm::Rs256, public).unwrap());
    assert_eq!(backend.decode(&forged, 0), Err(BackendError::Algorithm));
    let renamed = forged.replacen("eyJhbGciOiJIUzI1NiIs", "eyJhbGciOiJSUzI1NiIs", 1);
    assert_eq!(backend.decode(&renamed, 0), Err(BackendError::Invalid));
}

proptest! {
    #[test]
    fn mutated_tokens_of_key_pairs_never_verify(at in any::<usize>(), byte in 0_u8..128) {
        for algorithm in [Algorithm::Rs256, Algorithm::Es256, Algorithm::Es384, Algorithm::EdDsa] {
            let (private, public) = pems(algorithm).unwrap();
            let backend = Backend::new(Key::pair(algorithm, private, public).unwrap());
            let token = backend.encode(&claims()).unwrap();
            let mut bytes = token.clone().into_bytes();
            let at = at % bytes.len();
            bytes[at] = byte;
            let mutated = String::from_utf8(bytes).unwrap();
            prop_assert_eq!(backend.decode(&mutated, 0).is_ok(), mutated == token);
        }
    }
}

#[test]
fn public_keys_are_shown_with_members_of_the_right_length() {
    for (algorithm, kind, member, bytes) in [
        (Algorithm::Rs256, "RSA", "n", 256),
        (Algorithm::Es256, "EC", "x", 32),
        (Algorithm::Es384, "EC", "y", 48),
        (Algorithm::EdDsa, "OKP", "x", 32),
    ] {
        let (_, public) = pems(algorithm).unwrap();
        let key = Key::public(algorithm, public).unwrap().with_thumbprint();
        let jwk = key.jwk().unwrap();
        assert_eq!(
            (&jwk["kty"], &jwk["alg"]),
            (&kind.into(), &algorithm.name().into())
        );
        let text = jwk[member].as_str().unwrap();
        let member = portcullis_django::signing::base64url_decode(text).unwrap();
        assert_eq!(member.len(), bytes, "{algorithm}");
        assert_eq!(jwk["kid"].as_str().map(str::len), Some(43));
        assert!(jwk.get("d").is_none());
    }
}
