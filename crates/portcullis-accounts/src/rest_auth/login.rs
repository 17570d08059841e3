//! `login/`: a name and a password, for a token and a session, or for JWTs.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use portcullis_web::{FieldErrors, Fields, Refusal, TextRule, device_of};
use serde_json::json;

use super::RestAuth;
use crate::LoginNames;
use crate::login_state::next_factor;
use crate::proof::{LogInForm, Proof, Proven};

/// The longest log-in name that is looked up, in characters.
const MAX_NAME_CHARACTERS: usize = 254;

pub(super) async fn log_in(
    auth: RestAuth,
    request: Parts,
    fields: Fields,
) -> Result<Response, Refusal> {
    let opens_session = auth.settings.session_login || auth.jwt.is_some();
    if opens_session {
        // What sets a cookie must not be sent by another site.
        let csrf = auth.accounts.sessions().csrf();
        csrf.check_log_in(&request).map_err(Refusal::CsrfFailed)?;
    }
    let form = LogInForm::read(&fields, || credentials(&auth, &fields))?;
    match auth.accounts.prove(&request, &form).await? {
        Proof::Right(proven) => auth.open(&request, *proven).await,
        Proof::SecondFactor(next) => Ok(Json(next_factor(&fields, &next)?).into_response()),
        Proof::Unverified if auth.accounts.settings.compat.distinct_login_errors => {
            Err(FieldErrors::form("E-mail is not verified.").into())
        }
        Proof::Unverified | Proof::Wrong => Err(no_such_login()),
    }
}

/// Name and password, as the serializer asks for them.
fn credentials(auth: &RestAuth, fields: &Fields) -> Result<(String, String), FieldErrors> {
    let settings = &auth.accounts.settings;
    let mut errors = FieldErrors::default();
    let name = |rule: TextRule| rule.max(MAX_NAME_CHARACTERS).or_blank();
    let username = fields.optional_text(name(TextRule::new("username")), &mut errors);
    let email = fields.optional_text(name(TextRule::new("email")).email(), &mut errors);
    let password = match settings.compat.trim_passwords {
        true => TextRule::new("password"),
        false => TextRule::new("password").exact(),
    };
    let password = fields.text(password, &mut errors);
    errors.into_result()?;
    let given = |name: Option<String>| name.filter(|name| !name.is_empty());
    let (name, text) = match settings.login_names {
        LoginNames::Email => (given(email), r#"Must include "email" and "password"."#),
        LoginNames::Username => (
            given(username),
            r#"Must include "username" and "password"."#,
        ),
        LoginNames::Either => (
            given(email).or_else(|| given(username)),
            r#"Must include either "username" or "email" and "password"."#,
        ),
    };
    let name = name.ok_or_else(|| FieldErrors::form(text))?;
    Ok((name, password))
}

impl RestAuth {
    /// Opens what a log-in opens, and answers with it.
    async fn open(&self, request: &Parts, mut proven: Proven) -> Result<Response, Refusal> {
        let accounts = &self.accounts;
        if let Some((jwt, cookies)) = &self.jwt {
            let rehashed = proven.take_rehashed();
            let device = device_of(request);
            let issued = jwt.issue(device, &proven.user, rehashed).await?;
            let pair = issued.ok_or_else(no_such_login)?;
            accounts.settle(&proven).await?;
            return Ok(self.answer_pair(request, cookies, &pair, &proven.user));
        }
        let token = accounts.open_token(request, &mut proven).await?;
        let token = token.ok_or_else(no_such_login)?;
        let user = &proven.user;
        if self.settings.session_login && !accounts.sessions.log_in_beside(request, user).await? {
            return Err(no_such_login());
        }
        accounts.settle(&proven).await?;
        Ok(Json(json!({ "key": token })).into_response())
    }
}

fn no_such_login() -> Refusal {
    FieldErrors::form("Unable to log in with provided credentials.").into()
}
