//! Log out: the credential that came with the request ends.

use http::request::Parts;
use portcullis_core::{AuditEntry, AuditEvent, Scheme};
use portcullis_web::{Access, Refusal, device_of};

use crate::Accounts;

impl Accounts {
    /// Ends the token of a request: a device's own, the login of a JWT with all of its tokens, or the user's
    /// one DRF token. A JWT that names no login cannot be ended.
    ///
    /// # Errors
    /// 503 when the database fails; then the token is still good.
    pub async fn log_out_token(&self, request: &Parts, access: &Access) -> Result<(), Refusal> {
        let Some(proof) = access.authenticated() else {
            return Ok(());
        };
        let store = self.passwords.store();
        let entry = Some(self.entry(AuditEvent::Logout, request));
        match (&proof.credential_digest, proof.login) {
            (Some(digest), _) => {
                let entry = entry.map(|entry| entry.by(Scheme::Device));
                store
                    .end_device_login(&proof.user.id, digest, entry)
                    .await?
            }
            (None, Some(login)) => store.end_login(login, Some(&proof.user.id), entry).await?,
            (None, None) if proof.authenticator == "JWTAuthentication" => false,
            (None, None) => store.end_token(&proof.user.id, entry).await?,
        };
        tracing::info!(user = %proof.user.id, event = "logout", "logged out");
        Ok(())
    }

    /// A line of the audit log about something that a request has done.
    pub(crate) fn entry(&self, event: AuditEvent, request: &Parts) -> AuditEntry {
        AuditEntry::new(event, device_of(request), self.clock.now())
    }

    /// Ends the session of a request, if it has one, and removes its cookie.
    ///
    /// # Errors
    /// 503 when the database fails; then the session is still good.
    pub async fn log_out_session(&self, request: &Parts) -> Result<(), Refusal> {
        self.sessions.log_out(request).await?;
        tracing::info!(event = "logout", "logged out");
        Ok(())
    }
}
