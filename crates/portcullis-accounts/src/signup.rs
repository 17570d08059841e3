//! Sign-up: an account and its first device token, in one transaction.

use axum::Json;
use http::{HeaderMap, StatusCode};
use portcullis_core::{CreateAccountError, NewAccount};
use portcullis_django::permission::normalize_email;
use portcullis_django::validators::{PasswordPolicy, UserAttributes, validate_email};
use portcullis_web::{FieldErrors, Fields, Refusal};
use serde_json::{Value, json};

use crate::Accounts;
use crate::login::MAX_PASSWORD_CHARACTERS;

/// The width of `auth_user.username`, which holds the address of people who sign up without a name.
const MAX_EMAIL_CHARACTERS: usize = 150;

impl Accounts {
    /// `POST /api/signup/ {email, password}` -> 201 `{"email": …, "token": …}`.
    ///
    /// Other fields are ignored: nobody makes themselves an administrator.
    pub(crate) async fn signup(
        self,
        headers: HeaderMap,
        fields: Fields,
    ) -> Result<(StatusCode, Json<Value>), Refusal> {
        let mut errors = FieldErrors::default();
        let email = fields.text("email", MAX_EMAIL_CHARACTERS, &mut errors);
        let password = fields.exact_text("password", MAX_PASSWORD_CHARACTERS, &mut errors);
        errors.into_result()?;
        let email = normalize_email(&email);
        check_new_credentials(&email, &password).into_result()?;

        let hash = self.hash(password).await?;
        let (token, login) = self.new_device_token(&headers);
        let account = NewAccount {
            username: email.clone(),
            email: email.clone(),
            password: hash,
            now: self.clock.now(),
        };
        match self.store.create_account(account, login).await {
            Ok(user) => {
                tracing::info!(user = %user.id, event = "signup", "account made");
                Ok((
                    StatusCode::CREATED,
                    Json(json!({ "email": email, "token": token })),
                ))
            }
            Err(CreateAccountError::Taken) => {
                let text = "An account with this e-mail address already exists.";
                Err(FieldErrors::one("email", text).into())
            }
            Err(CreateAccountError::Store(error)) => Err(error.into()),
            Err(_) => Err(Refusal::Unavailable),
        }
    }
}

/// What is wrong with a new address and password; every complaint at once.
fn check_new_credentials(email: &str, password: &str) -> FieldErrors {
    let mut errors = FieldErrors::default();
    if let Err(error) = validate_email(email) {
        errors.add("email", vec![error.message]);
    }
    let owner = UserAttributes {
        email,
        ..UserAttributes::default()
    };
    let complaints = PasswordPolicy::default().validate(password, Some(&owner));
    if !complaints.is_empty() {
        errors.add(
            "password",
            complaints.into_iter().map(|error| error.message).collect(),
        );
    }
    errors
}
