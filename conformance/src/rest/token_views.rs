//! DRF's token: obtaining it, using it.

use std::sync::Arc;

use axum::Json;
use http::request::Parts;
use portcullis::core::SystemClock;
use portcullis::web::{Api, FieldErrors, TextRule, Throttle};
use portcullis::{Access, CurrentUser, Doors, Fields, Refusal, get, post};
use serde_json::{Value, json};

use crate::app::App;

pub(crate) fn doors(app: &App) -> Doors {
    let obtain = app.clone();
    let throttle = Throttle::new(app.rate(), Arc::new(SystemClock));
    let doors = app
        .doors()
        .route(
            "/api/token/",
            post(move |request, fields| obtain_token(obtain, request, fields)),
        )
        .api(Api::new("Obtain Auth Token"))
        .open()
        .route("/api/validate/", get(validate))
        .authenticated_by(vec![Arc::clone(&app.token)])
        .api(app.api("Validate"))
        .route("/test_auth/", get(hello).post(hello_posted))
        .authenticated_by(vec![Arc::clone(&app.token)])
        .api(app.api("Test Auth View"))
        .route("/api/throttled/", get(throttled))
        .authenticated_by(vec![Arc::clone(&app.token)])
        .api(app.api("Throttled"))
        .throttle(throttle)
        .open()
        .route("/api/default/", get(whoever).post(whoever_posted))
        .api(app.api("Default View"));
    if app.profile == crate::profile::Profile::Stock {
        doors.open()
    } else {
        doors
    }
}

async fn obtain_token(app: App, request: Parts, fields: Fields) -> Result<Json<Value>, Refusal> {
    let mut errors = FieldErrors::default();
    let name = fields.text(TextRule::new("username"), &mut errors);
    let password = fields.text(TextRule::new("password").exact(), &mut errors);
    errors.into_result()?;
    match app
        .accounts
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

async fn validate(_: CurrentUser) -> Json<Value> {
    Json(json!({ "detail": "Token is valid." }))
}

async fn hello(CurrentUser(user): CurrentUser) -> Json<String> {
    Json(format!("Hello {}!", user.username))
}

async fn hello_posted(CurrentUser(user): CurrentUser) -> Json<String> {
    Json(format!("Hello {}! Posted!", user.username))
}

async fn throttled() -> Json<Value> {
    Json(json!({ "detail": "ok" }))
}

async fn whoever(access: Access) -> Json<Value> {
    Json(json!({ "user": access.who().user().map(|user| &user.username) }))
}

async fn whoever_posted(access: Access, fields: Fields) -> Json<Value> {
    let user = access.who().user().map(|user| user.username.clone());
    Json(json!({ "user": user, "got": fields.into_map() }))
}
