//! The page of a user: a form for those who may change them, the facts for those who may see them.

use axum::extract::{Path, Request};
use axum::response::Response;
use http::StatusCode;
use http::request::Parts;
use portcullis_core::{AdministrationError, UserForm, UserSheet};
use portcullis_web::Access;
use serde_json::json;

use super::form::{self, Faults};
use super::{Sent, found, seen, view};
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
    let (visit, sheet) = seen(&site, &request, &access, &id).await?;
    let done = Values::of_query(&request.uri)?;
    let message = match done.text("done") {
        "added" => Some("The user was added. You may edit them further."),
        "saved" => Some("The user was changed."),
        "password" => Some("The password was changed, and all logins of the user have ended."),
        _ => None,
    };
    if !visit.changes(&sheet) {
        return view::facts(&site, &visit, &sheet, message).await;
    }
    let form = form::of(&sheet);
    page(&site, &visit, &form, &sheet, &Faults::new(), message).await
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
    let (form, mut faults) = form::read(&fields, &sheet);
    if !faults.is_empty() {
        return page(&site, &visit, &form, &sheet, &faults, None).await;
    }
    let by = visit.administrator(&site, &parts);
    let version = fields.text("version");
    let saved = site.store().edit_user(&by, &sheet.user.id, version, &form);
    match saved.await {
        Ok(()) => {
            return Ok(redirect(&format!(
                "/admin/users/{}/?done=saved",
                sheet.user.id
            )));
        }
        Err(AdministrationError::NameTaken) => {
            let text = "A user with that username already exists.";
            faults.insert("username", text.to_owned());
        }
        Err(AdministrationError::EmailTaken) => {
            let text = "A user with that e-mail address already exists.";
            faults.insert("email", text.to_owned());
        }
        Err(AdministrationError::Yourself) => {
            let text =
                "You would lock yourself out: stay active, staff, and a superuser if you are one.";
            faults.insert("", text.to_owned());
        }
        Err(AdministrationError::Changed) => {
            let text = "Somebody changed this user after you opened the page, and nothing was saved. What you typed \
                        is still here, and beside it what is stored now: save again to put yours in its place.";
            faults.insert("", text.to_owned());
        }
        Err(error) => return Err(error.into()),
    }
    // As it is now: the next try is about that.
    let now = found(&site, &id).await?;
    page(&site, &visit, &form, &now, &faults, None).await
}

async fn page(
    site: &Admin,
    visit: &Visit,
    form: &UserForm,
    now: &UserSheet,
    faults: &Faults,
    message: Option<&str>,
) -> Result<Response, Trouble> {
    let values = json!({
        "user": view::user_values(&now.user),
        "form": form::values(site, visit, form, now, faults).await?,
        "history": view::history(site, visit, &now.user.id).await?,
        "message": message,
    });
    let values = visit.page(site, &now.user.username, values);
    site.render(StatusCode::OK, "user_form.html", values)
}
