//! `user/`: who am I, and what may I change about it.

use axum::Json;
use portcullis_core::{CreateAccountError, ProfileChange, User, UserId};
use portcullis_django::permission::normalize_username;
use portcullis_django::validators::{UsernameAlphabet, is_visible, validate_username};
use portcullis_web::{CurrentUser, FieldErrors, Fields, Refusal, TextRule};
use serde_json::{Value, json};

use super::RestAuth;

/// The width of Django's columns, in characters.
const MAX_CHARACTERS: usize = 150;

pub(super) const TAKEN: &str = "A user with that username already exists.";

impl RestAuth {
    /// A user as the endpoints show them.
    #[doc(alias = "UserDetailsSerializer")]
    pub(super) fn shown(&self, user: &User) -> Value {
        let pk = match &user.id {
            UserId::Integer(id) => json!(id),
            id => json!(id.to_string()),
        };
        let mut shown = json!({ "pk": pk });
        if self.accounts.settings.login_names.has_username() {
            shown["username"] = json!(user.username);
        }
        shown["email"] = json!(user.email);
        shown["first_name"] = json!(user.first_name);
        shown["last_name"] = json!(user.last_name);
        shown
    }

    /// A username by the rules of allauth and Django: visible, in one form, and nobody else's.
    pub(super) async fn username(
        &self,
        typed: &str,
        own: Option<&User>,
    ) -> Result<Result<String, String>, Refusal> {
        let username = normalize_username(typed);
        let is_long = username.chars().nth(MAX_CHARACTERS).is_some();
        if is_long || !is_visible(&username) {
            return Ok(Err(alphabet()));
        }
        if let Err(error) = validate_username(&username, UsernameAlphabet::Unicode) {
            return Ok(Err(error.message));
        }
        let store = self.accounts.passwords.store();
        let owner = store.user_by_login_name(&username).await?;
        let counts_own = self.accounts.settings.compat.refuse_own_username;
        let is_own = |owner: &User| !counts_own && own.is_some_and(|own| own.id == owner.id);
        match owner.filter(|owner| !is_own(owner)) {
            Some(_) => Ok(Err(TAKEN.to_owned())),
            None => Ok(Ok(username)),
        }
    }

    async fn save(
        &self,
        user: &User,
        fields: &Fields,
        is_partial: bool,
    ) -> Result<Json<Value>, Refusal> {
        let mut errors = FieldErrors::default();
        let mut change = ProfileChange::default();
        let has_username = self.accounts.settings.login_names.has_username();
        if has_username && (fields.has("username") || !is_partial) {
            let rule = TextRule::new("username").max(MAX_CHARACTERS);
            let mut faults = FieldErrors::default();
            let typed = fields.text(rule, &mut faults);
            if faults.is_empty() {
                match self.username(&typed, Some(user)).await? {
                    Ok(username) => change.username = Some(username),
                    Err(text) => errors.add("username", vec![text]),
                }
            }
            errors.append(faults);
        }
        let name = |field| TextRule::new(field).max(MAX_CHARACTERS).or_blank();
        change.first_name = fields.optional_text(name("first_name"), &mut errors);
        change.last_name = fields.optional_text(name("last_name"), &mut errors);
        errors.into_result()?;
        let store = self.accounts.passwords.store();
        match store.change_profile(&user.id, change).await {
            Ok(Some(changed)) => Ok(Json(self.shown(&changed))),
            Ok(None) => Err(Refusal::NotFound),
            Err(CreateAccountError::Store(error)) => Err(error.into()),
            Err(_) => Err(FieldErrors::one("username", TAKEN).into()),
        }
    }
}

pub(super) async fn show(auth: RestAuth, CurrentUser(user): CurrentUser) -> Json<Value> {
    Json(auth.shown(&user))
}

pub(super) async fn replace(
    auth: RestAuth,
    CurrentUser(user): CurrentUser,
    fields: Fields,
) -> Result<Json<Value>, Refusal> {
    auth.save(&user, &fields, false).await
}

pub(super) async fn change(
    auth: RestAuth,
    CurrentUser(user): CurrentUser,
    fields: Fields,
) -> Result<Json<Value>, Refusal> {
    auth.save(&user, &fields, true).await
}

fn alphabet() -> String {
    match validate_username(" ", UsernameAlphabet::Unicode) {
        Err(error) => error.message,
        Ok(()) => "Enter a valid username.".to_owned(),
    }
}
