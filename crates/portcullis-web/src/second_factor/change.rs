//! Giving and taking second factors.

use std::fmt;

use http::request::Parts;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use portcullis_core::{AuditEvent, FactorChange, StoredTotp, User};
use portcullis_django::random;
use portcullis_django::signing::{Signer, dumps, loads};
use serde_json::json;
use time::Duration;

use super::totp::{DIGITS, SECRET_BYTES, STEP_SECONDS, step_of};
use super::{FactorEvent, SecondFactors, recovery, sealed};
use crate::passwords::CheckError;

/// How long somebody may take to set up an app.
const SETUP_AGE: Duration = Duration::minutes(15);

const SETUP_SALT: &str = "portcullis.second_factor.setup";

/// What keeps its place as a part of an `otpauth://` address.
const PART_OF_ADDRESS: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The longest text that is looked at, in bytes.
const MAX_BYTES: usize = 1024;

/// A new authenticator app, before its first code.
#[derive(Clone)]
pub struct TotpSetup {
    /// The secret in base 32, for typing.
    pub secret: String,
    /// The same as an `otpauth://` address, for a picture that the app reads.
    pub uri: String,
    /// What [`SecondFactors::add_totp`] wants back, within 15 minutes.
    pub setup: String,
}

impl fmt::Debug for TotpSetup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotpSetup(..)")
    }
}

impl SecondFactors {
    /// Makes a secret for somebody's authenticator app. Nothing is stored before it has shown a code.
    ///
    /// `None`: the machine cannot encrypt it.
    #[must_use]
    pub fn new_totp(&self, user: &User) -> Option<TotpSetup> {
        let mut secret = [0; SECRET_BYTES];
        random::fill(&mut secret);
        let sealed = sealed::seal(&self.secret_keys, &user.id, &secret)?;
        let signer = Signer::new(self.secret_keys.expose_current(), &[], SETUP_SALT);
        let object = json!({ "s": sealed });
        let setup = dumps(&object, &signer, false, self.clock.now().unix_timestamp());
        let secret = base32(&secret);
        let part = |text| utf8_percent_encode(text, PART_OF_ADDRESS);
        let (issuer, name) = (part(&self.issuer), part(&user.username));
        let uri = format!(
            "otpauth://totp/{issuer}:{name}?secret={secret}&issuer={issuer}\
             &algorithm=SHA1&digits={DIGITS}&period={STEP_SECONDS}"
        );
        Some(TotpSetup { secret, uri, setup })
    }

    /// Has an app asked for from now on, whose code was right; gives the recovery codes.
    ///
    /// `None`: the code is wrong, the setup is not theirs or too old, or they have an app already.
    ///
    /// # Errors
    /// [`CheckError::Throttled`] after too many codes, [`CheckError::Store`] when the database fails.
    pub async fn add_totp(
        &self,
        request: &Parts,
        user: &User,
        setup: &str,
        code: &str,
    ) -> Result<Option<Vec<String>>, CheckError> {
        let keys = self.count(user).await?;
        let now = self.clock.now();
        let opened = self.opened(user, setup);
        let code = recovery::plain(code);
        let step = opened
            .as_ref()
            .and_then(|(_, secret)| step_of(secret, &code, now.unix_timestamp()));
        let (Some((sealed, _)), Some(last_step)) = (opened, step) else {
            return Ok(None);
        };
        let codes = recovery::new_codes();
        let change = self.change(
            request,
            user,
            AuditEvent::FactorAdded,
            FactorEvent::TotpAdded,
        );
        let change = with_codes(change, &codes);
        let totp = StoredTotp { sealed, last_step };
        if !self.store.add_totp(user, &totp, change).await? {
            return Ok(None);
        }
        self.store.settle_attempts(&keys, &[]).await?;
        tracing::info!(user = %user.id, event = "factor_added", "a second factor is asked for");
        Ok(Some(codes))
    }

    /// Has no app asked for any more. `false`: there was none.
    ///
    /// # Errors
    /// [`CheckError::Store`] when the database fails.
    pub async fn remove_totp(&self, request: &Parts, user: &User) -> Result<bool, CheckError> {
        let change = self.change(
            request,
            user,
            AuditEvent::FactorRemoved,
            FactorEvent::TotpRemoved,
        );
        let removed = self.store.remove_totp(&user.id, change).await?;
        if removed {
            tracing::info!(user = %user.id, event = "factor_removed", "a second factor was removed");
        }
        Ok(removed)
    }

    /// Gives somebody new recovery codes; the old ones are no good any more. `None`: they have no factor.
    ///
    /// # Errors
    /// [`CheckError::Store`] when the database fails.
    pub async fn new_recovery_codes(
        &self,
        request: &Parts,
        user: &User,
    ) -> Result<Option<Vec<String>>, CheckError> {
        let codes = recovery::new_codes();
        let (event, told) = (
            AuditEvent::RecoveryCodesMade,
            FactorEvent::RecoveryCodesMade,
        );
        let change = with_codes(self.change(request, user, event, told), &codes);
        let replaced = self.store.replace_recovery_codes(&user.id, change).await?;
        Ok(replaced.then_some(codes))
    }

    /// The sealed secret of a setup, and the secret.
    fn opened(&self, user: &User, setup: &str) -> Option<(String, Vec<u8>)> {
        let fallbacks = self.secret_keys.expose_fallbacks();
        let signer = Signer::new(self.secret_keys.expose_current(), &fallbacks, SETUP_SALT);
        let now = self.clock.now().unix_timestamp_nanos() as f64 / 1e9;
        let setup = Some(setup).filter(|setup| setup.len() <= MAX_BYTES)?;
        let object = loads(setup, &signer, Some(SETUP_AGE.as_seconds_f64()), now).ok()?;
        let sealed = object["s"].as_str()?.to_owned();
        let secret = sealed::open(&self.secret_keys, &user.id, &sealed)?;
        Some((sealed, secret))
    }
}

fn with_codes(change: FactorChange, codes: &[String]) -> FactorChange {
    let digests = codes
        .iter()
        .filter_map(|code| recovery::digest(&recovery::plain(code)));
    FactorChange {
        recovery_codes: Some(digests.collect()),
        ..change
    }
}

/// RFC 4648 base 32 without padding, which authenticator apps read.
fn base32(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut text = String::new();
    let (mut buffer, mut bits) = (0u32, 0);
    for byte in bytes {
        buffer = (buffer << 8) | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            text.push(char::from(ALPHABET[((buffer >> bits) & 31) as usize]));
        }
        buffer &= (1 << bits) - 1;
    }
    if bits > 0 {
        text.push(char::from(ALPHABET[((buffer << (5 - bits)) & 31) as usize]));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_32_is_that_of_rfc_4648() {
        for (bytes, text) in [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(base32(bytes.as_bytes()), text);
        }
    }

    #[test]
    fn names_cannot_leave_their_place_in_the_address() {
        let name = utf8_percent_encode("a b?&:/ä", PART_OF_ADDRESS).to_string();
        assert_eq!(name, "a%20b%3F%26%3A%2F%C3%A4");
    }
}
