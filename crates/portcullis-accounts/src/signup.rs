//! Sign-up: an account and its first token, in one transaction.

use http::request::Parts;
use portcullis_core::{Attempt, CreateAccountError, NewAccount, no_mails};
use portcullis_django::validators::{PasswordPolicy, UserAttributes, plain_email};
use portcullis_web::{ClientInfo, FieldErrors, Fields, Refusal, TextRule};

use crate::{Accounts, LoggedIn};

/// The width of `auth_user.username`, which holds the address of people who sign up without a name.
const MAX_EMAIL_CHARACTERS: usize = 150;

/// The longest password that a form takes.
const MAX_PASSWORD_CHARACTERS: usize = 1024;

/// What a person fills in to sign up.
#[derive(Clone)]
pub struct NewUser {
    email: String,
    password: String,
    is_superuser: bool,
}

impl NewUser {
    /// Reads `email` and `password`; other fields count for nothing.
    ///
    /// # Errors
    /// 400 with what is wrong in the fields.
    pub fn from_fields(fields: &Fields) -> Result<Self, FieldErrors> {
        Self::with_longest_password(fields, MAX_PASSWORD_CHARACTERS)
    }

    /// The same, with another longest password, in characters.
    ///
    /// # Errors
    /// 400 with what is wrong in the fields.
    pub fn with_longest_password(fields: &Fields, characters: usize) -> Result<Self, FieldErrors> {
        let mut errors = FieldErrors::default();
        let email = TextRule::new("email").max(MAX_EMAIL_CHARACTERS).email();
        let email = fields.text(email, &mut errors);
        // Stricter than Django, whose addresses may hold invisible characters and look-alikes.
        let plain = plain_email(&email).filter(|plain| is_short(plain));
        if plain.is_none() && !email.is_empty() {
            errors.add("email", vec!["Enter a valid email address.".to_owned()]);
        }
        let password = TextRule::new("password").max(characters).exact();
        let password = fields.text(password, &mut errors);
        errors.into_result()?;
        Ok(Self {
            email: plain.unwrap_or_default(),
            password,
            is_superuser: false,
        })
    }

    /// Makes them an administrator, with every permission.
    #[must_use]
    pub fn administrator(self) -> Self {
        Self {
            is_superuser: true,
            ..self
        }
    }
}

impl Accounts {
    /// Makes an account whose log-in name is its address, and issues its first token.
    ///
    /// # Errors
    /// 400 when the address is taken or the password is refused, 429 when too many come from one
    /// place (administrators are not counted), 503 when the database fails.
    #[doc(alias = "create_user")]
    pub async fn sign_up(&self, request: &Parts, new: NewUser) -> Result<LoggedIn, Refusal> {
        check_password(&new).into_result()?;
        if !new.is_superuser {
            // Counted before the address is looked up: the answer tells whether somebody has it.
            self.count_sign_up(&ClientInfo::of(&request.extensions))
                .await?;
        }
        let store = self.passwords.store();
        if store.user_by_login_name(&new.email).await?.is_some() {
            return Err(taken().into());
        }
        let password = self.passwords.hash(&new.password).await?;
        let (token, login) = self.new_token(&request.headers);
        let account = NewAccount {
            username: new.email.clone(),
            email: new.email,
            password,
            is_email_verified: Some(false),
            is_staff: new.is_superuser,
            is_superuser: new.is_superuser,
            now: self.clock.now(),
        };
        match store.create_account(account, Some(login), &no_mails).await {
            Ok(user) => {
                tracing::info!(user = %user.id, event = "signup", "account made");
                Ok(LoggedIn { user, token })
            }
            Err(CreateAccountError::Taken) => Err(taken().into()),
            Err(CreateAccountError::Store(error)) => Err(error.into()),
            Err(_) => Err(Refusal::Unavailable),
        }
    }

    /// Counts a sign-up against the address that it comes from.
    async fn count_sign_up(&self, client: &ClientInfo) -> Result<(), Refusal> {
        let Some(limit) = self
            .settings
            .signup_limit
            .filter(|_| client.address.is_some())
        else {
            return Ok(());
        };
        let key = format!("signup:address:{}", client.counter_key());
        let attempt = self
            .passwords
            .store()
            .attempt(&key, limit, self.clock.now());
        match attempt.await? {
            Attempt::Allowed => Ok(()),
            Attempt::Stopped { retry_after } => {
                tracing::warn!(event = "signup", outcome = "throttled", "too many sign-ups");
                Err(Refusal::Throttled(retry_after.whole_seconds()))
            }
        }
    }
}

fn is_short(email: &str) -> bool {
    email.chars().nth(MAX_EMAIL_CHARACTERS).is_none()
}

fn taken() -> FieldErrors {
    FieldErrors::one(
        "email",
        "An account with this e-mail address already exists.",
    )
}

/// What is wrong with a new password; every complaint at once.
fn check_password(new: &NewUser) -> FieldErrors {
    let owner = UserAttributes {
        email: &new.email,
        ..UserAttributes::default()
    };
    let complaints = PasswordPolicy::default().validate(&new.password, Some(&owner));
    let mut errors = FieldErrors::default();
    if !complaints.is_empty() {
        errors.add(
            "password",
            complaints.into_iter().map(|error| error.message).collect(),
        );
    }
    errors
}

impl std::fmt::Debug for NewUser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewUser")
            .field("is_superuser", &self.is_superuser)
            .finish_non_exhaustive()
    }
}
