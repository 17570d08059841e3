//! JSON web tokens: taken apart, and forged from good ones.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use sha2::{Sha256, Sha384, Sha512};

use crate::error::Blocked;

/// The JSON of a token's header and of its claims, or nothing when it is none.
#[must_use]
pub fn parts(token: &str) -> Option<(Value, Map<String, Value>)> {
    let mut pieces = token.split('.');
    let (header, claims, _signature) = (pieces.next()?, pieces.next()?, pieces.next()?);
    if pieces.next().is_some() {
        return None;
    }
    let header = decode(header)?;
    match decode(claims)? {
        Value::Object(claims) => Some((header, claims)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            None
        }
    }
}

fn decode(piece: &str) -> Option<Value> {
    let bytes = URL_SAFE_NO_PAD.decode(piece.trim_end_matches('=')).ok()?;
    serde_json::from_slice(&bytes).ok()
}

/// What a token is made of.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Spec {
    /// The token whose header and claims are the start.
    from: Option<String>,
    /// The algorithm the header names, and that signs.
    alg: Option<String>,
    #[serde(default)]
    header: Map<String, Value>,
    /// Text like `+60` or `-60` is seconds from now.
    #[serde(default)]
    claims: Map<String, Value>,
    #[serde(default)]
    drop: Vec<String>,
    #[serde(default)]
    key: String,
    #[serde(default)]
    sign: Signature,
}

#[derive(Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Signature {
    #[default]
    New,
    Keep,
    Empty,
}

/// Makes a token of a `jwt` specification; `now` is in seconds since 1970.
///
/// # Errors
/// When the specification has an unknown key, or `from` is not a token.
pub fn token(spec: Value, now: f64) -> Result<String, Blocked> {
    let spec: Spec = serde_json::from_value(spec)
        .map_err(|error| Blocked::new(format!("a jwt cannot be made: {error}")))?;
    let mut header = json!({"alg": "HS256", "typ": "JWT"});
    let mut claims = Map::new();
    let mut signature = "";
    if let Some(from) = &spec.from {
        (header, claims) =
            parts(from).ok_or_else(|| Blocked::new(format!("{from:?} is not a jwt")))?;
        signature = from.rsplit('.').next().unwrap_or_default();
    }
    if let Some(table) = header.as_object_mut() {
        if let Some(alg) = spec.alg {
            table.insert("alg".into(), alg.into());
        }
        table.extend(spec.header);
    }
    for (name, value) in spec.claims {
        let seconds = value.as_str().and_then(from_now);
        let value = seconds.map_or(value, |seconds| (now as i64 + seconds).into());
        claims.insert(name, value);
    }
    for name in &spec.drop {
        claims.shift_remove(name);
    }
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", encode(&header), encode(&Value::Object(claims)));
    let made = match spec.sign {
        Signature::Keep => signature.to_owned(),
        Signature::Empty => String::new(),
        Signature::New => sign(
            header["alg"].as_str().unwrap_or_default(),
            spec.key.as_bytes(),
            signed.as_bytes(),
        ),
    };
    Ok(format!("{signed}.{made}"))
}

/// Reads `+60` and `-60`, and nothing without a sign.
fn from_now(text: &str) -> Option<i64> {
    text.starts_with(['+', '-'])
        .then(|| text.parse().ok())
        .flatten()
}

/// The signature; empty for an algorithm that is not known, like `none`.
fn sign(algorithm: &str, key: &[u8], signed: &[u8]) -> String {
    fn with<M: Mac + hmac::digest::KeyInit>(key: &[u8], signed: &[u8]) -> String {
        // A keyed hash takes keys of every length.
        <M as Mac>::new_from_slice(key)
            .map(|mac| URL_SAFE_NO_PAD.encode(mac.chain_update(signed).finalize().into_bytes()))
            .unwrap_or_default()
    }
    match algorithm {
        "HS256" => with::<Hmac<Sha256>>(key, signed),
        "HS384" => with::<Hmac<Sha384>>(key, signed),
        "HS512" => with::<Hmac<Sha512>>(key, signed),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{parts, token};

    /// The example of RFC 7515's neighbourhood that everybody knows: key `your-256-bit-secret`.
    const KNOWN: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c";

    #[test]
    fn signing_a_token_again_with_its_key_changes_nothing() {
        let again = token(json!({"from": KNOWN, "key": "your-256-bit-secret"}), 0.0).unwrap();
        assert_eq!(again, KNOWN);
    }

    #[test]
    fn claims_are_added_dropped_and_dated() {
        let spec = json!({"from": KNOWN, "claims": {"exp": "-5", "sub": "2"}, "drop": ["name"]});
        let (_, claims) = parts(&token(spec, 1000.9).unwrap()).unwrap();
        let claims = serde_json::Value::Object(claims);
        assert_eq!(
            claims,
            json!({"sub": "2", "iat": 1_516_239_022, "exp": 995})
        );
    }

    #[test]
    fn signatures_are_kept_emptied_or_impossible() {
        let changed = json!({"from": KNOWN, "claims": {"sub": "2"}, "sign": "keep"});
        assert!(token(changed, 0.0).unwrap().ends_with("V_adQssw5c"));
        for spec in [
            json!({"from": KNOWN, "sign": "empty"}),
            json!({"from": KNOWN, "alg": "none"}),
        ] {
            assert!(token(spec, 0.0).unwrap().ends_with('.'));
        }
        assert!(token(json!({"from": "no token"}), 0.0).is_err());
    }
}
