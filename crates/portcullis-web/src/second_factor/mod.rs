//! Second factors: codes of authenticator apps, and recovery codes.
//!
//! Reading order: this file (giving, taking and asking for factors), `pending` (the log-in that waits for
//! one), `totp`, `recovery`, `sealed`.

mod pending;
mod recovery;
mod sealed;
mod totp;

use std::fmt;
use std::sync::Arc;

use http::request::Parts;
use portcullis_core::{
    Attempt, AuditEntry, AuditEvent, AuditOutcome, Clock, Counter, FactorChange, Limit,
    OutgoingMail, SecretKeys, Store, StoredTotp, User,
};
use portcullis_django::random;
use portcullis_django::signing::{Signer, dumps, loads};
use serde_json::json;
use time::Duration;

pub use pending::{NextFactor, PENDING_AGE};
pub use recovery::RECOVERY_CODES;
pub use totp::totp_code;

use crate::device::device_of;
use crate::passwords::CheckError;
use totp::{DIGITS, SECRET_BYTES, STEP_SECONDS, step_of};

/// How long somebody may take to set up an app.
const SETUP_AGE: Duration = Duration::minutes(15);

const SETUP_SALT: &str = "portcullis.second_factor.setup";

/// The longest text that is looked at, in bytes.
const MAX_BYTES: usize = 1024;

/// How many codes of one account may be wrong, over all doors and nodes.
const LIMITS: [(&str, Limit); 2] = [
    (
        "",
        Limit {
            tries: 5,
            window: Duration::minutes(5),
        },
    ),
    (
        ":long",
        Limit {
            tries: 50,
            window: Duration::DAY,
        },
    ),
];

/// What became of somebody's second factors, for a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FactorEvent {
    /// An authenticator app is asked for from now on.
    TotpAdded,
    /// It is asked for no longer.
    TotpRemoved,
    /// There are new recovery codes.
    RecoveryCodesMade,
    /// A recovery code was used.
    RecoveryCodeUsed,
}

/// Writes the mails about a change; they go out in its transaction.
pub type FactorLetters = Arc<dyn Fn(FactorEvent, &User) -> Vec<OutgoingMail> + Send + Sync>;

/// Gives, takes and asks for second factors. Cheap to clone.
#[doc(alias = "allauth.mfa")]
#[derive(Clone)]
pub struct SecondFactors {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    secret_keys: SecretKeys,
    issuer: Arc<str>,
    letters: Option<FactorLetters>,
}

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
    /// Second factors of the users of `store`; `issuer` is what an app calls the service. Secrets are
    /// encrypted under a key that follows from the secret key.
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        secret_keys: SecretKeys,
        issuer: &str,
    ) -> Self {
        Self {
            store,
            clock,
            secret_keys,
            issuer: issuer.into(),
            letters: None,
        }
    }

    /// Tells people of changes by these mails.
    #[must_use]
    pub fn with_letters(self, letters: FactorLetters) -> Self {
        Self {
            letters: Some(letters),
            ..self
        }
    }

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
        let (issuer, name) = (escaped(&self.issuer), escaped(&user.username));
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

    /// Whether a code is somebody's: of their app, or a recovery code. Counted, and used up. A wrong one is
    /// a line of the audit log with that event.
    ///
    /// # Errors
    /// [`CheckError::Throttled`] after too many wrong ones, also for a right one, [`CheckError::Store`] when
    /// the database fails.
    pub async fn check(
        &self,
        request: &Parts,
        user: &User,
        code: &str,
        event: AuditEvent,
    ) -> Result<bool, CheckError> {
        let keys = self.count(user).await?;
        let code = recovery::plain(code);
        let is_right = match recovery::digest(&code) {
            Some(digest) => {
                let (event, told) = (AuditEvent::RecoveryCodeUsed, FactorEvent::RecoveryCodeUsed);
                let change = self.change(request, user, event, told);
                self.store
                    .use_recovery_code(&user.id, &digest, change)
                    .await?
            }
            None => self.is_code_of_app(user, &code).await?,
        };
        if is_right {
            self.store.settle_attempts(&keys, &[]).await?;
        } else {
            tracing::info!(user = %user.id, event = "second_factor", outcome = "failed", "wrong code");
            let entry = AuditEntry::new(event, device_of(request), self.clock.now());
            let entry = entry.with_outcome(AuditOutcome::Failed);
            self.store.record(entry.about(Some(&user.id))).await?;
        }
        Ok(is_right)
    }

    async fn is_code_of_app(&self, user: &User, code: &str) -> Result<bool, CheckError> {
        let Some(totp) = self.store.totp(&user.id).await? else {
            return Ok(false);
        };
        let Some(secret) = sealed::open(&self.secret_keys, &user.id, &totp.sealed) else {
            tracing::error!(user = %user.id, "the secret of a second factor cannot be opened: \
                was the secret key changed without a fallback?");
            return Ok(false);
        };
        match step_of(&secret, code, self.clock.now().unix_timestamp()) {
            Some(step) => Ok(self.store.use_totp_step(&user.id, step).await?),
            None => Ok(false),
        }
    }

    /// Counts a try; the keys of what is forgotten when it was right.
    async fn count(&self, user: &User) -> Result<Vec<String>, CheckError> {
        let keys = LIMITS.map(|(suffix, _)| format!("second_factor:{}{suffix}", user.id));
        let counters = keys.iter().zip(LIMITS).map(|(key, (_, limit))| Counter {
            key: key.clone(),
            limit,
        });
        let counters: Vec<_> = counters.collect();
        match self.store.attempt_all(&counters, self.clock.now()).await? {
            Attempt::Allowed => Ok(keys.to_vec()),
            Attempt::Stopped { retry_after } => {
                tracing::warn!(user = %user.id, event = "second_factor", outcome = "throttled",
                    "too many wrong codes");
                Err(CheckError::Throttled { retry_after })
            }
        }
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

    fn change(
        &self,
        request: &Parts,
        user: &User,
        event: AuditEvent,
        told: FactorEvent,
    ) -> FactorChange {
        let entry = AuditEntry::new(event, device_of(request), self.clock.now());
        let letters = self.letters.as_ref();
        FactorChange {
            recovery_codes: None,
            audit: entry.about(Some(&user.id)),
            mails: letters
                .map(|letters| letters(told, user))
                .unwrap_or_default(),
        }
    }
}

impl fmt::Debug for SecondFactors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecondFactors")
            .field("issuer", &self.issuer)
            .finish_non_exhaustive()
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

/// A text as part of an address.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                escaped.push(char::from(byte));
            }
            _ => escaped.push_str(&format!("%{byte:02X}")),
        }
    }
    escaped
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
        assert_eq!(escaped("a b?&:/ä"), "a%20b%3F%26%3A%2F%C3%A4");
    }
}
