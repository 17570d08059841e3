//! Plain HTTP end points by which a case gets credentials and changes what is so.

use std::sync::Arc;

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::request::Parts;
use portcullis::channels::{Event, Group};
use portcullis::core::PasswordHash;
use portcullis::{Access, AllowAny, CurrentUser, Doors, PermissionExt, Refusal, User, get, post};
use portcullis::{IsAuthenticated, web::FieldErrors};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::access::{IsRoomMember, NotArchived};
use crate::app::App;

const DONE: StatusCode = StatusCode::NO_CONTENT;

pub(crate) fn doors(app: &App) -> Doors {
    let shared = || app.clone();
    let (a, b, c, d, e, f, g, h, i) = (
        shared(),
        shared(),
        shared(),
        shared(),
        shared(),
        shared(),
        shared(),
        shared(),
        shared(),
    );
    let room = IsAuthenticated
        .and(IsRoomMember(app.rooms.clone()))
        .and(NotArchived);
    let classes = || vec![Arc::clone(&app.token), Arc::clone(&app.session)];
    let views = [
        (
            "/auth/login/",
            post(move |request, form| login(a, request, form)),
        ),
        ("/auth/logout/", post(move |request| logout(b, request))),
        ("/auth/password/", post(move |form| password(c, form))),
        (
            "/auth/token/",
            post(move |request, form| token(d, request, form)),
        ),
        ("/auth/token/revoke/", post(move |form| revoke(e, form))),
        (
            "/auth/jwt/",
            post(move |request, form| jwt(f, request, form)),
        ),
        ("/test/active/", post(move |form| active(g, form))),
        ("/test/member/", post(move |form| member(h, form))),
        ("/test/notify/", post(move |form| notify(i, form))),
    ];
    let mut doors = app.gate.doors();
    for (path, view) in views {
        doors = doors.route(path, view).authenticated_by(Vec::new()).open();
    }
    let rooms = app.rooms.clone();
    doors
        .route("/auth/me/", get(me))
        .authenticated_by(classes())
        .route(
            "/rest/rooms/{pk}/",
            get(move |access: Access, axum::extract::Path(pk): axum::extract::Path<i64>| async move {
                let room = access.object(rooms.by_id(pk), AllowAny).await?;
                Ok::<_, Refusal>(Json(json!({ "id": room.id, "name": room.name })))
            }),
        )
        .authenticated_by(classes())
        .require(room)
}

#[derive(Deserialize)]
struct Login {
    username: String,
    password: String,
}

fn unable() -> Response {
    let body = Json(json!({ "detail": "Unable to log in." }));
    (StatusCode::BAD_REQUEST, body).into_response()
}

async fn login(app: App, request: Parts, Json(form): Json<Login>) -> Result<Response, Refusal> {
    let accounts = &app.accounts;
    let opened = accounts.log_in_with_session(&request, &form.username, &form.password);
    Ok(match opened.await? {
        Some(_) => Json(json!({ "detail": "ok" })).into_response(),
        None => unable(),
    })
}

async fn logout(app: App, request: Parts) -> Result<StatusCode, Refusal> {
    app.accounts.log_out_session(&request).await?;
    Ok(DONE)
}

async fn user(app: &App, name: &str) -> Result<User, Refusal> {
    let found = app.store.user_by_login_name(name).await?;
    found.ok_or(Refusal::NotFound)
}

/// As Django's `set_password`: nothing else ends by it.
async fn password(app: App, Json(form): Json<Login>) -> Result<StatusCode, Refusal> {
    let user = user(&app, &form.username).await?;
    let hashed = app.passwords.hash(&form.password).await;
    let hash: PasswordHash = hashed.map_err(|_| Refusal::Unavailable)?;
    app.store.rehash_password(&user, hash).await?;
    Ok(DONE)
}

async fn token(app: App, request: Parts, Json(form): Json<Login>) -> Result<Response, Refusal> {
    let accounts = &app.accounts;
    let opened = accounts.log_in_with_token(&request, &form.username, &form.password);
    Ok(match opened.await? {
        Some(login) => Json(json!({ "token": login.token })).into_response(),
        None => unable(),
    })
}

#[derive(Deserialize)]
struct Token {
    token: String,
}

async fn revoke(app: App, Json(form): Json<Token>) -> Result<StatusCode, Refusal> {
    if let Some(user) = app.store.user_by_token(&form.token).await? {
        app.store.end_token(&user.id, None).await?;
    }
    Ok(DONE)
}

async fn jwt(app: App, request: Parts, Json(form): Json<Login>) -> Result<Response, Refusal> {
    let pair = app
        .jwts
        .log_in(&request, &form.username, &form.password)
        .await?;
    let Some(pair) = pair else {
        return Err(FieldErrors::form("No active account found").into());
    };
    let body = json!({ "access": pair.access.text, "refresh": pair.refresh.text });
    Ok(Json(body).into_response())
}

async fn me(CurrentUser(user): CurrentUser) -> Json<Value> {
    Json(json!({ "username": user.username }))
}

#[derive(Deserialize)]
struct Active {
    username: String,
    active: bool,
}

async fn active(app: App, Json(form): Json<Active>) -> Result<StatusCode, Refusal> {
    let user = user(&app, &form.username).await?;
    app.store.set_active(&user.id, form.active).await?;
    Ok(DONE)
}

#[derive(Deserialize)]
struct Member {
    room: i64,
    username: String,
    member: bool,
}

async fn member(app: App, Json(form): Json<Member>) -> Result<StatusCode, Refusal> {
    let user = user(&app, &form.username).await?;
    app.rooms
        .set_member(form.room, user.id.to_string(), form.member);
    Ok(DONE)
}

#[derive(Deserialize)]
struct Notice {
    group: Option<String>,
    topic: Option<String>,
    kind: Option<String>,
    message: Map<String, Value>,
}

/// Sends from a view to a group, as each of the recorded servers does.
async fn notify(app: App, Json(form): Json<Notice>) -> Result<StatusCode, Refusal> {
    let Notice {
        group,
        topic,
        kind,
        mut message,
    } = form;
    let group = Group::new(group.unwrap_or_default());
    let action = message.get("action").and_then(Value::as_str);
    let is_event = matches!(action, Some("tick" | "notice" | "bad_tick")) && kind.is_none();
    let sent = match (topic, kind.as_deref()) {
        (Some(topic), _) => {
            let sequence = message.remove("seq").and_then(|number| number.as_i64());
            let mut payload = message.remove("payload").unwrap_or_default();
            if let Some(fields) = payload.as_object_mut() {
                fields.entry("sender").or_insert(Value::Null);
            }
            let message = json!({ "action": "room_message", "payload": payload });
            let message = message.as_object().cloned().unwrap_or_default();
            app.channels.send_topic(&topic, message, sequence).await
        }
        (None, _) if is_event => {
            let action = action.unwrap_or_default().to_owned();
            let payload = message.remove("payload").unwrap_or_default();
            let event = Event::new(&action, payload);
            app.channels.send(&group, event).await
        }
        (None, Some("message")) => app.channels.send_message(&group, message).await,
        (None, _) => app.channels.send_json(&group, message).await,
    };
    match sent {
        Ok(()) => Ok(StatusCode::ACCEPTED),
        Err(_) => Err(Refusal::Unavailable),
    }
}
