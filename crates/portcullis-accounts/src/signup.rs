//! Sign-up: an account, its first login and the mail about it, in one transaction.

use http::request::Parts;
use portcullis_core::{CreateAccountError, NewAccount, NewLogin, User};
use portcullis_django::validators::{PasswordPolicy, UserAttributes, plain_email};
use portcullis_web::{ClientInfo, FieldErrors, Fields, Refusal, TextRule, device_of};

use crate::{Accounts, EmailVerification, LoggedIn};

/// The width of `auth_user.username`, which holds the address of people who sign up without a name.
const MAX_EMAIL_CHARACTERS: usize = 150;

/// The longest password that a form takes.
const MAX_PASSWORD_CHARACTERS: usize = 1024;

/// What a person fills in to sign up.
#[derive(Clone)]
pub struct NewUser {
    username: Option<String>,
    email: String,
    password: String,
    invitation: Option<String>,
    is_superuser: bool,
}

impl NewUser {
    /// Reads `email`, `password` and `invitation`; other fields count for nothing.
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
        let email = plain_email_field(fields, &mut errors);
        let password = TextRule::new("password").max(characters).exact();
        let password = fields.text(password, &mut errors);
        let invitation = TextRule::new("invitation");
        let invitation = fields.optional_text(invitation, &mut FieldErrors::default());
        errors.into_result()?;
        Ok(Self {
            username: None,
            email,
            password,
            invitation,
            is_superuser: false,
        })
    }

    /// Somebody whose fields were checked elsewhere; without a username the address is one.
    #[must_use]
    pub fn new(username: Option<String>, email: String, password: String) -> Self {
        Self {
            username,
            email,
            password,
            invitation: None,
            is_superuser: false,
        }
    }

    /// With an invitation, for where one is wanted.
    #[must_use]
    pub fn invited(self, invitation: Option<String>) -> Self {
        Self { invitation, ..self }
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

/// What comes of a sign-up.
#[derive(Clone, Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "there is one per sign-up, and it lives briefly"
)]
pub enum SignedUp {
    /// An account, and its first token.
    LoggedIn(LoggedIn),
    /// The address has to be confirmed first, by the key in a mail. Also the answer to an address
    /// that somebody has already; they are told by mail.
    ToConfirm,
}

/// Why there is no account.
#[derive(Clone, Debug)]
pub enum SignUpError {
    /// Somebody has that username.
    UsernameTaken,
    /// Somebody has that address.
    EmailTaken,
    /// Something else.
    Refused(Refusal),
}

impl Accounts {
    /// Makes an account, and issues its first token where it may be used at once.
    ///
    /// # Errors
    /// 400 when name or address is taken or the password is refused, 429 when too many come from one
    /// place (administrators are not counted), 503 when the database fails.
    #[doc(alias = "create_user")]
    pub async fn sign_up(&self, request: &Parts, new: NewUser) -> Result<SignedUp, Refusal> {
        check_password(&new).into_result()?;
        let (token, login) = self.new_token(device_of(request));
        match self.create(request, new, Some(login)).await {
            Ok(Some(user)) => Ok(SignedUp::LoggedIn(LoggedIn { user, token })),
            Ok(None) => Ok(SignedUp::ToConfirm),
            Err(SignUpError::Refused(refusal)) => Err(refusal),
            Err(SignUpError::EmailTaken) => Err(taken().into()),
            Err(SignUpError::UsernameTaken) => {
                let text = "A user with that username already exists.";
                Err(FieldErrors::one("username", text).into())
            }
        }
    }

