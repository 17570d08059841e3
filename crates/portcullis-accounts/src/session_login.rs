//! Log in with a name and a password, for a browser's session.

use http::request::Parts;
use portcullis_core::User;
use portcullis_web::{Checked, ClientInfo, Refusal};

use crate::Accounts;

impl Accounts {
    /// Checks a password and opens a session: its cookie, and a new CSRF secret, go out with the answer.
    ///
    /// `Ok(None)`: unknown, wrong, inactive or without a password; an earlier session stays as it is.
    ///
    /// # Errors
    /// The refusal when the password was not looked at: 403 for a log-in that another site sent
    /// (login CSRF), 429, 503.
    pub async fn log_in_with_session(
        &self,
        request: &Parts,
        name: &str,
        password: &str,
    ) -> Result<Option<User>, Refusal> {
        let csrf = self.sessions.csrf();
        csrf.check_log_in(request).map_err(Refusal::CsrfFailed)?;
        let client = ClientInfo::of(&request.extensions);
        let checked = self.passwords.check(&client, name, password).await?;
        let Checked::Right {
            user,
            rehashed,
            counted,
        } = checked
        else {
            return Ok(None);
        };
        if !self.sessions.log_in(request, &user, rehashed).await? {
            return Ok(None);
        }
        self.passwords.forget_failures(&counted).await?;
        tracing::info!(user = %user.id, event = "login", outcome = "ok", "logged in");
        Ok(Some(user))
    }
}
