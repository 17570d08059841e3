//! The flows as doors: paths, field names and texts.

use axum::Json;
use http::StatusCode;
use http::request::Parts;
use portcullis_web::{
    Access, CurrentUser, Doors, FieldErrors, Fields, Gate, Refusal, TextRule, get, post,
};
use serde_json::{Value, json};

use crate::describe::accounts as describe;
use crate::login_state::next_factor;
use crate::proof::{LogIn, LogInForm};
use crate::signup::{NewUser, plain_email_field};
use crate::{Accounts, LoggedIn, LoginState, SignedUp};

/// The longest log-in name that is looked up, in characters.
const MAX_NAME_CHARACTERS: usize = 254;

impl Accounts {
    /// The doors of a fresh install.
    ///
    /// | door | body | answer |
    /// |---|---|---|
    /// | `POST /api/signup/` | `email`, `password`, `invitation` where one is wanted | 201 `{"email", "token"}`, or `{"detail"}` where the address must be confirmed |
    /// | `POST /api/administrators/` | `email`, `password`, the first time `setup_key` | 201 `{"email", "token"}` |
    /// | `POST /api/token/`, `POST /api/auth/login/` | `username` or `email`, `password` | 200 `{"token"}` |
    /// | `GET /api/validate/` | | 200 `{"detail": "Token is valid."}` |
    /// | `GET /api/user/` | | 200 `{"email"}` |
    /// | `POST /api/email/` | `email`, `password` | 200, a mail to the new address |
    /// | `POST /api/auth/logout/` | | 204, this token ends |
    /// | `GET /api/login-set-cookie/` | | 200, the CSRF cookie |
    /// | `POST /api/login/` | `email`, `password`, CSRF token | 200, a session |
    /// | `POST /api/logout/` | CSRF token for a session | 204, this session or token ends |
    ///
    /// With `"with_state": true` in its body the answer of a sign-up or log-in with a token also has the
    /// [`LoginState`], in the shape of `docs/login-answer.schema.json`. Whoever has a second factor sends
    /// `code` along with the password, or, after the state `second_factor`, with `pending` instead of it.
    #[must_use]
    pub fn doors(&self, gate: &Gate) -> Doors {
        let with = || self.clone();
        let (a, b, c, d, e, f, g, h, i) = (
            with(),
            with(),
            with(),
            with(),
            with(),
            with(),
            with(),
            with(),
            with(),
        );
        let doors = gate
            .doors()
            .route(
                "/api/signup/",
                post(move |request, fields| signup(a, request, fields))
                    .described(describe::sign_up(&self.settings)),
            )
            .open()
            .route(
                "/api/administrators/",
                post(move |request, access, fields| administrators(h, request, access, fields))
                    .described(describe::administrator()),
            )
            .open()
            .route(
                "/api/token/",
                post(move |request, fields| obtain_token(b, request, fields))
                    .described(describe::log_in()),
            )
            .open()
            .route(
                "/api/auth/login/",
                post(move |request, fields| obtain_token(c, request, fields))
                    .described(describe::log_in()),
            )
            .open()
            .route(
                "/api/validate/",
                get(validate).described(describe::validate()),
            )
            .route("/api/user/", get(user_info).described(describe::user()))
            .route(
                "/api/email/",
                post(move |request, user, fields| change_email(i, request, user, fields))
                    .described(describe::change_email()),
            )
            .route(
                "/api/auth/logout/",
                post(move |request, access| token_logout(d, request, access))
                    .described(describe::log_out()),
            )
            .route(
                "/api/login-set-cookie/",
                get(move |request| login_set_cookie(e, request)).described(describe::csrf_cookie()),
            )
            .open()
            .route(
                "/api/login/",
                post(move |request, fields| session_login(f, request, fields))
                    .described(describe::log_in_by_session()),
            )
            .open();
        let doors = if gate.compat().login_without_origin_check {
            doors
        } else {
            doors.csrf_checked().authenticated_by(Vec::new())
        };
        let doors = doors.route(
            "/api/logout/",
            post(move |request, access| logout(g, request, access))
                .described(describe::log_out_of_any()),
        );
        doors.grouped("Accounts")
    }
}