    /// Makes an account whose password was found good, with its first login.
    ///
    /// `Ok(None)`: the address has to be confirmed first; the login was not opened. For an address that
    /// is taken it is the same, after the same work, and its owner gets a mail.
    pub(crate) async fn create(
        &self,
        request: &Parts,
        new: NewUser,
        login: Option<NewLogin>,
    ) -> Result<Option<User>, SignUpError> {
        let client = ClientInfo::of(&request.extensions);
        if !new.is_superuser {
            // Counted before the address is looked up: the answer tells whether somebody has it.
            self.count_sign_up(&client).await?;
        }
        let must_confirm =
            self.settings.email_verification == EmailVerification::Mandatory && !new.is_superuser;
        let is_silent = must_confirm && !self.settings.compat.reveal_addresses;
        let store = self.passwords.store();
        if let Some(username) = &new.username
            && store.user_by_login_name(username).await?.is_some()
        {
            return Err(SignUpError::UsernameTaken);
        }
        let owner = store.user_by_login_name(&new.email).await?;
        if owner.is_some() && !is_silent {
            return Err(SignUpError::EmailTaken);
        }
        let password = self.passwords.hash(&new.password).await?;
        if let Some(owner) = owner {
            self.tell_owner(&client, &owner).await?;
            return Ok(None);
        }
        let invitation = match new.is_superuser {
            true => None,
            false => {
                let code = new.invitation.as_deref();
                self.take_invitation(code, &new.email).await?
            }
        };
        let account = NewAccount {
            username: new.username.unwrap_or_else(|| new.email.clone()),
            email: new.email,
            password,
            is_email_verified: Some(new.is_superuser),
            is_staff: new.is_superuser,
            is_superuser: new.is_superuser,
            device: device_of(request),
            now: self.clock.now(),
        };
        let login = login.filter(|_| !must_confirm);
        let mails = |made: &_| match new.is_superuser {
            true => Vec::new(),
            false => self.welcome(made),
        };
        let made = store.create_account(account, login, &mails).await;
        if made.is_err() {
            self.give_back(invitation).await?;
        }
        let user = match made {
            Ok(user) => user,
            // Somebody was faster: the look before told of none.
            Err(CreateAccountError::Taken) if is_silent => return Ok(None),
            Err(CreateAccountError::Taken) => return Err(SignUpError::EmailTaken),
            Err(CreateAccountError::Store(error)) => return Err(error.into()),
            Err(_) => return Err(SignUpError::Refused(Refusal::Unavailable)),
        };
        self.send_now();
        tracing::info!(user = %user.id, event = "signup", "account made");
        Ok((!must_confirm).then_some(user))
    }

    /// Tells an owner by mail that somebody wanted to sign up with their address.
    pub(crate) async fn tell_owner(
        &self,
        client: &ClientInfo,
        owner: &User,
    ) -> Result<(), Refusal> {
        let mut mails = Vec::new();
        if self.may_mail(client, &owner.email).await? {
            mails = self.account_exists(owner);
        }
        if mails.is_empty() {
            mails.push(portcullis_core::OutgoingMail::to_nobody(self.clock.now()));
        }
        self.passwords.store().enqueue_mails(&mails).await?;
        self.send_now();
        Ok(())
    }
}

impl<E: Into<Refusal>> From<E> for SignUpError {
    fn from(error: E) -> Self {
        Self::Refused(error.into())
    }
}

/// The field `email`: an address as it may be signed up with.
pub(crate) fn plain_email_field(fields: &Fields, errors: &mut FieldErrors) -> String {
    let email = TextRule::new("email").max(MAX_EMAIL_CHARACTERS).email();
    let email = fields.text(email, errors);
    // Stricter than Django, whose addresses may hold invisible characters and look-alikes.
    let plain = plain_email(&email).filter(|plain| is_short(plain));
    if plain.is_none() && !email.is_empty() {
        errors.add("email", vec!["Enter a valid email address.".to_owned()]);
    }
    plain.unwrap_or_default()
}

fn is_short(email: &str) -> bool {
    email.chars().nth(MAX_EMAIL_CHARACTERS).is_none()
}

pub(crate) fn taken() -> FieldErrors {
    FieldErrors::one(
        "email",
        "An account with this e-mail address already exists.",
    )
}

/// What is wrong with a new password; every complaint at once.
pub(crate) fn check_password(new: &NewUser) -> FieldErrors {
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
