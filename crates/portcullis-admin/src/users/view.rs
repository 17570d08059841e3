//! The page of a user.

use axum::extract::Path;
use axum::response::Response;
use http::StatusCode;
use http::request::Parts;
use portcullis_core::UserId;
use portcullis_web::Access;
use serde_json::json;

use crate::page::moment;
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
    if !visit.may_see_users() {
        return Err(Trouble::forbidden());
    }
    let id = id.parse().map_err(|_| Trouble::not_found())?;
    let sheet = site.store().user_sheet(&UserId::Integer(id)).await?;
    let sheet = sheet.ok_or_else(Trouble::not_found)?;
    let user = &sheet.user;
    let permissions = sheet.permissions.iter().map(
        |row| json!({ "place": format!("{} | {}", row.app_label, row.model), "name": row.name }),
    );
    let values = json!({
        "user": {
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
        },
        "groups": sheet.groups.iter().map(|group| &group.name).collect::<Vec<_>>(),
        "permissions": permissions.collect::<Vec<_>>(),
        "version": sheet.version,
        "changes": visit.may_with_users("change") && visit.rights.cover(&sheet.rights),
    });
    let values = visit.page(&site, &user.username, values);
    site.render(StatusCode::OK, "user.html", values)
}
