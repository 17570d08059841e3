//! Log in with a name and a password, for a browser's session.

use http::request::Parts;
use portcullis_core::User;
use portcullis_web::Refusal;

use crate::Accounts;
use crate::proof::{LogIn, LogInForm, Proof, Proven};

impl Accounts {
    /// Checks a password and opens a session: its cookie, and a new CSRF secret, go out with the answer.
    ///
    /// `Ok(None)`: unknown, wrong, inactive, unverified where that counts, or without a password; an
    /// earlier session stays as it is.
    ///
    /// # Errors
    /// The refusal when the password was not looked at: 403 for a log-in that another site sent
    /// (login CSRF), 429, 503. 400 for somebody who has a second factor: it is asked for at the doors.
    pub async fn log_in_with_session(
        &self,
        request: &Parts,
        name: &str,
        password: &str,
    ) -> Result<Option<User>, Refusal> {
        let form = LogInForm::by_password(name, password);
        self.session_by(request, &form).await?.without_factor()
    }

    /// The same for what a form brings.
    pub(crate) async fn session_by(
        &self,
        request: &Parts,
        form: &LogInForm,
    ) -> Result<LogIn<User>, Refusal> {
        let csrf = self.sessions.csrf();
        csrf.check_log_in(request).map_err(Refusal::CsrfFailed)?;
        let mut proven = match self.prove(request, form).await? {
            Proof::Right(proven) => proven,
            Proof::SecondFactor(next) => return Ok(LogIn::SecondFactor(next)),
            Proof::Unverified | Proof::Wrong => return Ok(LogIn::Wrong),
        };
        if !self.open_session(request, &mut proven).await? {
            return Ok(LogIn::Wrong);
        }
        self.settle(&proven).await?;
        Ok(LogIn::Done(proven.user))
    }

    /// The same for the admin site: staff only. Whoever is none learns no more than with a wrong password.
    ///
    /// # Errors
    /// Those of [`log_in_with_session`](Self::log_in_with_session).
    pub async fn log_in_staff_with_session(
        &self,
        request: &Parts,
        name: &str,
        password: &str,
    ) -> Result<Option<User>, Refusal> {
        let csrf = self.sessions.csrf();
        csrf.check_log_in(request).map_err(Refusal::CsrfFailed)?;
        let Proof::Right(mut proven) = self.prove(request, name, password).await? else {
            return Ok(None);
        };
        if !proven.user.is_staff || !self.open_session(request, &mut proven).await? {
            return Ok(None);
        }
        self.settle(&proven).await?;
        Ok(Some(proven.user))
    }

    /// Opens a session for somebody whose password was just checked. `false`: they were closed, or
    /// their password changed, meanwhile.
    pub(crate) async fn open_session(
        &self,
        request: &Parts,
        proven: &mut Proven,
    ) -> Result<bool, Refusal> {
        let rehashed = proven.take_rehashed();
        let opened = self
            .sessions
            .log_in(request, &proven.user, rehashed.clone());
        let is_open = opened.await?;
        proven.written(rehashed);
        Ok(is_open)
    }
}
