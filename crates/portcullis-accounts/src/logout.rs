//! Log out: this device's token ends.

use http::StatusCode;
use portcullis_web::{Access, Refusal};

use crate::Accounts;

impl Accounts {
    /// `POST /api/logout/` -> 204; the token that was sent is gone, other devices stay logged in.
    pub(crate) async fn logout(self, access: Access) -> Result<StatusCode, Refusal> {
        let proof = access.authenticated();
        if let Some((proof, digest)) = proof.and_then(|p| Some((p, p.credential_digest.as_ref()?)))
        {
            self.store.end_device_login(&proof.user.id, digest).await?;
            tracing::info!(user = %proof.user.id, event = "logout", "logged out");
        }
        Ok(StatusCode::NO_CONTENT)
    }
}
