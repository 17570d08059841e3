//! Second factors: codes of authenticator apps, and recovery codes.
//!
//! Reading order: this file, `change` (giving and taking factors), `check` (asking for them), `pending`
//! (the log-in that waits for one), `totp`, `recovery`, `sealed`.

mod change;
mod check;
mod pending;
mod recovery;
mod sealed;
mod totp;

use std::fmt;
use std::sync::Arc;

use http::request::Parts;
use portcullis_core::{
    AuditEntry, AuditEvent, Clock, FactorChange, OutgoingMail, SecretKeys, Store, User,
};

pub use change::TotpSetup;
pub use pending::{NextFactor, PENDING_AGE};
pub use recovery::RECOVERY_CODES;
pub use totp::totp_code;

use crate::device::device_of;

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

    /// A change of that kind, without codes: its line in the audit log, and its mails.
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
