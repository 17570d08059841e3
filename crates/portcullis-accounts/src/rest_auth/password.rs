//! `password/change/`, `password/reset/` and `password/reset/confirm/`.

use axum::Json;
use http::request::Parts;
use portcullis_core::User;
use portcullis_web::{CurrentUser, FieldErrors, Fields, Refusal, TextRule};
use serde_json::{Value, json};

use super::RestAuth;
use crate::BadLink;

/// The longest new password, in characters.
const MAX_CHARACTERS: usize = 128;

pub(super) async fn change(
    auth: RestAuth,
    request: Parts,
    CurrentUser(user): CurrentUser,
    fields: Fields,
) -> Result<Json<Value>, Refusal> {
    let mut errors = FieldErrors::default();
    let mut old = None;
    if auth.settings.old_password {
        let mut faults = FieldErrors::default();
        let rule = auth.password_rule("old_password").max(MAX_CHARACTERS);
        let typed = fields.text(rule, &mut faults);
        old = faults.is_empty().then_some(typed);
        errors.append(faults);
    }
    let typed = auth.new_password(&fields, &mut errors);
    if let Some(old) = old
        && !auth.accounts.is_password_of(&request, &user, &old).await?
    {
        let text = "Your old password was entered incorrectly. Please enter it again.";
        errors.add("old_password", vec![text.to_owned()]);
    }
    errors.into_result()?;
    let password = auth.agreed(typed, &user)?;
    let keeps_session = !auth.settings.log_out_on_change;
    let accounts = &auth.accounts;
    accounts
        .change_password(&request, &user, &password, keeps_session)
        .await?;
    Ok(Json(json!({ "detail": "New password has been saved." })))
}

pub(super) async fn reset(
    auth: RestAuth,
    request: Parts,
    fields: Fields,
) -> Result<Json<Value>, Refusal> {
    let email = email(&fields)?;
    auth.accounts.send_reset_link(&request, &email).await?;
    Ok(Json(
        json!({ "detail": "Password reset e-mail has been sent." }),
    ))
}

pub(super) async fn confirm(
    auth: RestAuth,
    request: Parts,
    fields: Fields,
) -> Result<Json<Value>, Refusal> {
    let mut errors = FieldErrors::default();
    let typed = auth.new_password(&fields, &mut errors);
    let uid = fields.text(TextRule::new("uid"), &mut errors);
    let token = fields.text(TextRule::new("token"), &mut errors);
    errors.into_result()?;
    let accounts = &auth.accounts;
    let is_distinct = accounts.settings.compat.distinct_reset_errors;
    let bad = |field| Refusal::from(FieldErrors::one(field, "Invalid value"));
    let right = match accounts.check_reset_link(&request, &uid, &token).await? {
        Ok(right) => right,
        Err(BadLink::User) if is_distinct => return Err(bad("uid")),
        Err(BadLink::User | BadLink::Token) => return Err(bad("token")),
    };
    let password = auth.agreed(typed, right.user())?;
    if !accounts.reset_password(&request, right, &password).await? {
        return Err(bad("token"));
    }
    let detail = "Password has been reset with the new password.";
    Ok(Json(json!({ "detail": detail })))
}

/// The address of a form that asks for a mail.
pub(super) fn email(fields: &Fields) -> Result<String, FieldErrors> {
    let mut errors = FieldErrors::default();
    let email = fields.text(TextRule::new("email").email(), &mut errors);
    errors.into_result()?;
    Ok(email)
}

impl RestAuth {
    /// A password of a form; blanks around it count, unless they are to be cut off.
    pub(super) fn password_rule(&self, field: &'static str) -> TextRule {
        match self.accounts.settings.compat.trim_passwords {
            true => TextRule::new(field),
            false => TextRule::new(field).exact(),
        }
    }

    /// The new password, typed twice.
    fn new_password(&self, fields: &Fields, errors: &mut FieldErrors) -> (String, String) {
        let rule = |field| self.password_rule(field).max(MAX_CHARACTERS);
        (
            fields.text(rule("new_password1"), errors),
            fields.text(rule("new_password2"), errors),
        )
    }

    /// The new password, if it was typed the same twice and may be this user's.
    fn agreed(&self, typed: (String, String), user: &User) -> Result<String, FieldErrors> {
        let (first, second) = typed;
        if first != second {
            let text = "The two password fields didn’t match.";
            return Err(FieldErrors::one("new_password2", text));
        }
        let complaints = self.accounts.complaints(&first, user);
        if complaints.is_empty() {
            return Ok(first);
        }
        let mut errors = FieldErrors::default();
        errors.add("new_password2", complaints);
        Err(errors)
    }
}
