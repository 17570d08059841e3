//! Signing a text, with or without the time.

use std::fmt;

use subtle::ConstantTimeEq;

use super::{Algorithm, base62_decode, base62_encode, base64url_encode, salted_hmac};

/// Why a signed text is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureError {
    /// The signature is missing or wrong.
    #[error("the signature does not match")]
    #[doc(alias = "BadSignature")]
    Bad,
    /// The signature is good and too old.
    #[error("the signature is too old")]
    #[doc(alias = "SignatureExpired")]
    Expired,
    /// The signature is good, and what it signs is no time (Django itself fails here).
    #[error("the signed time cannot be read")]
    NoTime,
}

/// Signs texts with one key, verifies with that key and older ones.
///
/// `value:signature`, the signature being URL-safe base64 of
/// `salted_hmac(salt + "signer", value, key)`.
///
/// # Security
/// Keys do not stand in its `Debug`.
#[derive(Clone)]
pub struct Signer<'a> {
    /// Signs, and is tried first.
    pub key: &'a str,
    /// Older keys, only tried.
    #[doc(alias = "SECRET_KEY_FALLBACKS")]
    pub fallback_keys: &'a [&'a str],
    /// Keeps signatures for one purpose from being good for another.
    pub salt: &'a str,
    /// Stands between value and signature.
    pub separator: &'a str,
    /// The hash function.
    pub algorithm: Algorithm,
}

impl<'a> Signer<'a> {
    /// A signer with SHA-256 and `:`, as every caller in Django has it.
    ///
    /// ```
    /// use portcullis_django::signing::{Signer, SignatureError};
    /// let signer = Signer::new("a secret", &[], "purpose");
    /// assert_eq!(signer.unsign(&signer.sign("a:b")), Ok("a:b"));
    /// assert_eq!(signer.unsign("a:b:wrong"), Err(SignatureError::Bad));
    /// ```
    #[must_use]
    pub fn new(key: &'a str, fallback_keys: &'a [&'a str], salt: &'a str) -> Self {
        Self {
            key,
            fallback_keys,
            salt,
            separator: ":",
            algorithm: Algorithm::Sha256,
        }
    }

    fn signature(&self, value: &str, key: &str) -> String {
        let salt = format!("{}signer", self.salt);
        base64url_encode(&salted_hmac(&salt, value.as_bytes(), key, self.algorithm))
    }

    /// The value with its signature.
    #[must_use]
    pub fn sign(&self, value: &str) -> String {
        format!(
            "{value}{}{}",
            self.separator,
            self.signature(value, self.key)
        )
    }

    /// The value of a signed text.
    ///
    /// # Errors
    /// [`SignatureError::Bad`].
    pub fn unsign<'t>(&self, signed: &'t str) -> Result<&'t str, SignatureError> {
        let (value, signature) = signed
            .rsplit_once(self.separator)
            .ok_or(SignatureError::Bad)?;
        // As text: padding, or another encoding of the same bytes, does not count as the same.
        let matches = std::iter::once(&self.key)
            .chain(self.fallback_keys)
            .any(|key| {
                self.signature(value, key)
                    .as_bytes()
                    .ct_eq(signature.as_bytes())
                    .into()
            });
        if matches {
            Ok(value)
        } else {
            Err(SignatureError::Bad)
        }
    }

    /// The value with the time `now` (Unix seconds) and a signature over both.
    #[doc(alias = "TimestampSigner")]
    #[must_use]
    pub fn sign_at(&self, value: &str, now: i64) -> String {
        self.sign(&format!("{value}{}{}", self.separator, base62_encode(now)))
    }

    /// The value of a text that [`Signer::sign_at`] made at most `max_age` seconds before `now`.
    ///
    /// Exactly `max_age` is good, and so are times to come.
    ///
    /// # Errors
    /// [`SignatureError`], of whichever kind.
    pub fn unsign_at<'t>(
        &self,
        signed: &'t str,
        max_age: Option<f64>,
        now: f64,
    ) -> Result<&'t str, SignatureError> {
        let signed = self.unsign(signed)?;
        let (value, at) = signed
            .rsplit_once(self.separator)
            .ok_or(SignatureError::NoTime)?;
        let at = base62_decode(at).ok_or(SignatureError::NoTime)?;
        #[expect(
            clippy::cast_precision_loss,
            reason = "exact for the next 285 million years"
        )]
        let age = now - at as f64;
        if max_age.is_some_and(|max_age| age > max_age) {
            return Err(SignatureError::Expired);
        }
        Ok(value)
    }
}

impl fmt::Debug for Signer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer")
            .field("salt", &self.salt)
            .finish_non_exhaustive()
    }
}
