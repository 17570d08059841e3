//! A course's trainers: sign-up, log-in, info, log-out, and the sign-up of administrators.

use std::sync::Arc;

use async_trait::async_trait;
use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::request::Parts;
use portcullis::accounts::{LoggedIn, NewUser, SignedUp};
use portcullis::web::{FieldErrors, TextRule};
use portcullis::{
    Access, Ask, CurrentUser, Doors, Fields, Permission, Refusal, Verdict, get, post,
};
use serde_json::{Value, json};

use crate::app::App;
use crate::profile::Profile;

/// The longest password of these forms.
const MAX_PASSWORD_CHARACTERS: usize = 128;

pub(crate) fn doors(app: &App) -> Doors {
    let (a, b, c, d) = (app.clone(), app.clone(), app.clone(), app.clone());
    let token = || vec![Arc::clone(&app.token)];
    let doors = app
        .doors()
        .route(
            "/trainers/signup/",
            post(move |request, fields| signup(a, request, fields)),
        )
        .authenticated_by(Vec::new())
        .api(app.api("Sign Up"))
        .open()
        .route(
            "/trainers/login/",
            post(move |request, fields| login(b, request, fields)),
        )
        .authenticated_by(Vec::new())
        .api(app.api("Log In"))
        .open()
        .route("/trainers/info/", get(info))
        .authenticated_by(token())
        .api(app.api("Info"))
        .route(
            "/trainers/logout/",
            post(move |request, access| logout(c, request, access)),
        )
        .authenticated_by(token())
        .api(app.api("Log Out"))
        .route(
            "/trainers/master/",
            post(move |request, fields| master(d, request, fields)),
        )
        .authenticated_by(token())
        .api(app.api("Master Sign Up"));
    match app.profile {
        Profile::Stock => doors.open(),
        Profile::Email | Profile::Jwt => doors.require(IsSuperuser),
    }
}

/// Only superusers.
struct IsSuperuser;

#[async_trait]
impl Permission for IsSuperuser {
    async fn check(&self, ask: &Ask<'_>) -> Verdict {
        Verdict::from_bool(ask.who().user().is_some_and(|user| user.is_superuser))
    }

    fn name(&self) -> String {
        "IsSuperuser".to_owned()
    }
}

async fn signup(
    app: App,
    request: Parts,
    fields: Fields,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    let new = NewUser::with_longest_password(&fields, MAX_PASSWORD_CHARACTERS)?;
    let LoggedIn { user, token } = logged_in(app.accounts.sign_up(&request, new).await?)?;
    Ok((
        StatusCode::CREATED,
        Json(json!({ "trainer": user.email, "token": token })),
    ))
}

async fn master(
    app: App,
    request: Parts,
    fields: Fields,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    let new = NewUser::with_longest_password(&fields, MAX_PASSWORD_CHARACTERS)?.administrator();
    let LoggedIn { user, token } = logged_in(app.accounts.sign_up(&request, new).await?)?;
    Ok((
        StatusCode::CREATED,
        Json(json!({ "master_trainer": user.email, "token": token })),
    ))
}

/// These sign-ups ask nobody to confirm an address.
fn logged_in(made: SignedUp) -> Result<LoggedIn, Refusal> {
    match made {
        SignedUp::LoggedIn(made) => Ok(made),
        SignedUp::ToConfirm => Err(Refusal::Unavailable),
    }
}

async fn login(app: App, request: Parts, fields: Fields) -> Result<Response, Refusal> {
    let mut errors = FieldErrors::default();
    let name = fields.text(TextRule::new("email"), &mut errors);
    let password = fields.text(TextRule::new("password").exact(), &mut errors);
    errors.into_result()?;
    Ok(
        match app
            .accounts
            .log_in_with_token(&request, &name, &password)
            .await?
        {
            Some(LoggedIn { user, token }) => {
                Json(json!({ "trainer": user.email, "token": token })).into_response()
            }
            None => {
                let body = json!({ "detail": "No trainer matches these credentials." });
                (StatusCode::NOT_FOUND, Json(body)).into_response()
            }
        },
    )
}

async fn info(CurrentUser(user): CurrentUser) -> Json<Value> {
    Json(json!({ "email": user.email }))
}

async fn logout(app: App, request: Parts, access: Access) -> Result<StatusCode, Refusal> {
    app.accounts.log_out_token(&request, &access).await?;
    Ok(StatusCode::NO_CONTENT)
}
