//! Signatures: HMAC-SHA256 in hex, with the application's secret.

use hmac::{Hmac, Mac};
use md5::{Digest, Md5};
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// The application's key and secret.
pub(super) struct Signer {
    pub(super) key: String,
    secret: String,
}

impl Signer {
    pub(super) fn new(key: &str, secret: &str) -> Self {
        Self {
            key: key.to_owned(),
            secret: secret.to_owned(),
        }
    }

    /// The signature of a text, in hex.
    pub(super) fn sign(&self, text: &str) -> String {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.secret.as_bytes()) else {
            unreachable!("a key of HMAC may have any length");
        };
        mac.update(text.as_bytes());
        hex::encode(mac.finalize().into_bytes())
    }

    /// `KEY:SIGNATURE` of a text.
    pub(super) fn auth(&self, text: &str) -> String {
        format!("{}:{}", self.key, self.sign(text))
    }

    /// Whether `KEY:SIGNATURE` is this text's.
    pub(super) fn is_auth(&self, auth: &str, text: &str) -> bool {
        auth.as_bytes().ct_eq(self.auth(text).as_bytes()).into()
    }

    /// Whether a signature in hex is this text's.
    pub(super) fn is_signed(&self, signature: &str, text: &str) -> bool {
        signature
            .as_bytes()
            .ct_eq(self.sign(text).as_bytes())
            .into()
    }
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Signer(..)")
    }
}

/// The text that is signed for a channel.
pub(super) fn of_channel(socket_id: &str, channel: &str, data: Option<&str>) -> String {
    match data {
        None => format!("{socket_id}:{channel}"),
        Some(data) => format!("{socket_id}:{channel}:{data}"),
    }
}

/// The text that is signed for a user of a connection.
pub(super) fn of_user(socket_id: &str, user: &str) -> String {
    format!("{socket_id}::user::{user}")
}

/// The checksum that the publish API wants of bodies. It proves nothing; the signature covers it.
pub(super) fn checksum(body: &[u8]) -> String {
    hex::encode(Md5::digest(body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_those_of_the_vendors_libraries() {
        let signer = Signer::new("livekey", "livesecret");
        let text = of_channel("123.456", "private-depot.crate", None);
        let auth = "livekey:f0110502c0bd91540b576b5d739b3c5547bf27d2476417671f75b3648c27629b";
        assert_eq!(signer.auth(&text), auth);
        assert!(signer.is_auth(auth, &text));
        assert!(!signer.is_auth(auth, &of_channel("123.457", "private-depot.crate", None)));
        assert!(!signer.is_auth("", &text));
    }
}
