//! Log in with a name and a password, for a browser's session.

use std::fmt;

use http::request::Parts;
use portcullis_core::User;
use portcullis_web::Refusal;

use crate::Accounts;
use crate::proof::{LogIn, LogInForm, Proof, Proven};

/// What comes of a log-in to the admin site.
#[derive(Clone)]
pub enum StaffLogIn {
    /// There is a session.
    Done(User),
    /// A second factor is next, for [`Accounts::log_in_staff_with_factor`] with this text.
    SecondFactor(String),
    /// Unknown, wrong, inactive, or no staff.
    Wrong,
}

impl fmt::Debug for StaffLogIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What brings somebody back stands for their password.
        f.write_str(match self {
            Self::Done(_) => "Done(..)",
            Self::SecondFactor(_) => "SecondFactor(..)",
            Self::Wrong => "Wrong",
        })
    }
}

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

    /// The same for the admin site: staff only. Whoever is none learns no more than with a wrong password, also
    /// not that a second factor would be next.
    ///
    /// # Errors
    /// 403 for a log-in that another site sent (login CSRF), 429, 503.
    pub async fn log_in_staff_with_session(
        &self,
        request: &Parts,
        name: &str,
        password: &str,
    ) -> Result<StaffLogIn, Refusal> {
        self.staff_by(request, &LogInForm::by_password(name, password))
            .await
    }

    /// The second half of [`log_in_staff_with_session`](Self::log_in_staff_with_session): the `pending` of
    /// [`StaffLogIn::SecondFactor`], and a code.
    ///
    /// # Errors
    /// The same, and 400 for a wrong code, or when it was begun too long ago.
    pub async fn log_in_staff_with_factor(
        &self,
        request: &Parts,
        pending: &str,
        code: &str,
    ) -> Result<StaffLogIn, Refusal> {
        self.staff_by(request, &LogInForm::by_factor(pending, code))
            .await
    }

    async fn staff_by(&self, request: &Parts, form: &LogInForm) -> Result<StaffLogIn, Refusal> {
        let csrf = self.sessions.csrf();
        csrf.check_log_in(request).map_err(Refusal::CsrfFailed)?;
        let mut proven = match self.prove(request, form).await? {
            Proof::Right(proven) => proven,
            Proof::SecondFactor(next) => return self.staff_next(next.pending).await,
            Proof::Unverified | Proof::Wrong => return Ok(StaffLogIn::Wrong),
        };
        if !proven.user.is_staff || !self.open_session(request, &mut proven).await? {
            return Ok(StaffLogIn::Wrong);
        }
        self.settle(&proven).await?;
        Ok(StaffLogIn::Done(proven.user))
    }

    async fn staff_next(&self, pending: Option<String>) -> Result<StaffLogIn, Refusal> {
        let (Some(service), Some(pending)) = (self.passwords.second_factors(), pending) else {
            return Ok(StaffLogIn::Wrong);
        };
        let user = service.user_of(&pending).await?;
        Ok(match user.is_some_and(|user| user.is_staff) {
            true => StaffLogIn::SecondFactor(pending),
            false => StaffLogIn::Wrong,
        })
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
