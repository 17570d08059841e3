//! ID tokens, signed as they should be and as they should not.

use portcullis::django::jwt::{Algorithm, Backend, Claims, Key};
use portcullis::django::signing::base64url_encode;
use serde_json::{Map, Value, json};

use super::{CLIENT_ID, CLIENT_SECRET, Person, Signing, State, claims_of};

/// Keys of nobody: made for tests, and published with them.
const KEY: &str = include_str!("key.pem");
const OTHER_KEY: &str = include_str!("other_key.pem");

fn key(pem: &str, id: &str) -> Key {
    let key = Key::ecdsa(Algorithm::Es256, pem).expect("the tests' keys are keys");
    key.with_id(id)
}

/// The keys that are published.
pub(super) fn jwks(state: &State) -> Value {
    let mut keys = vec![key(KEY, "first").jwk()];
    if state.manners.signing == Signing::Rotated {
        keys.push(key(OTHER_KEY, "second").jwk());
    }
    json!({ "keys": keys })
}

/// An ID token about somebody.
pub(super) fn id_token(
    state: &mut State,
    issuer: &str,
    person: &Person,
    nonce: Option<&str>,
) -> String {
    let now = state.now.unix_timestamp();
    let mut claims = Map::new();
    for (name, value) in [
        ("iss", json!(issuer)),
        ("aud", json!(CLIENT_ID)),
        ("exp", json!(now + 300)),
        ("iat", json!(now)),
        // No two of them are the same text.
        ("jti", json!(state.next().to_string())),
    ] {
        claims.insert(name.to_owned(), value);
    }
    if let Some(nonce) = nonce {
        claims.insert("nonce".to_owned(), json!(nonce));
    }
    claims.extend(claims_of(person));
    if state.manners.hides_email {
        claims.remove("email");
        claims.remove("email_verified");
    }
    for (name, value) in &state.manners.claims {
        match value {
            Value::Null => drop(claims.remove(name)),
            value => drop(claims.insert(name.clone(), value.clone())),
        }
    }
    sign(state.manners.signing, claims)
}

fn sign(signing: Signing, claims: Map<String, Value>) -> String {
    let by = |key: Key| {
        let token = Backend::new(key).encode(&Claims::from_map(claims.clone()));
        token.expect("the tests' keys sign")
    };
    let secret = |secret: &[u8], id: &str| {
        // Keys must be long; what is signed with it is the same for everybody who knows it.
        let mut secret = secret.to_vec();
        secret.resize(secret.len().max(32), 0);
        let key = Key::secret(Algorithm::Hs256, secret).expect("it is long enough");
        key.with_id(id)
    };
    match signing {
        Signing::Right => by(key(KEY, "first")),
        Signing::Rotated => by(key(OTHER_KEY, "second")),
        Signing::StolenName => by(key(OTHER_KEY, "first")),
        Signing::UnknownKey => by(key(OTHER_KEY, "third")),
        Signing::PublicKeyAsSecret => {
            let public = key(KEY, "first").jwk().unwrap_or_default();
            by(secret(public.to_string().as_bytes(), "first"))
        }
        Signing::ClientSecret => by(secret(CLIENT_SECRET.as_bytes(), "first")),
        Signing::None => {
            let header = json!({ "alg": "none", "typ": "JWT" }).to_string();
            let claims = Value::Object(claims).to_string();
            let [header, claims] = [header, claims].map(|part| base64url_encode(part.as_bytes()));
            format!("{header}.{claims}.")
        }
    }
}
