//! Keys by name: `kid`, the change of keys, and the public ones as JWKs.

use portcullis_django::jwt::{Algorithm, Backend, BackendError, Claims, Key, Settings, TokenType};
use portcullis_django::signing::base64url_decode;
use serde_json::{Value, json};

/// The Ed25519 key of RFC 8037, appendix A, in PEM.
const PUBLIC: &str = "-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=
-----END PUBLIC KEY-----
";

fn secret(number: u8) -> Key {
    Key::secret(Algorithm::Hs256, [number; 32]).unwrap()
}

fn token(backend: &Backend) -> String {
    let claims = Claims::new(TokenType::Access, &Settings::default(), 0);
    backend.encode(&claims).unwrap()
}

fn header(token: &str) -> Value {
    let part = base64url_decode(token.split('.').next().unwrap()).unwrap();
    serde_json::from_slice(&part).unwrap()
}

#[test]
fn named_key_names_itself_in_its_tokens() {
    let named = token(&Backend::new(secret(1).with_id("2026-01")));
    let expected = json!({ "alg": "HS256", "kid": "2026-01", "typ": "JWT" });
    assert_eq!(header(&named), expected);
    let plain = token(&Backend::new(secret(1)));
    assert_eq!(header(&plain), json!({ "alg": "HS256", "typ": "JWT" }));
}

#[test]
fn name_chooses_among_our_own_keys_only() {
    let backend = |name: &str| Backend::new(secret(1).with_id(name));
    let (ours, other) = (backend("a"), backend("b"));
    assert!(ours.decode(&token(&ours), 1).is_ok());
    // The signature would fit; the name does not.
    assert_eq!(ours.decode(&token(&other), 1), Err(BackendError::Invalid));
    // Django names no key, and where keys have no names a token's chooses nothing.
    assert!(ours.decode(&token(&Backend::new(secret(1))), 1).is_ok());
    assert!(Backend::new(secret(1)).decode(&token(&other), 1).is_ok());
}

#[test]
fn older_key_verifies_until_its_date_and_signs_nothing() {
    let old = Backend::new(secret(1).with_id("old"));
    let new = Backend::new(secret(2).with_id("new")).with_older_key(secret(1).with_id("old"), 100);
    let before = token(&old);
    assert_eq!(header(&token(&new))["kid"], "new");
    assert!(new.decode(&before, 99).is_ok());
    assert_eq!(new.decode(&before, 100), Err(BackendError::Invalid));
}

#[test]
fn public_key_is_shown_as_rfc_8037_has_it() {
    let key = Key::public(Algorithm::EdDsa, PUBLIC)
        .unwrap()
        .with_thumbprint();
    let thumbprint = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k";
    assert_eq!(key.id(), Some(thumbprint));
    let backend = Backend::new(key).with_older_key(secret(1), 100);
    let expected = json!({ "keys": [{
        "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
        "use": "sig", "alg": "EdDSA", "kid": thumbprint,
    }] });
    // The secret beside it is not told.
    assert_eq!(backend.jwks(0), expected);
}

#[test]
fn secrets_have_neither_jwk_nor_thumbprint() {
    assert_eq!(secret(1).jwk(), None);
    assert_eq!(secret(1).with_thumbprint().id(), None);
    assert_eq!(Backend::new(secret(1)).jwks(0), json!({ "keys": [] }));
}
