//! Asking for a second factor: a code counts once, and wrong ones are counted.

use http::request::Parts;
use portcullis_core::{Attempt, AuditEntry, AuditEvent, AuditOutcome, Counter, Limit, User};
use time::Duration;

use super::totp::step_of;
use super::{FactorEvent, SecondFactors, recovery, sealed};
use crate::device::device_of;
use crate::passwords::CheckError;

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

impl SecondFactors {
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
    pub(super) async fn count(&self, user: &User) -> Result<Vec<String>, CheckError> {
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
}
