//! A user for those who may only look, and what the pages about a user share.

use axum::response::Response;
use http::StatusCode;
use portcullis_core::{AdminLogRow, User, UserId, UserSheet};
use serde_json::{Value, json};

use crate::page::moment;
use crate::site::Admin;
use crate::trouble::Trouble;
use crate::visit::Visit;

/// How many lines of its history a page shows.
const HISTORY: u32 = 20;

/// The page without a form.
pub(super) async fn facts(
    site: &Admin,
    visit: &Visit,
    sheet: &UserSheet,
    message: Option<&str>,
) -> Result<Response, Trouble> {
    let permissions = sheet.permissions.iter().map(
        |row| json!({ "place": format!("{} | {}", row.app_label, row.model), "name": row.name }),
    );
    let values = json!({
        "user": user_values(&sheet.user),
        "groups": sheet.groups.iter().map(|group| &group.name).collect::<Vec<_>>(),
        "permissions": permissions.collect::<Vec<_>>(),
        "history": history(site, visit, &sheet.user.id).await?,
        "outranks": visit.may_with_users("change"),
        "message": message,
    });
    let values = visit.page(site, &sheet.user.username, values);
    site.render(StatusCode::OK, "user.html", values)
}

/// What there is to show of a user: never the hash of the password.
pub(super) fn user_values(user: &User) -> Value {
    json!({
        "id": user.id.to_string(),
        "username": user.username,
        "email": user.email,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "is_active": user.is_active,
        "is_staff": user.is_staff,
        "is_superuser": user.is_superuser,
        "has_password": !user.password.expose_secret().starts_with('!'),
        "joined": moment(user.date_joined),
        "last_login": user.last_login.map(moment),
    })
}

/// What was done to a user in the admin site, or in Django's.
pub(super) async fn history(
    site: &Admin,
    visit: &Visit,
    user: &UserId,
) -> Result<Vec<Value>, Trouble> {
    let (app, model) = &visit.model;
    let id = user.to_string();
    let object = Some((app.as_str(), model.as_str(), id.as_str()));
    let rows = site.store().admin_log(None, object, HISTORY).await?;
    Ok(rows.iter().map(log_values).collect())
}

/// A line of the log in words.
pub(crate) fn log_values(row: &AdminLogRow) -> Value {
    json!({
        "at": moment(row.at),
        "by": row.by,
        "object": row.object,
        "model": row.model,
        "what": what(row),
    })
}

/// Such as `Changed Username and Email address.`
fn what(row: &AdminLogRow) -> String {
    let message: Value = serde_json::from_str(&row.message).unwrap_or_default();
    let fields = message[0]["changed"]["fields"].as_array();
    let fields = fields.into_iter().flatten().filter_map(Value::as_str);
    let fields: Vec<&str> = fields.collect();
    match (row.flag, fields.is_empty()) {
        (1, _) => "Added.".to_owned(),
        (3, _) => "Deleted.".to_owned(),
        (_, false) => format!("Changed {}.", fields.join(", ")),
        // A sentence of somebody's own.
        (_, true) if message.is_null() && !row.message.is_empty() => row.message.clone(),
        (_, true) => "Changed.".to_owned(),
    }
}
