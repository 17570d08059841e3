//! `registration/`, and the confirmation of the address.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::request::Parts;
use portcullis_django::validators::{PasswordPolicy, UserAttributes, plain_email};
use portcullis_web::{FieldErrors, Fields, Refusal, TextRule, device_of};
use serde_json::{Map, Value, json};

use super::RestAuth;
use super::password::email;
use super::user::TAKEN;
use crate::{EmailVerification, LoginNames, NewUser, SignUpError};

const EMAIL_TAKEN: &str = "User is already registered with this e-mail address.";

/// The width of the column of addresses that are usernames, too, in characters.
const MAX_EMAIL_CHARACTERS: usize = 150;

/// The longest password that a form takes, in characters.
const MAX_PASSWORD_CHARACTERS: usize = 1024;

pub(super) async fn register(
    auth: RestAuth,
    request: Parts,
    fields: Fields,
) -> Result<Response, Refusal> {
    let accounts = &auth.accounts;
    accounts.admit(&request, &fields).await?;
    let invitation = TextRule::new("invitation");
    let invitation = fields.optional_text(invitation, &mut FieldErrors::default());
    let new = auth.read(&fields).await?.invited(invitation);
    let (token, login) = accounts.new_token(device_of(&request));
    let login = auth.jwt.is_none().then_some(login);
    let made = match accounts.create(&request, new, login).await {
        Ok(made) => made,
        Err(SignUpError::UsernameTaken) => {
            return Err(FieldErrors::one("username", TAKEN).into());
        }
        Err(SignUpError::EmailTaken) => {
            return Err(FieldErrors::one("email", EMAIL_TAKEN).into());
        }
        Err(SignUpError::Refused(refusal)) => return Err(refusal),
    };
    let Some(user) = made else {
        if accounts.settings.compat.session_on_registration {
            accounts
                .sessions
                .open_anonymous(&request, Map::new())
                .await?;
        }
        let body = Json(json!({ "detail": "Verification e-mail sent." }));
        return Ok((StatusCode::CREATED, body).into_response());
    };
    if let Some((jwt, cookies)) = &auth.jwt {
        let pair = jwt.issue(device_of(&request), &user, None).await?;
        let pair = pair.ok_or(Refusal::Unavailable)?;
        let mut answer = auth.answer_pair(&request, cookies, &pair, &user);
        *answer.status_mut() = StatusCode::CREATED;
        return Ok(answer);
    }
    if auth.settings.session_login {
        accounts.sessions.log_in_beside(&request, &user).await?;
    }
    Ok((StatusCode::CREATED, Json(json!({ "key": token }))).into_response())
}

pub(super) async fn verify(
    auth: RestAuth,
    request: Parts,
    fields: Fields,
) -> Result<Json<Value>, Refusal> {
    let mut errors = FieldErrors::default();
    let key = fields.text(TextRule::new("key"), &mut errors);
    errors.into_result()?;
    match auth.accounts.confirm_email(&request, &key).await? {
        true => Ok(Json(json!({ "detail": "ok" }))),
        false => Err(Refusal::NotFound),
    }
}

pub(super) async fn resend(
    auth: RestAuth,
    request: Parts,
    fields: Fields,
) -> Result<Json<Value>, Refusal> {
    let email = email(&fields)?;
    auth.accounts
        .send_confirmation_again(&request, &email)
        .await?;
    Ok(Json(json!({ "detail": "ok" })))
}

impl RestAuth {
    /// What a person filled in, checked field by field and then as a whole.
    async fn read(&self, fields: &Fields) -> Result<NewUser, Refusal> {
        let mut errors = FieldErrors::default();
        let username = self.read_username(fields, &mut errors).await?;
        let mut faults = FieldErrors::default();
        let typed = fields.text(TextRule::new("email").email(), &mut faults);
        let mut email = String::new();
        if faults.is_empty() {
            match plain_email(&typed).filter(|plain| is_short(plain)) {
                Some(plain) => email = plain.to_lowercase(),
                None => errors.add("email", vec!["Enter a valid email address.".to_owned()]),
            }
            if !email.is_empty() && self.tells_of(&email).await? {
                errors.add("email", vec![EMAIL_TAKEN.to_owned()]);
            }
        }
        errors.append(faults);
        let rule = |field| self.password_rule(field).max(MAX_PASSWORD_CHARACTERS);
        let mut faults = FieldErrors::default();
        let first = fields.text(rule("password1"), &mut faults);
        if faults.is_empty() {
            let complaints = complaints(&first, None);
            if !complaints.is_empty() {
                errors.add("password1", complaints);
            }
        }
        errors.append(faults);
        let second = fields.text(rule("password2"), &mut errors);
        errors.into_result()?;
        if first != second {
            let text = "The two password fields didn't match.";
            return Err(FieldErrors::form(text).into());
        }
        let owner = UserAttributes {
            username: username.as_deref().unwrap_or_default(),
            email: &email,
            ..UserAttributes::default()
        };
        let complaints = complaints(&first, Some(&owner));
        if !complaints.is_empty() {
            let mut errors = FieldErrors::default();
            errors.add("non_field_errors", complaints);
            return Err(errors.into());
        }
        Ok(NewUser::new(username, email, first))
    }

    /// The username, where people have one; without one the address is it, unless people log in by
    /// username alone.
    async fn read_username(
        &self,
        fields: &Fields,
        errors: &mut FieldErrors,
    ) -> Result<Option<String>, Refusal> {
        let is_wanted = match self.accounts.settings.login_names {
            LoginNames::Email => return Ok(None),
            LoginNames::Username => true,
            LoginNames::Either => self.settings.username_required || fields.has("username"),
        };
        if !is_wanted {
            return Ok(None);
        }
        let mut faults = FieldErrors::default();
        let typed = fields.text(TextRule::new("username").max(150), &mut faults);
        let mut username = None;
        if faults.is_empty() {
            match self.username(&typed, None).await? {
                Ok(name) => username = Some(name),
                Err(text) => errors.add("username", vec![text]),
            }
        }
        errors.append(faults);
        Ok(username)
    }

    /// Whether the form says that somebody has the address.
    async fn tells_of(&self, email: &str) -> Result<bool, Refusal> {
        let settings = &self.accounts.settings;
        let is_silent = settings.email_verification == EmailVerification::Mandatory
            && !settings.compat.reveal_addresses;
        if is_silent {
            return Ok(false);
        }
        let store = self.accounts.passwords.store();
        Ok(store.user_by_login_name(email).await?.is_some())
    }
}

fn complaints(password: &str, owner: Option<&UserAttributes<'_>>) -> Vec<String> {
    let complaints = PasswordPolicy::default().validate(password, owner);
    complaints.into_iter().map(|error| error.message).collect()
}

fn is_short(email: &str) -> bool {
    email.chars().nth(MAX_EMAIL_CHARACTERS).is_none()
}
