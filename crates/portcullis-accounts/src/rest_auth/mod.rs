//! dj-rest-auth's endpoints: its paths, field names, texts and cookies.
//!
//! A file for each flow: `login`, `logout`, `user`, `password` (change and reset), `registration`
//! (with the confirmation of addresses), `jwt` (tokens in cookies), `social` (log-in by providers).

mod jwt;
mod login;
mod logout;
mod password;
mod registration;
#[cfg(feature = "social")]
mod social;
mod user;

use std::fmt;
use std::sync::Arc;

use http::request::Parts;
use portcullis_core::{Authenticator, IsAuthenticated};
use portcullis_web::{Api, Doors, Gate, JwtCookies, get, head, post};

use crate::describe::rest_auth::Ways;
use crate::describe::{never, rest_auth as describe};
use crate::{Accounts, EmailVerification, Jwt};

/// Settings of dj-rest-auth's endpoints; the defaults are those of a fresh install.
#[derive(Clone, Copy, Debug)]
#[doc(alias = "REST_AUTH")]
pub struct RestAuthSettings {
    /// Whether a log-in opens a session besides its token. Default: yes.
    #[doc(alias = "SESSION_LOGIN")]
    pub session_login: bool,
    /// Whether a change of password asks for the old one. Default: yes.
    #[doc(alias = "OLD_PASSWORD_FIELD_ENABLED")]
    pub old_password: bool,
    /// Whether a change of password ends the session that it is made in. Default: no.
    #[doc(alias = "LOGOUT_ON_PASSWORD_CHANGE")]
    pub log_out_on_change: bool,
    /// Whether a sign-up must give a username where people may log in by either. Default: no.
    #[doc(alias = "ACCOUNT_SIGNUP_FIELDS")]
    pub username_required: bool,
}

impl Default for RestAuthSettings {
    fn default() -> Self {
        Self {
            session_login: true,
            old_password: true,
            log_out_on_change: false,
            username_required: false,
        }
    }
}

/// dj-rest-auth's endpoints over the account flows.
#[derive(Clone)]
pub struct RestAuth {
    accounts: Accounts,
    settings: RestAuthSettings,
    logout: Option<Vec<Arc<dyn Authenticator>>>,
    jwt: Option<(Jwt, JwtCookies)>,
    #[cfg(feature = "social")]
    social: Option<crate::social::Social>,
}

impl RestAuth {
    /// The endpoints over these flows.
    #[must_use]
    pub fn new(accounts: Accounts, settings: RestAuthSettings) -> Self {
        Self {
            accounts,
            settings,
            logout: None,
            jwt: None,
            #[cfg(feature = "social")]
            social: None,
        }
    }

    /// Asks these authenticators at the log-out, instead of the gate's.
    #[must_use]
    pub fn log_out_by(self, authenticators: Vec<Arc<dyn Authenticator>>) -> Self {
        Self {
            logout: Some(authenticators),
            ..self
        }
    }

    /// Log-ins give JWTs, in these cookies, instead of a token.
    #[doc(alias = "USE_JWT")]
    #[must_use]
    pub fn with_jwt(self, jwt: Jwt, cookies: JwtCookies) -> Self {
        Self {
            jwt: Some((jwt, cookies)),
            ..self
        }
    }

