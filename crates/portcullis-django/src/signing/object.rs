//! Signing an object: JSON, perhaps compressed, in URL-safe base64, with the time.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use serde_json::Value;

use super::{SignatureError, Signer, base64url_decode, base64url_encode};

/// The most that a signed object may unpack to: 1 MiB.
const MAX_UNPACKED_BYTES: u64 = 1024 * 1024;

/// Why a signed object is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The signature is wrong or too old.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// The signature is good, and what it signs cannot be read (Django itself fails here).
    #[error("the signed object cannot be read")]
    Unreadable,
}

/// Signs an object at `now` (Unix seconds): `<base64>:<time>:<signature>`.
///
/// With `compress`, it is compressed where that makes it shorter, marked by a leading `.`.
///
/// ```
/// use portcullis_django::signing::{Signer, dumps, loads};
/// let signer = Signer::new("a secret", &[], "purpose");
/// let text = dumps(&serde_json::json!({ "name": "Zoë" }), &signer, false, 0);
/// assert_eq!(loads(&text, &signer, Some(60.0), 60.0).unwrap()["name"], "Zoë");
/// ```
#[must_use]
pub fn dumps(object: &Value, signer: &Signer<'_>, compress: bool, now: i64) -> String {
    let json = ascii_json(object);
    let packed = if compress {
        pack(json.as_bytes())
    } else {
        None
    };
    let body = match packed.filter(|packed| packed.len() + 1 < json.len()) {
        Some(packed) => format!(".{}", base64url_encode(&packed)),
        None => base64url_encode(json.as_bytes()),
    };
    signer.sign_at(&body, now)
}

/// The object of a text that [`dumps`] made at most `max_age` seconds before `now`.
///
/// # Errors
/// [`LoadError`]; nothing is unpacked or read before the signature was verified.
pub fn loads(
    text: &str,
    signer: &Signer<'_>,
    max_age: Option<f64>,
    now: f64,
) -> Result<Value, LoadError> {
    let body = signer.unsign_at(text, max_age, now)?;
    let bytes = match body.strip_prefix('.') {
        Some(packed) => unpack(&base64url_decode(packed).ok_or(LoadError::Unreadable)?),
        None => base64url_decode(body),
    };
    // Django reads the bytes as Latin-1: raw UTF-8 becomes one character a byte, here as there.
    let json: String = bytes
        .ok_or(LoadError::Unreadable)?
        .into_iter()
        .map(char::from)
        .collect();
    serde_json::from_str(&json).map_err(|_| LoadError::Unreadable)
}

/// JSON without blanks, every other than ASCII character escaped, as Python writes it.
pub(crate) fn ascii_json(object: &Value) -> String {
    let json = object.to_string();
    if json.is_ascii() && !json.contains('\u{7f}') {
        return json;
    }
    let mut ascii = String::with_capacity(json.len() + 16);
    for character in json.chars() {
        if character.is_ascii() {
            ascii.push(character);
        } else {
            for unit in character.encode_utf16(&mut [0; 2]) {
                ascii.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    ascii
}

fn pack(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).ok()?;
    encoder.finish().ok()
}

fn unpack(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut unpacked = Vec::new();
    ZlibDecoder::new(bytes)
        .take(MAX_UNPACKED_BYTES + 1)
        .read_to_end(&mut unpacked)
        .ok()?;
    (unpacked.len() as u64 <= MAX_UNPACKED_BYTES).then_some(unpacked)
}
