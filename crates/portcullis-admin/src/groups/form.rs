//! The form of a group.

use axum::extract::Path;
use axum::response::Response;
use http::StatusCode;
use http::request::Parts;
use portcullis_core::{GroupForm, GroupSheet};
use portcullis_web::Access;
use serde_json::json;

use super::found;
use crate::query::Values;
use crate::site::Admin;
use crate::trouble::Trouble;
use crate::users::form::permission_choices;
use crate::visit::Visit;

pub(super) const TAKEN: &str = "A group with that name already exists.";

pub(super) const CHANGED: &str = "Somebody changed this group after you opened the page, and nothing was saved. What you \
                                  chose is still here: save again to put it in place of theirs.";

/// The longest name of Django's table, in characters.
const MAX_NAME: usize = 150;

/// What the form says, and what is wrong with its name.
pub(super) fn read(fields: &Values) -> (GroupForm, Option<String>) {
    let name = fields.text("name").trim().to_owned();
    let fault = match name.chars().count() {
        0 => Some("This field is required.".to_owned()),
        1..=MAX_NAME => None,
        _ => Some(format!(
            "Ensure this value has at most {MAX_NAME} characters."
        )),
    };
    let permissions = fields.numbers("permissions");
    (GroupForm { name, permissions }, fault)
}

pub(super) async fn show_new(
    site: Admin,
    request: Parts,
    access: Access,
) -> Result<Response, Trouble> {
    let visit = Visit::new(&site, &request, &access).await?;
    if !visit.rights.hold("auth.add_group") {
        return Err(Trouble::forbidden());
    }
    page(&site, &visit, None, &GroupForm::default(), None).await
}

pub(super) async fn show(
    site: Admin,
    request: Parts,
    access: Access,
    Path(id): Path<String>,
) -> Result<Response, Trouble> {
    let visit = Visit::new(&site, &request, &access).await?;
    if !visit.may_see_groups() {
        return Err(Trouble::forbidden());
    }
    let sheet = found(&site, &id).await?;
    let form = GroupForm {
        name: sheet.group.name.clone(),
        permissions: sheet.permissions.iter().map(|row| row.id).collect(),
    };
    page(&site, &visit, Some(&sheet), &form, None).await
}

/// Whether somebody may change that group: none that may do more than they.
pub(super) fn changes(visit: &Visit, sheet: &GroupSheet) -> bool {
    visit.rights.hold("auth.change_group") && visit.rights.cover(&sheet.rights())
}

/// The form of a group that is there, or of a new one.
pub(super) async fn page(
    site: &Admin,
    visit: &Visit,
    now: Option<&GroupSheet>,
    form: &GroupForm,
    fault: Option<&str>,
) -> Result<Response, Trouble> {
    let is_changeable = match now {
        Some(now) => changes(visit, now),
        None => visit.rights.hold("auth.add_group"),
    };
    let is_deletable = now.is_some_and(|now| {
        visit.rights.hold("auth.delete_group") && visit.rights.cover(&now.rights())
    });
    let values = json!({
        "id": now.map(|now| now.group.id),
        "name": form.name,
        "fault": fault,
        "permissions": permission_choices(site, &visit.rights, &form.permissions).await?,
        "version": now.map(|now| &now.version),
        "changes": is_changeable,
        "deletes": is_deletable,
    });
    let title = now.map_or("Add group", |now| &now.group.name);
    let values = visit.page(site, title, values);
    site.render(StatusCode::OK, "group.html", values)
}
