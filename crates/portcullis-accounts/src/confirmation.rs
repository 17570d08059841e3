//! Showing that an address is one's own: a key by mail, and the same mail again.

use http::request::Parts;
use portcullis_core::{AuditEvent, OutgoingMail, VerifiedEmail};
use portcullis_django::account_token::confirmed_row;
use portcullis_django::session::Secrets;
use portcullis_web::Refusal;

use crate::Accounts;

/// The longest key that is looked at, in bytes.
const MAX_KEY: usize = 512;

impl Accounts {
    /// Marks the address as verified that a key is for. `false`: the key is not good, or was used.
    ///
    /// # Errors
    /// 429 when too many bad ones came from one place, 503 when the database fails.
    #[doc(alias = "VerifyEmailView")]
    pub async fn confirm_email(&self, request: &Parts, key: &str) -> Result<bool, Refusal> {
        let secret_keys = self.sessions.secret_keys();
        let fallbacks = secret_keys.expose_fallbacks();
        let secrets = Secrets {
            key: secret_keys.expose_current(),
            fallbacks: &fallbacks,
        };
        let now = self.clock.now().unix_timestamp_nanos() as f64 / 1e9;
        let days = self.settings.confirmation_age.as_seconds_f64() / 86_400.0;
        let row = Some(key)
            .filter(|key| key.len() <= MAX_KEY)
            .and_then(|key| confirmed_row(key, secrets, days, now));
        let confirmed = match row {
            Some(row) => {
                let write = |verified: &VerifiedEmail| self.email_changed(verified);
                let entry = self.entry(AuditEvent::EmailConfirmed, request);
                let store = self.passwords.store();
                store.verify_email(row, &write, Some(entry)).await?
            }
            None => None,
        };
        let Some(VerifiedEmail { user, instead_of }) = confirmed else {
            self.count_guess(&Self::client(request)).await?;
            return Ok(false);
        };
        self.send_now();
        let is_change = instead_of.is_some();
        tracing::info!(user = %user.id, event = "email_confirmed", is_change, "address confirmed");
        Ok(true)
    }

    /// Sends the mail with the key again, if the address waits for it. Nobody learns whether it does.
    ///
    /// # Errors
    /// 429 when too many were asked for from one place, 503 when the database fails.
    #[doc(alias = "ResendEmailVerificationView")]
    pub async fn send_confirmation_again(
        &self,
        request: &Parts,
        email: &str,
    ) -> Result<(), Refusal> {
        let may_mail = self.may_mail(&Self::client(request), email).await?;
        let store = self.passwords.store();
        let users = store.users_by_email(email).await?;
        let folded = email.to_lowercase();
        let mut mails = Vec::new();
        for user in users.iter().filter(|user| user.is_active && may_mail) {
            for address in store.email_addresses(user).await? {
                if address.email == folded && !address.is_verified {
                    mails.extend(self.confirmation(user, &address.email, address.id));
                }
            }
        }
        if mails.is_empty() {
            mails.push(OutgoingMail::to_nobody(self.clock.now()));
        }
        store.enqueue_mails(&mails).await?;
        self.send_now();
        Ok(())
    }
}
