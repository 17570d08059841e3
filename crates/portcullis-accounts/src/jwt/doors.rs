//! The flows of JWTs as doors: paths, field names and texts.

use axum::Json;
use http::request::Parts;
use portcullis_web::{Api, Doors, FieldErrors, Fields, Gate, Refusal, TextRule, get, post};
use serde_json::{Value, json};

use super::pair::TokenPair;
use super::refresh::Renewed;
use super::{Jwt, challenge};
use crate::describe::jwt as describe;
use crate::login_state::{LoginState, next_factor};
use crate::proof::{LogIn, LogInForm};

/// The longest log-in name that is looked up, in characters.
const MAX_NAME_CHARACTERS: usize = 254;

/// What the doors are documented under.
const GROUP: &str = "JWT (simplejwt)";

impl Jwt {
    /// simplejwt's doors below a prefix such as `/jwt/`, each with the pipeline that `api` makes of its
    /// name. They ask nobody who they are: a bad `Authorization` header is not looked at.
    ///
    /// | door | body | answer |
    /// |---|---|---|
    /// | `POST token/` | `username` or `email`, `password` | 200 `{"refresh", "access"}` |
    /// | `POST refresh/` | `refresh` | 200 `{"access", "refresh"}` |
    /// | `POST verify/` | `token` | 200 `{}` |
    /// | `POST blacklist/` | `refresh` | 200 `{}` |
    #[must_use]
    pub fn doors(&self, gate: &Gate, prefix: &str, api: impl Fn(&'static str) -> Api) -> Doors {
        let (a, b, c, d) = (self.clone(), self.clone(), self.clone(), self.clone());
        let rotates =
            self.settings.families.is_some() || self.settings.tokens.rotate_refresh_tokens;
        let name = self.settings.name_field.unwrap_or("username");
        let at = |path: &str| format!("{prefix}{path}/");
        gate.doors()
            .route(
                &at("token"),
                post(move |request, fields| obtain(a, request, fields))
                    .described(describe::obtain(self.settings.name_field)),
            )
            .authenticated_by(Vec::new())
            .api(api("Token Obtain Pair").with_fields(&[name, "password"]))
            .open()
            .route(
                &at("refresh"),
                post(move |request, fields| refresh(b, request, fields))
                    .described(describe::refresh(rotates)),
            )
            .authenticated_by(Vec::new())
            .api(api("Token Refresh").with_fields(&["refresh"]))
            .open()
            .route(
                &at("verify"),
                post(move |request, fields| verify(c, request, fields))
                    .described(describe::verify()),
            )
            .authenticated_by(Vec::new())
            .api(api("Token Verify").with_fields(&["token"]))
            .open()
            .route(
                &at("blacklist"),
                post(move |request, fields| blacklist(d, request, fields))
                    .described(describe::blacklist()),
            )
            .authenticated_by(Vec::new())
            .api(api("Token Blacklist").with_fields(&["refresh"]))
            .open()
            .grouped(GROUP)
    }

    /// `GET /.well-known/jwks.json`: the public keys, for services that verify tokens by themselves.
    ///
    /// `{"keys": []}` where tokens are signed with a secret. Such a service does not see that a login was
    /// ended before its access tokens expire.
    #[must_use]
    pub fn jwks_door(&self, gate: &Gate) -> Doors {
        let jwt = self.clone();
        gate.doors()
            .route(
                "/.well-known/jwks.json",
                get(move || async move { Json(jwt.jwks()) }).described(describe::keys()),
            )
            .authenticated_by(Vec::new())
            .open()
            .grouped(GROUP)
    }

    /// The public keys that tokens are verified with now, newest first: `{"keys": [{"kty": "EC", …}]}`.
    #[must_use]
    pub fn jwks(&self) -> Value {
        self.backend.jwks(self.clock.now().unix_timestamp())
    }
}

async fn obtain(jwt: Jwt, request: Parts, fields: Fields) -> Result<Json<Value>, Refusal> {
    let form = LogInForm::read(&fields, || credentials(&jwt, &fields))?;
    match jwt.pair_by(&request, &form).await? {
        LogIn::Done(TokenPair { access, refresh }) => {
            let body = json!({ "refresh": refresh.text, "access": access.text });
            Ok(Json(LoginState::Done.tell(&fields, body)))
        }
        LogIn::SecondFactor(next) => Ok(Json(next_factor(&fields, &next)?)),
        LogIn::Wrong => Err(Refusal::AuthenticationFailed(
            "No active account found with the given credentials".into(),
            Some(challenge()),
        )),
    }
}

/// Name and password, as the serializer asks for them.
fn credentials(jwt: &Jwt, fields: &Fields) -> Result<(String, String), FieldErrors> {
    let field = match jwt.settings.name_field {
        Some(field) => field,
        None if fields.has("email") && !fields.has("username") => "email",
        None => "username",
    };
    let mut errors = FieldErrors::default();
    let name = fields.text(TextRule::new(field).max(MAX_NAME_CHARACTERS), &mut errors);
    let password = TextRule::new("password");
    let password = match jwt.settings.trims_password {
        true => fields.text(password, &mut errors),
        false => fields.text(password.exact(), &mut errors),
    };
    errors.into_result()?;
    Ok((name, password))
}

async fn refresh(jwt: Jwt, request: Parts, fields: Fields) -> Result<Json<Value>, Refusal> {
    let token = token(&fields, "refresh")?;
    let Renewed { access, refresh } = jwt.refresh(&request, &token).await?;
    let mut body = json!({ "access": access.text });
    if let Some(refresh) = refresh {
        body["refresh"] = refresh.text.into();
    }
    Ok(Json(body))
}

async fn verify(jwt: Jwt, request: Parts, fields: Fields) -> Result<Json<Value>, Refusal> {
    jwt.verify(&request, &token(&fields, "token")?).await?;
    Ok(Json(json!({})))
}

async fn blacklist(jwt: Jwt, request: Parts, fields: Fields) -> Result<Json<Value>, Refusal> {
    let token = token(&fields, "refresh")?;
    jwt.blacklist(&request, &token).await?;
    Ok(Json(json!({})))
}

fn token(fields: &Fields, name: &'static str) -> Result<String, FieldErrors> {
    let mut errors = FieldErrors::default();
    let token = fields.text(TextRule::new(name), &mut errors);
    errors.into_result()?;
    Ok(token)
}
