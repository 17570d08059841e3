//! Log in for a pair of tokens.

use std::fmt;

use http::request::Parts;
use portcullis_core::{Device, NewJwtLogin, NewLogin, PasswordHash, User};
use portcullis_django::jwt::{Claims, Subject, TokenType};
use portcullis_web::{LOGIN_CLAIM, Refusal, device_of};
use time::OffsetDateTime;

use super::{Jwt, new_family, row_of};
use crate::proof::{LogIn, LogInForm, Proof, prove};

/// A token's text, for the client alone, and until when it is good.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedToken {
    /// `<header>.<payload>.<signature>`.
    pub text: String,
    /// Its `exp`.
    pub expires: OffsetDateTime,
}

/// What a log-in gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenPair {
    /// Sent with each request; 5 minutes.
    pub access: SignedToken,
    /// Good for the next pair.
    pub refresh: SignedToken,
}

impl Jwt {
    /// Checks a password and issues a pair of tokens. `last_login` stays as it is.
    ///
    /// `Ok(None)`: unknown, wrong, inactive or without a password; all for the same work.
    ///
    /// # Errors
    /// The refusal when the password was not looked at: 429, 503. 400 for somebody who has a second
    /// factor: it is asked for at the doors.
    #[doc(alias = "TokenObtainPairView")]
    pub async fn log_in(
        &self,
        request: &Parts,
        name: &str,
        password: &str,
    ) -> Result<Option<TokenPair>, Refusal> {
        let form = LogInForm::by_password(name, password);
        self.pair_by(request, &form).await?.without_factor()
    }

    /// The same for what a form brings.
    pub(crate) async fn pair_by(
        &self,
        request: &Parts,
        form: &LogInForm,
    ) -> Result<LogIn<TokenPair>, Refusal> {
        let mut proven = match prove(&self.passwords, request, form).await? {
            Proof::Right(proven) => proven,
            Proof::SecondFactor(next) => return Ok(LogIn::SecondFactor(next)),
            Proof::Unverified | Proof::Wrong => return Ok(LogIn::Wrong),
        };
        let rehashed = proven.take_rehashed();
        let pair = self.issue(device_of(request), &proven.user, rehashed);
        let Some(pair) = pair.await? else {
            return Ok(LogIn::Wrong);
        };
        self.passwords.forget_failures(proven.counted()).await?;
        Ok(LogIn::Done(pair))
    }

    /// Issues a pair of tokens to a user who was recognised otherwise; writes the re-hashed password where
    /// there is one.
    ///
    /// `Ok(None)`: they are not active, or `user.password` is not the stored one any more.
    ///
    /// # Errors
    /// 503 when the database fails.
    #[doc(alias = "RefreshToken.for_user")]
    pub async fn issue(
        &self,
        device: Device,
        user: &User,
        rehashed: Option<PasswordHash>,
    ) -> Result<Option<TokenPair>, Refusal> {
        let now = self.clock.now();
        let settings = &self.settings.tokens;
        let families = self.settings.families;
        let family = families.map(|families| new_family(families, now));
        let id = user.id.to_string();
        let password = rehashed.as_ref().unwrap_or(&user.password);
        let subject = Subject {
            user_id: &id,
            password_column: password.expose_secret(),
        };
        let claims = |token_type| {
            let mut claims = Claims::for_user(token_type, subject, settings, now.unix_timestamp());
            if let Some(family) = &family {
                claims.insert(LOGIN_CLAIM, family.id.as_str());
                claims.end_by(family.ends.unix_timestamp());
            }
            claims
        };
        let refresh = claims(TokenType::Refresh);
        let pair = TokenPair {
            access: self.sign(&claims(TokenType::Access))?,
            refresh: self.sign(&refresh)?,
        };
        let login = NewLogin::Jwt(NewJwtLogin {
            token: row_of(&refresh, now),
            family: family.clone(),
            device,
            now,
        });
        if self.store().log_in(user, login, rehashed).await?.is_none() {
            return Ok(None);
        }
        tracing::info!(user = %user.id, event = "login", outcome = "ok", "logged in");
        Ok(Some(pair))
    }
}

impl fmt::Debug for SignedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedToken")
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}