    /// The doors below a prefix such as `/rest-auth/`, each with the pipeline that `api` makes of its
    /// name. The first ones are there with and without their last slash, as in dj-rest-auth.
    ///
    /// | door | body | answer |
    /// |---|---|---|
    /// | `POST login/` | `username` or `email`, `password` | 200 `{"key"}`, and a session |
    /// | `POST logout/` | | 200 |
    /// | `GET`, `PUT`, `PATCH user/` | `username`, `first_name`, `last_name` | 200 `{"pk", "username", "email", "first_name", "last_name"}` |
    /// | `POST password/change/` | `old_password`, `new_password1`, `new_password2` | 200 |
    /// | `POST password/reset/` | `email` | 200, for every address |
    /// | `POST password/reset/confirm/` | `uid`, `token`, `new_password1`, `new_password2` | 200 |
    /// | `POST registration/` | `username`, `email`, `password1`, `password2` | 201 `{"key"}` or `{"detail"}` |
    /// | `POST registration/verify-email/` | `key` | 200; 404 for a bad one |
    /// | `POST registration/resend-email/` | `email` | 200, for every address |
    ///
    /// With JWTs also `token/verify/` and `token/refresh/`; with social log-in `{provider}/`,
    /// `{provider}/connect/`, `socialaccounts/` and `socialaccounts/{id}/disconnect/`.
    #[must_use]
    pub fn doors(&self, gate: &Gate, prefix: &str, api: impl Fn(&'static str) -> Api) -> Doors {
        let with = || self.clone();
        let at = |path: &str| format!("{prefix}{path}/");
        let (a, b, c, d, e) = (with(), with(), with(), with(), with());
        let ways = self.ways();
        let login =
            post(move |request, fields| login::log_in(a, request, fields)).described(ways.log_in());
        let mut doors = gate
            .doors()
            .route(&at("login"), login)
            .api(api("Login"))
            .slash_optional()
            .open();
        let logout = get(logout::not_by_get)
            .described(never())
            .post(move |request: Parts, access| logout::log_out(b, request, access))
            .described(ways.log_out());
        doors = doors
            .route(&at("logout"), logout)
            .api(api("Logout"))
            .slash_optional()
            .open();
        if let Some(authenticators) = &self.logout {
            doors = doors.authenticated_by(authenticators.clone());
        }
        let user = get(move |user| user::show(c, user))
            .described(ways.show())
            .put(move |user, fields| user::replace(d, user, fields))
            .described(ways.replace())
            .patch(move |user, fields| user::change(e, user, fields))
            .described(ways.change());
        doors = doors
            .route(&at("user"), user)
            .require(IsAuthenticated)
            .api(api("User Details"))
            .slash_optional();
        doors = self.password_doors(doors, &at, &api);
        doors = self.registration_doors(doors, &at, &api);
        #[cfg(feature = "social")]
        let doors = self.social_doors(doors, &at, &api);
        self.jwt_doors(doors, &at, &api).grouped("dj-rest-auth")
    }

    /// What the doors' bodies depend on.
    fn ways(&self) -> Ways {
        let accounts = &self.accounts.settings;
        Ways {
            names: accounts.login_names,
            signup: accounts.signup,
            username_required: self.settings.username_required,
            old_password: self.settings.old_password,
            opens_session: self.settings.session_login || self.jwt.is_some(),
            has_jwt: self.jwt.is_some(),
            must_confirm: accounts.email_verification == EmailVerification::Mandatory,
        }
    }

    fn password_doors(
        &self,
        doors: Doors,
        at: &impl Fn(&str) -> String,
        api: &impl Fn(&'static str) -> Api,
    ) -> Doors {
        let (a, b, c) = (self.clone(), self.clone(), self.clone());
        let change = post(move |request, user, fields| password::change(a, request, user, fields))
            .described(self.ways().change_password());
        let confirm = post(move |request, fields| password::confirm(c, request, fields))
            .described(describe::reset());
        doors
            .route(&at("password/change"), change)
            .require(IsAuthenticated)
            .api(api("Password Change"))
            .slash_optional()
            .route(
                &at("password/reset"),
                post(move |request, fields| password::reset(b, request, fields))
                    .described(describe::ask_reset()),
            )
            .api(api("Password Reset"))
            .slash_optional()
            .open()
            .route(&at("password/reset/confirm"), confirm)
            .api(api("Password Reset Confirm"))
            .slash_optional()
            .open()
    }

    fn registration_doors(
        &self,
        doors: Doors,
        at: &impl Fn(&str) -> String,
        api: &impl Fn(&'static str) -> Api,
    ) -> Doors {
        let (a, b, c) = (self.clone(), self.clone(), self.clone());
        let verify = post(move |request, fields| registration::verify(b, request, fields))
            .described(describe::confirm_email());
        let not_by_head = head(|| async { logout::not_allowed("HEAD") }).described(never());
        doors
            .route(
                &at("registration"),
                post(move |request, fields| registration::register(a, request, fields))
                    .described(self.ways().register()),
            )
            .api(api("Register"))
            .open()
            .route(&at("registration/verify-email"), verify.merge(not_by_head))
            .api(api("Verify Email"))
            .open()
            .route(
                &at("registration/resend-email"),
                post(move |request, fields| registration::resend(c, request, fields))
                    .described(describe::resend()),
            )
            .api(api("Resend Email Verification"))
            .open()
    }
}

impl fmt::Debug for RestAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RestAuth")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
