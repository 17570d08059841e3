//! Log in with a name and a password, for a token.

use http::request::Parts;
use portcullis_core::{Device, Issued, NewLogin};
use portcullis_django::api_token;
use portcullis_web::{Refusal, device_of};

use crate::proof::{LogIn, LogInForm, Proof, Proven};
use crate::{Accounts, LoggedIn, Tokens};

/// What somebody is told who has as many device tokens as they may.
pub(crate) const TOO_MANY: &str = "Maximum amount of tokens allowed per user exceeded.";

impl Accounts {
    /// Checks a password and issues a token.
    ///
    /// `Ok(None)`: unknown, wrong, inactive or without a password; all for the same work.
    ///
    /// # Errors
    /// The refusal when the password was not looked at: 429, 503. 403 for somebody who has as many device
    /// tokens as they may. 400 for somebody who has a second factor: it is asked for at the doors.
    #[doc(alias = "ObtainAuthToken")]
    pub async fn log_in_with_token(
        &self,
        request: &Parts,
        name: &str,
        password: &str,
    ) -> Result<Option<LoggedIn>, Refusal> {
        let form = LogInForm::by_password(name, password);
        self.token_by(request, &form).await?.without_factor()
    }

    /// The same for what a form brings.
    pub(crate) async fn token_by(
        &self,
        request: &Parts,
        form: &LogInForm,
    ) -> Result<LogIn<LoggedIn>, Refusal> {
        let mut proven = match self.prove(request, form).await? {
            Proof::Right(proven) => proven,
            Proof::SecondFactor(next) => return Ok(LogIn::SecondFactor(next)),
            Proof::Unverified | Proof::Wrong => return Ok(LogIn::Wrong),
        };
        let Some(token) = self.open_token(request, &mut proven).await? else {
            return Ok(LogIn::Wrong);
        };
        self.settle(&proven).await?;
        let user = proven.user;
        Ok(LogIn::Done(LoggedIn { user, token }))
    }

    /// Issues a token to somebody whose password was just checked. `None`: they were closed, or their
    /// password changed, meanwhile.
    pub(crate) async fn open_token(
        &self,
        request: &Parts,
        proven: &mut Proven,
    ) -> Result<Option<String>, Refusal> {
        let (token, login) = self.new_token(device_of(request));
        let rehashed = proven.take_rehashed();
        let store = self.passwords.store();
        let issued = store.log_in(&proven.user, login, rehashed.clone()).await?;
        proven.written(rehashed);
        issued.map(|issued| chosen(issued, token)).transpose()
    }

    /// A new token, and the rows that will recognise it.
    pub(crate) fn new_token(&self, device: Device) -> (String, NewLogin) {
        let now = self.clock.now();
        match self.settings.tokens {
            Tokens::Authtoken => {
                let key = api_token::new_authtoken();
                (key.clone(), NewLogin::Token { key, device, now })
            }
            Tokens::Device => {
                let (token, login) = self.settings.device.new_token(device, now);
                (token, NewLogin::Device(login))
            }
        }
    }
}

/// The token that counts: the user's one DRF token where there is one, else the new one.
pub(crate) fn chosen(issued: Issued, new: String) -> Result<String, Refusal> {
    match issued {
        Issued::AsAsked => Ok(new),
        Issued::Token(key) => Ok(key),
        Issued::TooMany => Err(Refusal::PermissionDenied(Some(TOO_MANY.into()))),
    }
}
