//! Users: the list, and a page for each.

mod list;
mod view;

use portcullis_web::{Methods, get};

use crate::site::Admin;

/// The pages, each with its path.
pub(crate) fn pages(site: &Admin) -> Vec<(String, Methods)> {
    let (a, b) = (site.clone(), site.clone());
    vec![
        (
            "/admin/users/".to_owned(),
            get(move |request, access| list::show(a, request, access)),
        ),
        (
            "/admin/users/{id}/".to_owned(),
            get(move |request, access, id| view::show(b, request, access, id)),
        ),
    ]
}
