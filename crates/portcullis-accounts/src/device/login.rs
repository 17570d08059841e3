//! Log in for a device token, and out of one device or all.

use std::fmt;

use http::request::Parts;
use portcullis_core::{AuditEvent, Device, Issued, NewLogin, PasswordHash, Scheme, User};
use portcullis_web::{Access, Refusal};
use time::OffsetDateTime;

use crate::Accounts;

/// A device token's text, for the client alone, and until when it is good.
#[derive(Clone, PartialEq, Eq)]
pub struct DeviceToken {
    /// The text; it is stored nowhere.
    pub text: String,
    /// `None` is for ever.
    pub expires: Option<OffsetDateTime>,
}

/// What comes of a log-in of a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeviceLogIn {
    /// It has a token.
    Opened(DeviceToken),
    /// The user has as many as they may.
    TooMany,
    /// The user is not active, or their password is not the one that was checked any more.
    Closed,
}

impl Accounts {
    /// Issues a device token to a user who was recognised, and writes `last_login`; the re-hashed password
    /// too, where there is one.
    ///
    /// # Errors
    /// 503 when the database fails.
    #[doc(alias = "knox.views.LoginView")]
    pub async fn log_in_device(
        &self,
        device: Device,
        user: &User,
        rehashed: Option<PasswordHash>,
    ) -> Result<DeviceLogIn, Refusal> {
        let now = self.clock.now();
        let (text, login) = self.settings.device.new_token(device, now);
        let expires = login.expires;
        let login = NewLogin::Device(login);
        let store = self.passwords.store();
        Ok(match store.log_in(user, login, rehashed).await? {
            Some(Issued::AsAsked) => {
                tracing::info!(user = %user.id, event = "login", outcome = "ok", "logged in");
                DeviceLogIn::Opened(DeviceToken { text, expires })
            }
            Some(_) => DeviceLogIn::TooMany,
            None => DeviceLogIn::Closed,
        })
    }

    /// Ends every device token of the user of a request; how many there were.
    ///
    /// # Errors
    /// 503 when the database fails; then they are still good.
    #[doc(alias = "LogoutAllView")]
    pub async fn log_out_devices(&self, request: &Parts, access: &Access) -> Result<u64, Refusal> {
        let Some(user) = access.who().user() else {
            return Ok(0);
        };
        let entry = self.entry(AuditEvent::Logout, request).by(Scheme::Device);
        let store = self.passwords.store();
        let ended = store.end_device_logins(&user.id, Some(entry)).await?;
        tracing::info!(user = %user.id, event = "logout", ended, "logged out everywhere");
        Ok(ended)
    }
}

impl fmt::Debug for DeviceToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeviceToken")
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}
