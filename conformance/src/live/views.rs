//! The one route beside those of live data: a token for a password.

use axum::Json;
use http::request::Parts;
use portcullis::web::{Api, FieldErrors, TextRule};
use portcullis::{Accounts, Doors, Fields, Gate, Refusal, post};
use serde_json::{Value, json};

pub(crate) fn doors(gate: &Gate, accounts: &Accounts) -> Doors {
    let accounts = accounts.clone();
    gate.doors()
        .route(
            "/api/token/",
            post(move |request, fields| obtain_token(accounts.clone(), request, fields)),
        )
        .api(Api::new("Obtain Auth Token"))
        .open()
}

async fn obtain_token(
    accounts: Accounts,
    request: Parts,
    fields: Fields,
) -> Result<Json<Value>, Refusal> {
    let mut errors = FieldErrors::default();
    let name = fields.text(TextRule::new("username"), &mut errors);
    let password = fields.text(TextRule::new("password").exact(), &mut errors);
    errors.into_result()?;
    match accounts
        .log_in_with_token(&request, &name, &password)
        .await?
    {
        Some(login) => Ok(Json(json!({ "token": login.token }))),
        None => {
            let text = "Unable to log in with provided credentials.";
            Err(FieldErrors::form(text).into())
        }
    }
}
