//! JWTs in cookies: what a log-in answers, `token/verify/` and `token/refresh/`, and the log-out.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::request::Parts;
use portcullis_core::{Challenge, User};
use portcullis_web::{
    Api, Doors, Effects, FieldErrors, Fields, JwtCookies, Refusal, TextRule, post,
};
use serde_json::{Value, json};

use super::RestAuth;
use crate::describe;
use crate::times::shown_exactly;
use crate::{Jwt, Renewed, SignedToken, TokenPair};

impl RestAuth {
    pub(super) fn jwt_doors(
        &self,
        doors: Doors,
        at: &impl Fn(&str) -> String,
        api: &impl Fn(&'static str) -> Api,
    ) -> Doors {
        let Some((jwt, cookies)) = self.jwt.clone() else {
            return doors;
        };
        let (a, b, verifier) = (self.clone(), jwt.clone(), jwt);
        doors
            .route(
                &at("token/verify"),
                post(move |request, fields| verify(verifier, request, fields))
                    .described(describe::jwt::verify()),
            )
            .authenticated_by(Vec::new())
            .api(api("Token Verify").with_fields(&["token"]))
            .open()
            .route(
                &at("token/refresh"),
                post(move |request, fields| refresh(a, b, cookies, request, fields))
                    .described(describe::rest_auth::refresh()),
            )
            .authenticated_by(Vec::new())
            .api(api("Refresh View With Cookie Support").with_fields(&["refresh"]))
            .open()
    }

    /// Both tokens in their cookies, and in the body what a script may see.
    pub(super) fn answer_pair(
        &self,
        request: &Parts,
        cookies: &JwtCookies,
        pair: &TokenPair,
        user: &User,
    ) -> Response {
        self.send_cookies(request, cookies, &pair.access, Some(&pair.refresh));
        let body = json!({
            "access": pair.access.text,
            // Out of reach of scripts: in its cookie only.
            "refresh": "",
            "user": self.shown(user),
            "access_expiration": shown_exactly(pair.access.expires),
            "refresh_expiration": shown_exactly(pair.refresh.expires),
        });
        Json(body).into_response()
    }

    fn send_cookies(
        &self,
        request: &Parts,
        cookies: &JwtCookies,
        access: &SignedToken,
        refresh: Option<&SignedToken>,
    ) {
        let (effects, now) = (Effects::of(request), self.accounts.clock.now());
        // Tokens count in whole seconds.
        let now = now.replace_nanosecond(0).unwrap_or(now);
        let tokens = [(&cookies.access, Some(access)), (&cookies.refresh, refresh)];
        for (cookie, token) in tokens {
            let set =
                token.and_then(|token| cookie.set(&token.text, Some(token.expires - now), now));
            if let Some(set) = set {
                effects.replace_cookie(&cookie.name, set);
            }
        }
    }

    /// Ends the login that the refresh cookie names, and removes both cookies, whatever comes of it.
    pub(super) async fn log_out_jwt(
        &self,
        request: &Parts,
        jwt: &Jwt,
        cookies: &JwtCookies,
    ) -> Result<Response, Refusal> {
        let effects = Effects::of(request);
        for cookie in [&cookies.access, &cookies.refresh] {
            if let Some(deleted) = cookie.delete() {
                effects.replace_cookie(&cookie.name, deleted);
            }
        }
        let Some(token) = cookies.refresh.value(&request.headers) else {
            let detail = "Refresh token was not included in cookie data.";
            let body = Json(json!({ "detail": detail }));
            return Ok((StatusCode::UNAUTHORIZED, body).into_response());
        };
        match jwt.blacklist(request, token).await {
            Ok(()) => {}
            Err(Refusal::AuthenticationFailedJson(body, _)) => {
                // In words of dj-rest-auth's own, and without asking for anything.
                let body: Value = serde_json::from_str(&body).unwrap_or_default();
                let body = Json(json!({ "detail": body["detail"] }));
                return Ok((StatusCode::UNAUTHORIZED, body).into_response());
            }
            Err(other) => return Err(other),
        }
        Ok(Json(json!({ "detail": "Successfully logged out." })).into_response())
    }
}

async fn verify(jwt: Jwt, request: Parts, fields: Fields) -> Result<Json<Value>, Refusal> {
    let mut errors = FieldErrors::default();
    let token = fields.text(TextRule::new("token"), &mut errors);
    errors.into_result()?;
    jwt.verify(&request, &token).await?;
    Ok(Json(json!({})))
}

async fn refresh(
    auth: RestAuth,
    jwt: Jwt,
    cookies: JwtCookies,
    request: Parts,
    fields: Fields,
) -> Result<Json<Value>, Refusal> {
    let mut errors = FieldErrors::default();
    let typed = fields.optional_text(TextRule::new("refresh"), &mut errors);
    errors.into_result()?;
    let cookie = || cookies.refresh.value(&request.headers).map(str::to_owned);
    let Some(token) = typed.or_else(cookie) else {
        return Err(no_refresh_token());
    };
    let Renewed { access, refresh } = jwt.refresh(&request, &token).await?;
    auth.send_cookies(&request, &cookies, &access, refresh.as_ref());
    Ok(Json(json!({
        "access": access.text,
        "access_expiration": shown_exactly(access.expires),
    })))
}

fn no_refresh_token() -> Refusal {
    let body = json!({
        "detail": "No valid refresh token found.",
        "code": "token_not_valid",
    });
    let challenge = Challenge("Bearer realm=\"api\"".into());
    Refusal::AuthenticationFailedJson(body.to_string(), Some(challenge))
}
