//! The flows of device tokens as doors: knox' paths, field names and texts.

use std::sync::Arc;

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::request::Parts;
use portcullis_core::{Authenticator, Challenge, PasswordHash, User};
use portcullis_web::{
    Access, Api, BasicAuthentication, CurrentUser, Doors, FieldErrors, Fields, Gate, Refusal,
    TextRule, device_of, post,
};
use serde_json::json;

use super::login::{DeviceLogIn, DeviceToken};
use crate::Accounts;
use crate::describe::device as describe;
use crate::login_state::next_factor;
use crate::proof::{LogInForm, Proof};
use crate::times::shown;
use crate::token_login::TOO_MANY;

/// The longest log-in name that is looked up, in characters.
const MAX_NAME_CHARACTERS: usize = 254;

impl Accounts {
    /// knox' doors below a prefix such as `/knox/`, each with the pipeline that `api` makes of its name.
    ///
    /// | door | who | answer |
    /// |---|---|---|
    /// | `POST login/` | Basic | 200 `{"expiry", "token"}`, a new token; 403 `{"error"}` over the limit |
    /// | `POST login-json/` | `username` and `password` in the body | the same |
    /// | `POST logout/` | device token | 204, this token ends |
    /// | `POST logoutall/` | device token | 204, all of the user's end |
    #[must_use]
    pub fn device_doors(
        &self,
        gate: &Gate,
        prefix: &str,
        api: impl Fn(&'static str) -> Api,
    ) -> Doors {
        let (a, b, c, d) = (self.clone(), self.clone(), self.clone(), self.clone());
        let basic: Arc<dyn Authenticator> = Arc::new(BasicAuthentication(self.passwords.clone()));
        let store = Arc::clone(self.passwords.store());
        let tokens = &self.settings.device;
        let shows_user = tokens.shows_user;
        let device: Arc<dyn Authenticator> =
            Arc::new(tokens.authentication(store, Arc::clone(&self.clock)));
        let at = |path: &str| format!("{prefix}{path}/");
        gate.doors()
            .route(
                &at("login"),
                post(move |request, user| login(a, request, user))
                    .described(describe::log_in(shows_user)),
            )
            .authenticated_by(vec![basic])
            .require(portcullis_core::IsAuthenticated)
            .api(api("Login"))
            .route(
                &at("login-json"),
                post(move |request, fields| login_json(b, request, fields))
                    .described(describe::log_in_json(shows_user)),
            )
            .authenticated_by(Vec::new())
            .api(api("Login Json"))
            .open()
            .route(
                &at("logout"),
                post(move |request, access| logout(c, request, access))
                    .described(describe::log_out()),
            )
            .authenticated_by(vec![Arc::clone(&device)])
            .require(portcullis_core::IsAuthenticated)
            .api(api("Logout"))
            .route(
                &at("logoutall"),
                post(move |request, access| logout_all(d, request, access))
                    .described(describe::log_out_all()),
            )
            .authenticated_by(vec![device])
            .require(portcullis_core::IsAuthenticated)
            .api(api("Logout All"))
            .grouped("Device tokens (knox)")
    }
}

async fn login(
    accounts: Accounts,
    request: Parts,
    CurrentUser(user): CurrentUser,
) -> Result<Response, Refusal> {
    let closed = || {
        let challenge = Challenge("Basic realm=\"api\"".into());
        Refusal::AuthenticationFailed("Invalid username/password.".into(), Some(challenge))
    };
    issue(&accounts, &request, user, None, closed).await
}

async fn login_json(
    accounts: Accounts,
    request: Parts,
    fields: Fields,
) -> Result<Response, Refusal> {
    let credentials = || {
        let mut errors = FieldErrors::default();
        let name = TextRule::new("username").max(MAX_NAME_CHARACTERS);
        let name = fields.text(name, &mut errors);
        let password = fields.text(TextRule::new("password").exact(), &mut errors);
        errors.into_result()?;
        Ok((name, password))
    };
    let form = LogInForm::read(&fields, credentials)?;
    let refused = || FieldErrors::form("Unable to log in with provided credentials.").into();
    let mut proven = match accounts.prove(&request, &form).await? {
        Proof::Right(proven) => proven,
        Proof::SecondFactor(next) => return Ok(Json(next_factor(&fields, &next)?).into_response()),
        Proof::Unverified | Proof::Wrong => return Err(refused()),
    };
    let rehashed = proven.take_rehashed();
    let user = proven.user.clone();
    let issued = issue(&accounts, &request, user, rehashed, refused).await?;
    accounts.passwords.forget_failures(proven.counted()).await?;
    Ok(issued)
}

/// The answer of a log-in; `closed` is that of an account that was closed meanwhile.
async fn issue(
    accounts: &Accounts,
    request: &Parts,
    user: User,
    rehashed: Option<PasswordHash>,
    closed: impl FnOnce() -> Refusal,
) -> Result<Response, Refusal> {
    let DeviceToken { text, expires } = match accounts
        .log_in_device(device_of(request), &user, rehashed)
        .await?
    {
        DeviceLogIn::Opened(token) => token,
        DeviceLogIn::TooMany => {
            let body = Json(json!({ "error": TOO_MANY }));
            return Ok((StatusCode::FORBIDDEN, body).into_response());
        }
        DeviceLogIn::Closed => return Err(closed()),
    };
    let mut body = json!({ "expiry": expires.map(shown), "token": text });
    if accounts.settings.device.shows_user {
        body["user"] = json!({ "username": user.username });
    }
    Ok(Json(body).into_response())
}

async fn logout(accounts: Accounts, request: Parts, access: Access) -> Result<StatusCode, Refusal> {
    accounts.log_out_token(&request, &access).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn logout_all(
    accounts: Accounts,
    request: Parts,
    access: Access,
) -> Result<StatusCode, Refusal> {
    accounts.log_out_devices(&request, &access).await?;
    Ok(StatusCode::NO_CONTENT)
}
