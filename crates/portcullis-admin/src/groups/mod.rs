//! Groups: the list, and a form for each.

mod form;

use axum::extract::{Path, Request};
use axum::response::Response;
use http::StatusCode;
use http::request::Parts;
use portcullis_core::{AdministrationError, GroupForm, GroupSheet};
use portcullis_web::{Access, Methods, get};
use serde_json::json;

use crate::page::redirect;
use crate::query::Values;
use crate::site::Admin;
use crate::trouble::Trouble;
use crate::visit::Visit;

/// The pages, each with its path.
pub(crate) fn pages(site: &Admin) -> Vec<(String, Methods)> {
    let with = || site.clone();
    let (a, b, c, d, e, f, g) = (with(), with(), with(), with(), with(), with(), with());
    let pages = [
        (
            "/admin/groups/",
            get(move |request, access| list(a, request, access)),
        ),
        (
            "/admin/groups/add/",
            get(move |request, access| form::show_new(b, request, access))
                .post(move |access, request| add(c, access, request)),
        ),
        (
            "/admin/groups/{id}/",
            get(move |request, access, id| form::show(d, request, access, id))
                .post(move |access, id, request| save(e, access, id, request)),
        ),
        (
            "/admin/groups/{id}/delete/",
            get(move |request, access, id| confirm(f, request, access, id))
                .post(move |request, access, id| delete(g, request, access, id)),
        ),
    ];
    let pages = pages.map(|(path, methods)| (path.to_owned(), methods));
    pages.into_iter().collect()
}

async fn list(site: Admin, request: Parts, access: Access) -> Result<Response, Trouble> {
    let visit = Visit::new(&site, &request, &access).await?;
    if !visit.may_see_groups() {
        return Err(Trouble::forbidden());
    }
    let message = match Values::of_query(&request.uri)?.text("done") {
        "added" => Some("The group was added."),
        "saved" => Some("The group was changed."),
        "deleted" => Some("The group was deleted."),
        _ => None,
    };
    let groups = site.store().all_groups().await?;
    let groups = groups
        .iter()
        .map(|group| json!({ "id": group.id, "name": group.name }));
    let values = json!({
        "groups": groups.collect::<Vec<_>>(),
        "adds": visit.rights.hold("auth.add_group"),
        "message": message,
    });
    let values = visit.page(&site, "Groups", values);
    site.render(StatusCode::OK, "groups.html", values)
}

async fn add(site: Admin, access: Access, request: Request) -> Result<Response, Trouble> {
    let (parts, body) = request.into_parts();
    let visit = Visit::new(&site, &parts, &access).await?;
    if !visit.rights.hold("auth.add_group") {
        return Err(Trouble::forbidden());
    }
    let fields = Values::of_form(Request::from_parts(parts.clone(), body)).await?;
    let (form, mut fault) = form::read(&fields);
    if fault.is_none() {
        let by = visit.administrator(&site, &parts);
        match site.store().add_group(&by, &form).await {
            Ok(_) => return Ok(redirect("/admin/groups/?done=added")),
            Err(AdministrationError::NameTaken) => fault = Some(form::TAKEN.to_owned()),
            Err(error) => return Err(error.into()),
        }
    }
    form::page(&site, &visit, None, &form, fault.as_deref()).await
}

async fn save(
    site: Admin,
    access: Access,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Trouble> {
    let (parts, body) = request.into_parts();
    let visit = Visit::new(&site, &parts, &access).await?;
    let fields = Values::of_form(Request::from_parts(parts.clone(), body)).await?;
    let sheet = found(&site, &id).await?;
    // A faulty form is answered by the page, which is for those who may see it.
    if !form::changes(&visit, &sheet) {
        return Err(Trouble::forbidden());
    }
    let (form, mut fault): (GroupForm, _) = form::read(&fields);
    if fault.is_none() {
        let by = visit.administrator(&site, &parts);
        let version = fields.text("version");
        let saved = site.store().edit_group(&by, sheet.group.id, version, &form);
        match saved.await {
            Ok(()) => return Ok(redirect("/admin/groups/?done=saved")),
            Err(AdministrationError::NameTaken) => fault = Some(form::TAKEN.to_owned()),
            Err(AdministrationError::Changed) => fault = Some(form::CHANGED.to_owned()),
            Err(error) => return Err(error.into()),
        }
    }
    let now = found(&site, &id).await?;
    form::page(&site, &visit, Some(&now), &form, fault.as_deref()).await
}

async fn confirm(
    site: Admin,
    request: Parts,
    access: Access,
    Path(id): Path<String>,
) -> Result<Response, Trouble> {
    let visit = Visit::new(&site, &request, &access).await?;
    if !visit.rights.hold("auth.delete_group") {
        return Err(Trouble::forbidden());
    }
    let sheet = found(&site, &id).await?;
    let values = json!({
        "what": format!("the group {}", sheet.group.name),
        "effect": "Its members stay, and lose what they may do by it.",
        "back": format!("/admin/groups/{}/", sheet.group.id),
    });
    let values = visit.page(&site, "Are you sure?", values);
    site.render(StatusCode::OK, "confirm.html", values)
}

async fn delete(
    site: Admin,
    request: Parts,
    access: Access,
    Path(id): Path<String>,
) -> Result<Response, Trouble> {
    let visit = Visit::new(&site, &request, &access).await?;
    let sheet = found(&site, &id).await?;
    let by = visit.administrator(&site, &request);
    site.store().delete_group(&by, sheet.group.id).await?;
    Ok(redirect("/admin/groups/?done=deleted"))
}

/// The group whose key is in the path.
async fn found(site: &Admin, id: &str) -> Result<GroupSheet, Trouble> {
    let id = id.parse().map_err(|_| Trouble::not_found())?;
    let sheet = site.store().group_sheet(id).await?;
    sheet.ok_or_else(Trouble::not_found)
}
