//! Adding a user: a name and a password first, as in Django; the rest on their page.

use axum::extract::Request;
use axum::response::Response;
use http::StatusCode;
use http::request::Parts;
use portcullis_core::{AddedUser, AdministrationError};
use portcullis_web::Access;
use serde_json::json;

use super::form::{self, Faults};
use super::password;
use crate::page::redirect;
use crate::query::Values;
use crate::site::Admin;
use crate::trouble::Trouble;
use crate::visit::Visit;

pub(super) async fn show(site: Admin, request: Parts, access: Access) -> Result<Response, Trouble> {
    let visit = Visit::new(&site, &request, &access).await?;
    if !visit.adds_users() {
        return Err(Trouble::forbidden());
    }
    page(&site, &visit, ("", ""), &Faults::new())
}

pub(super) async fn save(
    site: Admin,
    access: Access,
    request: Request,
) -> Result<Response, Trouble> {
    let (parts, body) = request.into_parts();
    let visit = Visit::new(&site, &parts, &access).await?;
    if !visit.adds_users() {
        return Err(Trouble::forbidden());
    }
    let fields = Values::of_form(Request::from_parts(parts.clone(), body)).await?;
    let mut faults = Faults::new();
    let username = form::username(&fields, &mut faults);
    let email = form::email(&fields, &mut faults);
    let mut owner = visit.user.clone();
    owner.username.clone_from(&username);
    owner.email.clone_from(&email);
    owner.first_name.clear();
    owner.last_name.clear();
    let hash = password::read(&site, &fields, &owner, &mut faults).await?;
    let Some(hash) = hash.filter(|_| faults.is_empty()) else {
        return page(&site, &visit, (&username, &email), &faults);
    };
    let user = AddedUser {
        username: username.clone(),
        email: email.clone(),
        password: hash,
    };
    let by = visit.administrator(&site, &parts);
    match site.store().add_user(&by, user).await {
        Ok(id) => return Ok(redirect(&format!("/admin/users/{id}/?done=added"))),
        Err(AdministrationError::NameTaken) => {
            let text = "A user with that username already exists.";
            faults.insert("username", text.to_owned());
        }
        Err(AdministrationError::EmailTaken) => {
            let text = "A user with that e-mail address already exists.";
            faults.insert("email", text.to_owned());
        }
        Err(error) => return Err(error.into()),
    }
    page(&site, &visit, (&username, &email), &faults)
}

fn page(
    site: &Admin,
    visit: &Visit,
    (username, email): (&str, &str),
    faults: &Faults,
) -> Result<Response, Trouble> {
    let values = json!({ "username": username, "email": email, "faults": faults });
    let values = visit.page(site, "Add user", values);
    site.render(StatusCode::OK, "user_add.html", values)
}
