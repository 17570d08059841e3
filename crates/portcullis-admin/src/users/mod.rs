//! Users: the list, and a page for each.

mod add;
mod edit;
pub(crate) mod form;
mod list;
mod logins;
mod password;
pub(crate) mod view;

use axum::extract::Request;
use http::request::Parts;
use portcullis_core::{UserId, UserSheet};
use portcullis_web::{Access, Methods, get};

use crate::query::Values;
use crate::site::Admin;
use crate::trouble::Trouble;
use crate::visit::Visit;

/// The pages, each with its path.
pub(crate) fn pages(site: &Admin) -> Vec<(String, Methods)> {
    let with = || site.clone();
    let (a, b, c, d, e, f, g, h, i) = (
        with(),
        with(),
        with(),
        with(),
        with(),
        with(),
        with(),
        with(),
        with(),
    );
    let pages = [
        (
            "/admin/users/",
            get(move |request, access| list::show(a, request, access)),
        ),
        (
            "/admin/users/add/",
            get(move |request, access| add::show(b, request, access))
                .post(move |access, request| add::save(c, access, request)),
        ),
        (
            "/admin/users/{id}/",
            get(move |request, access, id| edit::show(d, request, access, id))
                .post(move |access, id, request| edit::save(e, access, id, request)),
        ),
        (
            "/admin/users/{id}/password/",
            get(move |request, access, id| password::show(f, request, access, id))
                .post(move |access, id, request| password::save(g, access, id, request)),
        ),
        (
            "/admin/users/{id}/logins/",
            get(move |request, access, id| logins::show(h, request, access, id))
                .post(move |access, id, request| logins::act(i, access, id, request)),
        ),
    ];
    let pages = pages.map(|(path, methods)| (path.to_owned(), methods));
    pages.into_iter().collect()
}

/// A user, for those who may see users.
async fn seen(
    site: &Admin,
    request: &Parts,
    access: &Access,
    id: &str,
) -> Result<(Visit, UserSheet), Trouble> {
    let visit = Visit::new(site, request, access).await?;
    if !visit.may_see_users() {
        return Err(Trouble::forbidden());
    }
    let sheet = found(site, id).await?;
    Ok((visit, sheet))
}

/// A form about a user, from somebody who may change them.
struct Sent {
    visit: Visit,
    parts: Parts,
    fields: Values,
    sheet: UserSheet,
}

impl Sent {
    /// # Errors
    /// 403 for those who may not change the user, 404 when there is none, and what
    /// [`Values::of_form`] says.
    async fn read(
        site: &Admin,
        access: &Access,
        id: &str,
        request: Request,
    ) -> Result<Self, Trouble> {
        let (parts, body) = request.into_parts();
        let visit = Visit::new(site, &parts, access).await?;
        let fields = Values::of_form(Request::from_parts(parts.clone(), body)).await?;
        let sheet = found(site, id).await?;
        if !visit.changes(&sheet) {
            return Err(Trouble::forbidden());
        }
        Ok(Self {
            visit,
            parts,
            fields,
            sheet,
        })
    }
}

/// The user whose key is in the path.
async fn found(site: &Admin, id: &str) -> Result<UserSheet, Trouble> {
    let id = id.parse().map_err(|_| Trouble::not_found())?;
    let sheet = site.store().user_sheet(&UserId::Integer(id)).await?;
    sheet.ok_or_else(Trouble::not_found)
}
