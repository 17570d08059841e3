//! Where a user is logged in: ending one or all, and a token for a device, shown once.

use axum::extract::{Path, Request};
use axum::response::Response;
use http::StatusCode;
use http::request::Parts;
use portcullis_core::{AdministrationError, Device, ListedLogin, LoginId, UserSheet};
use portcullis_web::Access;
use serde_json::{Value, json};

use super::{Sent, seen};
use crate::page::{moment, redirect};
use crate::query::Values;
use crate::site::Admin;
use crate::trouble::Trouble;
use crate::visit::Visit;

pub(super) async fn show(
    site: Admin,
    request: Parts,
    access: Access,
    Path(id): Path<String>,
) -> Result<Response, Trouble> {
    let (visit, sheet) = seen(&site, &request, &access, &id).await?;
    let query = Values::of_query(&request.uri)?;
    let message = match query.text("done") {
        "ended" => Some("The login has ended."),
        "ended_all" => Some("All logins have ended."),
        "gone" => Some("That login was over already."),
        _ => None,
    };
    page(&site, &visit, &sheet, json!({ "message": message })).await
}

pub(super) async fn act(
    site: Admin,
    access: Access,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Trouble> {
    let Sent {
        visit,
        parts,
        fields,
        sheet,
    } = Sent::read(&site, &access, &id, request).await?;
    let user = &sheet.user.id;
    let by = visit.administrator(&site, &parts);
    let store = site.store();
    let done = match fields.text("action") {
        "end" => {
            let login = fields.text("login").parse().map(LoginId);
            let login = login.map_err(|_| Trouble::not_found())?;
            match store.end_logins_of(&by, user, Some(login)).await? {
                0 => "gone",
                _ => "ended",
            }
        }
        "end_all" => {
            store.end_logins_of(&by, user, None).await?;
            "ended_all"
        }
        "issue" => return issue(&site, &visit, &parts, &sheet, fields.text("device")).await,
        _ => return Err(Trouble::not_found()),
    };
    Ok(redirect(&format!(
        "/admin/users/{user}/logins/?done={done}"
    )))
}

/// A token for a device: its text is in this answer, and nowhere else.
async fn issue(
    site: &Admin,
    visit: &Visit,
    parts: &Parts,
    sheet: &UserSheet,
    name: &str,
) -> Result<Response, Trouble> {
    let by = visit.administrator(site, parts);
    let name = match name.trim() {
        "" => "issued by an administrator",
        name => name,
    };
    let tokens = site.accounts().device_tokens();
    let (text, login) = tokens.new_token(Device::named(name), by.now);
    let issued = site.store().issue_device_token(&by, &sheet.user.id, login);
    let own = match issued.await {
        Ok(()) => json!({ "token": text }),
        Err(AdministrationError::TooMany) => {
            json!({ "message": "The user has as many tokens as they may: end one first." })
        }
        Err(error) => return Err(error.into()),
    };
    page(site, visit, sheet, own).await
}

async fn page(
    site: &Admin,
    visit: &Visit,
    sheet: &UserSheet,
    mut own: Value,
) -> Result<Response, Trouble> {
    let logins = site.store().list_logins(&sheet.user.id).await?;
    let shared = json!({
        "user": { "id": sheet.user.id.to_string(), "username": sheet.user.username },
        "logins": logins.iter().map(row).collect::<Vec<_>>(),
        "changes": visit.changes(sheet),
        "is_active": sheet.user.is_active,
    });
    if let (Value::Object(own), Value::Object(shared)) = (&mut own, shared) {
        own.extend(shared);
    }
    let title = format!("Logins of {}", sheet.user.username);
    let values = visit.page(site, &title, own);
    site.render(StatusCode::OK, "user_logins.html", values)
}

fn row(login: &ListedLogin) -> Value {
    json!({
        "id": login.id.0,
        "scheme": login.scheme.to_string(),
        "device": login.device,
        "address": login.address,
        "created": moment(login.created),
        "last_seen": moment(login.last_seen),
        "expires": login.expires.map(moment),
    })
}
