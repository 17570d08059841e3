//! The first page: what there is.

use axum::response::Response;
use http::StatusCode;
use http::request::Parts;
use portcullis_web::{Access, Methods, get};
use serde_json::json;

use crate::site::Admin;
use crate::trouble::Trouble;
use crate::users::view::log_values;
use crate::visit::Visit;

/// How many of one's own doings are shown.
const RECENT: u32 = 10;

pub(crate) fn methods(site: &Admin) -> Methods {
    let site = site.clone();
    get(move |request, access| index(site, request, access))
}

async fn index(site: Admin, request: Parts, access: Access) -> Result<Response, Trouble> {
    let visit = Visit::new(&site, &request, &access).await?;
    let own = site
        .store()
        .admin_log(Some(&visit.user.id), None, RECENT)
        .await?;
    let values = json!({
        "adds_users": visit.adds_users(),
        "history": own.iter().map(log_values).collect::<Vec<_>>(),
    });
    let values = visit.page(&site, "Site administration", values);
    site.render(StatusCode::OK, "index.html", values)
}
