//! A new password for a user, by somebody else; it ends all of their logins.

use axum::extract::{Path, Request};
use axum::response::Response;
use http::StatusCode;
use http::request::Parts;
use portcullis_core::{PasswordHash, User};
use portcullis_django::password::unusable;
use portcullis_web::{Access, MAX_PASSWORD_BYTES, Refusal};
use serde_json::json;

use super::form::Faults;
use super::{Sent, found};
use crate::page::redirect;
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
    let visit = Visit::new(&site, &request, &access).await?;
    let sheet = found(&site, &id).await?;
    if !visit.changes(&sheet) {
        return Err(Trouble::forbidden());
    }
    page(&site, &visit, &sheet.user, &Faults::new())
}

pub(super) async fn save(
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
    let mut faults = Faults::new();
    let hash = read(&site, &fields, &sheet.user, &mut faults).await?;
    let Some(hash) = hash else {
        return page(&site, &visit, &sheet.user, &faults);
    };
    let by = visit.administrator(&site, &parts);
    let user = &sheet.user.id;
    site.store().set_password_of(&by, user, hash).await?;
    Ok(redirect(&format!("/admin/users/{user}/?done=password")))
}

/// The hash of the password that was typed twice, or of none; `None` when it is not good.
pub(super) async fn read(
    site: &Admin,
    fields: &Values,
    owner: &User,
    faults: &mut Faults,
) -> Result<Option<PasswordHash>, Trouble> {
    if fields.flag("without_password") == Some(true) {
        return Ok(Some(PasswordHash::new(unusable())));
    }
    let (password, again) = (fields.text("password1"), fields.text("password2"));
    if password.is_empty() {
        faults.insert("password1", "This field is required.".to_owned());
    } else if password.len() > MAX_PASSWORD_BYTES {
        faults.insert("password1", "This password is too long.".to_owned());
    } else if password != again {
        let text = "The two password fields didn’t match.";
        faults.insert("password2", text.to_owned());
    } else {
        let complaints = site.accounts().complaints(password, owner);
        if !complaints.is_empty() {
            faults.insert("password1", complaints.join(" "));
        }
    }
    if !faults.is_empty() {
        return Ok(None);
    }
    let hash = site.passwords().hash(password).await;
    Ok(Some(hash.map_err(Refusal::from)?))
}

fn page(site: &Admin, visit: &Visit, user: &User, faults: &Faults) -> Result<Response, Trouble> {
    let values = json!({
        "user": { "id": user.id.to_string(), "username": user.username },
        "is_oneself": user.id == visit.user.id,
        "faults": faults,
    });
    let title = format!("New password of {}", user.username);
    let values = visit.page(site, &title, values);
    site.render(StatusCode::OK, "user_password.html", values)
}
