//! The doors of second factors: `/api/second-factors/` and `/api/reauthenticate/`.

use axum::Json;
use http::StatusCode;
use http::request::Parts;
use portcullis_core::IsAuthenticated;
use portcullis_web::{
    Access, CurrentUser, Doors, FieldErrors, Fields, Gate, Refusal, SecondFactors, TextRule, get,
    post,
};
use serde_json::{Value, json};

use super::wrong_code;
use crate::Accounts;
use crate::describe::second_factor as describe;
use crate::times::shown;

/// The longest text of the forms, in characters.
const MAX_CHARACTERS: usize = 1024;

impl Accounts {
    /// The doors of second factors; none without [`SecondFactors`].
    ///
    /// | door | body | answer |
    /// |---|---|---|
    /// | `POST /api/reauthenticate/` | `password`, or `code` with a second factor | 200 `{"detail", "until"}` |
    /// | `GET /api/second-factors/` | | 200 `{"totp", "recovery_codes"}` |
    /// | `POST /api/second-factors/totp/setup/` | | 200 `{"secret", "uri", "setup"}` |
    /// | `POST /api/second-factors/totp/` | `setup`, `code` | 201 `{"recovery_codes"}` |
    /// | `POST /api/second-factors/totp/remove/` | | 204 |
    /// | `POST /api/second-factors/recovery-codes/` | | 201 `{"recovery_codes"}` |
    ///
    /// What changes something wants a login that was opened or confirmed lately, or `password` or
    /// `factor_code` along with it; see [`check_fresh`](Self::check_fresh).
    #[must_use]
    pub fn second_factor_doors(&self, gate: &Gate) -> Doors {
        let doors = gate.doors();
        let Some(factors) = self.passwords.second_factors() else {
            return doors;
        };
        let with = || (self.clone(), factors.clone());
        let (a, b, c, d, e, f) = (self.clone(), with(), with(), with(), with(), with());
        doors
            .route(
                "/api/reauthenticate/",
                post(move |request, access, fields| reauthenticate(a, request, access, fields))
                    .described(describe::reauthenticate()),
            )
            .require(IsAuthenticated)
            .route(
                "/api/second-factors/",
                get(move |user| list(b.0, user)).described(describe::list()),
            )
            .require(IsAuthenticated)
            .route(
                "/api/second-factors/totp/setup/",
                post(move |request, access, fields| set_up(c, request, access, fields))
                    .described(describe::set_up()),
            )
            .require(IsAuthenticated)
            .route(
                "/api/second-factors/totp/",
                post(move |request, access, fields| add(d, request, access, fields))
                    .described(describe::add()),
            )
            .require(IsAuthenticated)
            .route(
                "/api/second-factors/totp/remove/",
                post(move |request, access, fields| remove(e, request, access, fields))
                    .described(describe::remove()),
            )
            .require(IsAuthenticated)
            .route(
                "/api/second-factors/recovery-codes/",
                post(move |request, access, fields| renew(f, request, access, fields))
                    .described(describe::renew()),
            )
            .require(IsAuthenticated)
            .grouped("Second factors")
    }
}

type Both = (Accounts, SecondFactors);

async fn reauthenticate(
    accounts: Accounts,
    request: Parts,
    access: Access,
    fields: Fields,
) -> Result<Json<Value>, Refusal> {
    let until = accounts.reauthenticate(&request, &access, &fields).await?;
    accounts.send_now();
    Ok(Json(
        json!({ "detail": "Confirmed.", "until": shown(until) }),
    ))
}

async fn list(accounts: Accounts, CurrentUser(user): CurrentUser) -> Result<Json<Value>, Refusal> {
    let factors = accounts.passwords.store().factors(&user.id).await?;
    Ok(Json(json!({
        "totp": factors.totp,
        "recovery_codes": factors.recovery_codes,
    })))
}

async fn set_up(
    (accounts, factors): Both,
    request: Parts,
    access: Access,
    fields: Fields,
) -> Result<Json<Value>, Refusal> {
    let user = accounts.check_fresh(&request, &access, &fields).await?;
    if accounts.passwords.store().factors(&user.id).await?.totp {
        return Err(has_one().into());
    }
    let setup = factors.new_totp(&user).ok_or(Refusal::Unavailable)?;
    Ok(Json(json!({
        "secret": setup.secret,
        "uri": setup.uri,
        "setup": setup.setup,
    })))
}

async fn add(
    (accounts, factors): Both,
    request: Parts,
    access: Access,
    fields: Fields,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    let user = accounts.check_fresh(&request, &access, &fields).await?;
    let mut errors = FieldErrors::default();
    let setup = fields.text(TextRule::new("setup").max(MAX_CHARACTERS), &mut errors);
    let code = fields.text(TextRule::new("code").max(MAX_CHARACTERS), &mut errors);
    errors.into_result()?;
    if accounts.passwords.store().factors(&user.id).await?.totp {
        return Err(has_one().into());
    }
    let codes = factors.add_totp(&request, &user, &setup, &code).await?;
    let codes = codes.ok_or_else(wrong_code)?;
    accounts.send_now();
    Ok((
        StatusCode::CREATED,
        Json(json!({ "recovery_codes": codes })),
    ))
}

async fn remove(
    (accounts, factors): Both,
    request: Parts,
    access: Access,
    fields: Fields,
) -> Result<StatusCode, Refusal> {
    let user = accounts.check_fresh(&request, &access, &fields).await?;
    if !factors.remove_totp(&request, &user).await? {
        return Err(Refusal::NotFound);
    }
    accounts.send_now();
    Ok(StatusCode::NO_CONTENT)
}

async fn renew(
    (accounts, factors): Both,
    request: Parts,
    access: Access,
    fields: Fields,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    let user = accounts.check_fresh(&request, &access, &fields).await?;
    let codes = factors.new_recovery_codes(&request, &user).await?;
    let codes = codes.ok_or(Refusal::NotFound)?;
    accounts.send_now();
    Ok((
        StatusCode::CREATED,
        Json(json!({ "recovery_codes": codes })),
    ))
}

fn has_one() -> FieldErrors {
    FieldErrors::form("There is an authenticator app already. Please remove it first.")
}
