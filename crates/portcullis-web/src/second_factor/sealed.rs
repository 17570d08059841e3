//! Secrets in the database: XChaCha20-Poly1305 under a key that follows from the secret key, bound to
//! their user. Whoever has the database alone has no secret.

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use portcullis_core::{SecretKeys, UserId};
use portcullis_django::random;
use portcullis_django::signing::{Algorithm, base64url_decode, base64url_encode, salted_hmac};

const NONCE_BYTES: usize = 24;

/// What the key follows from, beside the secret key.
const SALT: &str = "portcullis.second_factor.secret";

/// Encrypts a user's secret: base64url of the nonce and what it encrypts.
pub(super) fn seal(keys: &SecretKeys, user: &UserId, secret: &[u8]) -> Option<String> {
    let mut nonce = [0; NONCE_BYTES];
    random::fill(&mut nonce);
    let aad = user.to_string();
    let payload = Payload {
        msg: secret,
        aad: aad.as_bytes(),
    };
    let cipher = cipher(keys.expose_current())?;
    let sealed = cipher.encrypt(XNonce::from_slice(&nonce), payload).ok()?;
    Some(base64url_encode(&[&nonce[..], &sealed].concat()))
}

/// The secret; `None` for what was not sealed for this user, by this secret key or an older one.
pub(super) fn open(keys: &SecretKeys, user: &UserId, sealed: &str) -> Option<Vec<u8>> {
    let bytes = base64url_decode(sealed)?;
    let (nonce, sealed) = bytes.split_at_checked(NONCE_BYTES)?;
    let aad = user.to_string();
    let current = [keys.expose_current()];
    let mut all = current.into_iter().chain(keys.expose_fallbacks());
    all.find_map(|key| {
        let payload = Payload {
            msg: sealed,
            aad: aad.as_bytes(),
        };
        cipher(key)?
            .decrypt(XNonce::from_slice(nonce), payload)
            .ok()
    })
}

fn cipher(key: &str) -> Option<XChaCha20Poly1305> {
    let key = salted_hmac(SALT, b"key", key, Algorithm::Sha256);
    XChaCha20Poly1305::new_from_slice(&key).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secret_opens_for_its_user_and_by_old_keys() {
        let keys = SecretKeys::new("a secret", Vec::new());
        let user = UserId::Integer(7);
        let sealed = seal(&keys, &user, b"the secret").unwrap();
        assert_eq!(open(&keys, &user, &sealed).unwrap(), b"the secret");
        let newer = SecretKeys::new("another", vec!["a secret".to_owned()]);
        assert_eq!(open(&newer, &user, &sealed).unwrap(), b"the secret");
        assert_eq!(open(&keys, &UserId::Integer(8), &sealed), None);
        let other = SecretKeys::new("another", Vec::new());
        for (keys, text) in [
            (&other, sealed.as_str()),
            (&keys, &sealed[1..]),
            (&keys, ""),
            (&keys, "ä"),
            (&keys, "AAAA"),
        ] {
            assert_eq!(open(keys, &user, text), None, "{text}");
        }
    }
}