async fn signup(
    accounts: Accounts,
    request: Parts,
    fields: Fields,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    accounts.admit(&request, &fields).await?;
    let new = NewUser::from_fields(&fields)?;
    let body = match accounts.sign_up(&request, new).await? {
        SignedUp::LoggedIn(LoggedIn { user, token }) => {
            let body = json!({ "email": user.email, "token": token });
            LoginState::Done.tell(&fields, body)
        }
        SignedUp::ToConfirm => {
            let body = json!({ "detail": "Verification e-mail sent." });
            LoginState::EmailToConfirm.tell(&fields, body)
        }
    };
    Ok((StatusCode::CREATED, Json(body)))
}

async fn administrators(
    accounts: Accounts,
    request: Parts,
    access: Access,
    fields: Fields,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    let made = accounts.sign_up_administrator(&request, &access, &fields);
    let LoggedIn { user, token } = made.await?;
    Ok((
        StatusCode::CREATED,
        Json(json!({ "email": user.email, "token": token })),
    ))
}

async fn obtain_token(
    accounts: Accounts,
    request: Parts,
    fields: Fields,
) -> Result<Json<Value>, Refusal> {
    let form = LogInForm::read(&fields, || credentials(&fields))?;
    match accounts.token_by(&request, &form).await? {
        LogIn::Done(LoggedIn { token, .. }) => {
            let body = json!({ "token": token });
            Ok(Json(LoginState::Done.tell(&fields, body)))
        }
        LogIn::SecondFactor(next) => Ok(Json(next_factor(&fields, &next)?)),
        LogIn::Wrong => Err(no_such_login()),
    }
}

async fn session_login(
    accounts: Accounts,
    request: Parts,
    fields: Fields,
) -> Result<Json<Value>, Refusal> {
    let form = LogInForm::read(&fields, || credentials(&fields))?;
    match accounts.session_by(&request, &form).await? {
        LogIn::Done(_) => {
            let body = json!({ "detail": "Success" });
            Ok(Json(LoginState::Done.tell(&fields, body)))
        }
        LogIn::SecondFactor(next) => Ok(Json(next_factor(&fields, &next)?)),
        LogIn::Wrong => Err(no_such_login()),
    }
}

async fn login_set_cookie(accounts: Accounts, request: Parts) -> Json<Value> {
    accounts.sessions().csrf().ensure_cookie(&request);
    Json(json!({ "detail": "CSRF cookie set" }))
}

async fn validate(_: CurrentUser) -> Json<Value> {
    Json(json!({ "detail": "Token is valid." }))
}

async fn user_info(CurrentUser(user): CurrentUser) -> Json<Value> {
    Json(json!({ "email": user.email }))
}

/// Asks whoever reads the new address to confirm it; the password has to be given again.
async fn change_email(
    accounts: Accounts,
    request: Parts,
    CurrentUser(user): CurrentUser,
    fields: Fields,
) -> Result<Json<Value>, Refusal> {
    if !accounts.has_mail() {
        let detail = "Addresses cannot be changed: there is no mail.";
        return Err(Refusal::PermissionDenied(Some(detail.into())));
    }
    let mut errors = FieldErrors::default();
    let email = plain_email_field(&fields, &mut errors);
    let password = fields.text(TextRule::new("password").exact(), &mut errors);
    errors.into_result()?;
    if !accounts.is_password_of(&request, &user, &password).await? {
        return Err(FieldErrors::one("password", "This is not your password.").into());
    }
    accounts.change_email(&request, &user, &email).await?;
    Ok(Json(json!({ "detail": "Verification e-mail sent." })))
}

async fn token_logout(
    accounts: Accounts,
    request: Parts,
    access: Access,
) -> Result<StatusCode, Refusal> {
    accounts.log_out_token(&request, &access).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends whatever made this request somebody's.
async fn logout(accounts: Accounts, request: Parts, access: Access) -> Result<StatusCode, Refusal> {
    let proof = access.authenticated().map(|proof| proof.authenticator);
    if proof == Some("SessionAuthentication") {
        accounts.log_out_session(&request).await?;
    } else {
        accounts.log_out_token(&request, &access).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Name (under `username`, or else `email`) and password.
fn credentials(fields: &Fields) -> Result<(String, String), FieldErrors> {
    let mut errors = FieldErrors::default();
    let field = if fields.has("username") {
        "username"
    } else {
        "email"
    };
    let name = fields.text(TextRule::new(field).max(MAX_NAME_CHARACTERS), &mut errors);
    let password = fields.text(TextRule::new("password").exact(), &mut errors);
    errors.into_result()?;
    Ok((name, password))
}

fn no_such_login() -> Refusal {
    FieldErrors::form("Unable to log in with provided credentials.").into()
}
