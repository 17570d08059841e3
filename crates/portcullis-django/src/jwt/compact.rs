//! The compact serialization: `<header>.<payload>.<signature>`, each in URL-safe base64 without `=`.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::{Algorithm, Claims, Key, SignError};
use crate::signing::{ascii_json, base64url_encode};

/// A token taken apart, nothing of it verified but its form.
pub(super) struct Parts<'t> {
    algorithm: Option<String>,
    key_id: Option<String>,
    message: &'t str,
    payload: &'t str,
    signature: Vec<u8>,
}

impl<'t> Parts<'t> {
    /// Takes a token apart. `None` when it has not three parts, when one of them is not canonical
    /// base64, or when the header asks for what is not done here.
    ///
    /// A signature is written in exactly one way, so that no other text is the same token.
    pub(super) fn of(token: &'t str) -> Option<Self> {
        let (message, signature) = token.rsplit_once('.')?;
        let (header, payload) = message.split_once('.')?;
        if payload.contains('.') {
            return None;
        }
        let header = object(header)?;
        if !has_known_demands(&header) {
            return None;
        }
        let text = |name: &str| header.get(name).and_then(Value::as_str).map(str::to_owned);
        Some(Self {
            algorithm: text("alg"),
            key_id: text("kid"),
            message,
            payload,
            signature: URL_SAFE_NO_PAD.decode(signature).ok()?,
        })
    }

    /// Whether the header names an algorithm.
    pub(super) fn is_for(&self, algorithm: Algorithm) -> bool {
        self.algorithm.as_deref() == Some(algorithm.name())
    }

    /// Whether the header may mean a key of that name: it names none, or that one. A key without a name
    /// is always meant.
    pub(super) fn may_mean(&self, id: Option<&str>) -> bool {
        match (&self.key_id, id) {
            (Some(named), Some(id)) => named == id,
            _ => true,
        }
    }

    /// The key that the header names.
    #[cfg(feature = "jwt-asymmetric")]
    pub(super) fn key_id(&self) -> Option<&str> {
        self.key_id.as_deref()
    }

    /// The claims, when the signature is that of a public key, by the key's algorithm.
    #[cfg(feature = "jwt-asymmetric")]
    pub(super) fn claims_of_pair(&self, key: &super::asymmetric::Pair) -> Option<Claims> {
        let is_signed = key.verifies(self.message.as_bytes(), &self.signature);
        is_signed
            .then(|| object(self.payload))?
            .map(Claims::from_map)
    }

    /// The claims, when the signature is one of that key, and of its algorithm.
    pub(super) fn claims(&self, key: &Key) -> Option<Claims> {
        let is_signed =
            self.is_for(key.algorithm()) && key.verifies(self.message.as_bytes(), &self.signature);
        is_signed
            .then(|| object(self.payload))?
            .map(Claims::from_map)
    }
}

/// Whether nothing in a header has to be understood that is not.
///
/// `crit` names extensions that a reader must know (RFC 7515, 4.1.11), and none is known here. A
/// payload that is not base64 (`b64`, RFC 7797) is one. `kid` must be text, and chooses among our own
/// keys only. `jku`, `x5u`, `jwk` and `x5c` would let the token bring its own key.
fn has_known_demands(header: &Map<String, Value>) -> bool {
    !header.contains_key("crit")
        && header.get("b64").is_none_or(|b64| *b64 == true)
        && header.get("kid").is_none_or(Value::is_string)
}

/// The JSON object in a part.
fn object(part: &str) -> Option<Map<String, Value>> {
    let json = URL_SAFE_NO_PAD.decode(part).ok()?;
    serde_json::from_slice(&json).ok()
}

/// Signs claims, as PyJWT writes them: the header `{"alg":"HS256","typ":"JWT"}`, with `kid` between the
/// two for a key that has a name, ASCII JSON without blanks, the claims in their order.
pub(super) fn encode(claims: &Claims, key: &Key) -> Result<String, SignError> {
    let mut header = Map::new();
    header.insert("alg".to_owned(), key.algorithm().name().into());
    if let Some(id) = key.id() {
        header.insert("kid".to_owned(), id.into());
    }
    header.insert("typ".to_owned(), "JWT".into());
    let header = ascii_json(&Value::Object(header));
    let payload = ascii_json(&Value::Object(claims.as_map().clone()));
    let message = format!(
        "{}.{}",
        base64url_encode(header.as_bytes()),
        base64url_encode(payload.as_bytes())
    );
    let signature = base64url_encode(&key.sign(message.as_bytes())?);
    Ok(format!("{message}.{signature}"))
}
