//! The doors beside the socket.

use axum::extract::Path;
use axum::response::{Html, IntoResponse};
use axum::{Extension, Json};
use http::{StatusCode, header};
use portcullis::core::UserStore;
use portcullis::web::{FieldErrors, TextRule};
use portcullis::{Access, CurrentUser, Fields, Refusal, User};
use serde_json::{Value, json};

use crate::Chat;
use crate::rooms::{Message, Room};

pub(crate) async fn page() -> Html<&'static str> {
    Html(include_str!("../page/chat.html"))
}

pub(crate) async fn script() -> impl IntoResponse {
    let headers = [(header::CONTENT_TYPE, "text/javascript; charset=utf-8")];
    (headers, include_str!("../page/chat.js"))
}

pub(crate) async fn list(
    Extension(chat): Extension<Chat>,
    CurrentUser(user): CurrentUser,
) -> Result<Json<Vec<Room>>, Refusal> {
    Ok(Json(chat.rooms.of(&user.id).await?))
}

pub(crate) async fn create(
    Extension(chat): Extension<Chat>,
    CurrentUser(user): CurrentUser,
    fields: Fields,
) -> Result<(StatusCode, Json<Room>), Refusal> {
    let name = text(&fields, "name", 80)?;
    let room = chat.rooms.create(name, &user).await?;
    Ok((StatusCode::CREATED, Json(room)))
}

pub(crate) async fn messages(
    Extension(chat): Extension<Chat>,
    access: Access,
    Path(id): Path<i64>,
) -> Result<Json<Vec<Message>>, Refusal> {
    let room = room(&chat, &access, id).await?;
    Ok(Json(chat.rooms.history(room.id).await?))
}

pub(crate) async fn add_member(
    Extension(chat): Extension<Chat>,
    access: Access,
    Path(id): Path<i64>,
    fields: Fields,
) -> Result<Json<Value>, Refusal> {
    let room = room(&chat, &access, id).await?;
    let name = text(&fields, "username", 254)?;
    let user = person(&chat, &name).await?;
    chat.rooms.set_member(room.id, &user.id, true).await?;
    Ok(Json(json!({ "username": user.username })))
}

/// Puts somebody out: their sockets in this room end now, and not at their next word.
pub(crate) async fn remove_member(
    Extension(chat): Extension<Chat>,
    access: Access,
    Path((id, name)): Path<(i64, String)>,
) -> Result<StatusCode, Refusal> {
    let room = room(&chat, &access, id).await?;
    let user = person(&chat, &name).await?;
    chat.rooms.set_member(room.id, &user.id, false).await?;
    if chat.channels.recheck(&user.id).await.is_err() {
        // Other nodes find out by themselves within a minute.
        return Err(Refusal::Unavailable);
    }
    Ok(StatusCode::NO_CONTENT)
}

/// The room, for whom the door's permission lets see it.
async fn room(chat: &Chat, access: &Access, id: i64) -> Result<Room, Refusal> {
    let room = chat.rooms.room(id).await?.ok_or(Refusal::NotFound)?;
    access.allows(&room).await?;
    Ok(room)
}

async fn person(chat: &Chat, name: &str) -> Result<User, Refusal> {
    let store: &dyn UserStore = &*chat.store;
    let found = store.user_by_login_name(name).await?;
    found.ok_or_else(|| FieldErrors::one("username", "There is nobody of that name.").into())
}

fn text(fields: &Fields, name: &'static str, most: usize) -> Result<String, FieldErrors> {
    let mut errors = FieldErrors::default();
    let text = fields.text(TextRule::new(name).max(most), &mut errors);
    errors.into_result()?;
    Ok(text)
}
