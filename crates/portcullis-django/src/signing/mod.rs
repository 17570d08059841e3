//! Signed text and objects, as `django.core.signing` makes them.
//!
//! [`Signer`] signs a text, [`Signer::sign_at`] a text with its time, [`dumps`] an object; [`loads`]
//! undoes that. [`salted_hmac`] and the encodings are what all of Django's signatures are made of.

mod base62;
mod cookie;
mod object;
mod signer;

pub use base62::{base62_decode, base62_encode};
pub use cookie::{sign_cookie, unsign_cookie};
pub(crate) use object::ascii_json;
pub use object::{LoadError, dumps, loads};
pub use signer::{SignatureError, Signer};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

/// The hash functions that signatures are made with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Algorithm {
    /// Offered by Django; nothing of its own uses it.
    Md5,
    /// Only for what very old releases signed.
    Sha1,
    /// What every caller in Django uses.
    #[default]
    Sha256,
    /// An option of `Signer`.
    Sha512,
}

/// `HMAC(hash(key_salt || secret), value)`, raw: 16, 20, 32 or 64 bytes.
#[must_use]
pub fn salted_hmac(key_salt: &str, value: &[u8], secret: &str, algorithm: Algorithm) -> Vec<u8> {
    macro_rules! mac {
        ($hash:ty) => {{
            let key = <$hash>::new()
                .chain_update(key_salt)
                .chain_update(secret)
                .finalize();
            let mut mac =
                Hmac::<$hash>::new_from_slice(&key).expect("HMAC takes keys of any length");
            mac.update(value);
            mac.finalize().into_bytes().to_vec()
        }};
    }
    match algorithm {
        Algorithm::Md5 => mac!(Md5),
        Algorithm::Sha1 => mac!(Sha1),
        Algorithm::Sha256 => mac!(Sha256),
        Algorithm::Sha512 => mac!(Sha512),
    }
}

/// Lower-case hex.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    hex::encode(bytes)
}

/// URL-safe base64 without `=`.
#[doc(alias = "b64_encode")]
#[must_use]
pub fn base64url_encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads base64 as Python does: URL-safe or not, padded or not, other characters skipped.
///
/// Only for text whose signature was verified. `None` when what remains is no base64.
#[doc(alias = "b64_decode")]
#[must_use]
pub fn base64url_decode(text: &str) -> Option<Vec<u8>> {
    let kept: Vec<u8> = text
        .bytes()
        .filter_map(|byte| match byte {
            b'+' => Some(b'-'),
            b'/' => Some(b'_'),
            _ => (byte.is_ascii_alphanumeric() || b"-_".contains(&byte)).then_some(byte),
        })
        .collect();
    URL_SAFE_NO_PAD.decode(kept).ok()
}
