//! The list of users: search, filters, and one page after the other.

use axum::response::Response;
use http::StatusCode;
use http::request::Parts;
use portcullis_core::{User, UserCursor, UserOrder, UserQuery};
use portcullis_web::Access;
use serde_json::{Value, json};

use crate::page::moment;
use crate::query::{Values, query};
use crate::site::Admin;
use crate::trouble::Trouble;
use crate::visit::Visit;

/// The longest text that is searched for, in characters.
const MAX_SEARCH: usize = 254;

/// The orders, by their names in the query.
const ORDERS: [(&str, &str, UserOrder); 4] = [
    ("", "Username, A to Z", UserOrder::Username),
    (
        "-username",
        "Username, Z to A",
        UserOrder::UsernameDescending,
    ),
    ("-id", "Newest first", UserOrder::Newest),
    ("id", "Oldest first", UserOrder::Oldest),
];

/// The filters that a list may have, with their labels.
const FILTERS: [(&str, &str); 3] = [
    ("active", "Active"),
    ("staff", "Staff status"),
    ("superuser", "Superuser status"),
];

pub(super) async fn show(site: Admin, request: Parts, access: Access) -> Result<Response, Trouble> {
    let visit = Visit::new(&site, &request, &access).await?;
    if !visit.may_see_users() {
        return Err(Trouble::forbidden());
    }
    let given = Values::of_query(&request.uri)?;
    let wanted = wanted(&given, site.settings().page_size.max(1));
    let page = site.store().list_users(&wanted).await?;
    let groups = site.store().all_groups().await?;
    let group = wanted
        .group
        .map(|group| group.to_string())
        .unwrap_or_default();
    let kept = |after: &str, after_id: &str| {
        let anywhere = if wanted.anywhere { "1" } else { "" };
        query(&[
            ("q", &wanted.search),
            ("anywhere", anywhere),
            ("active", given.text("active")),
            ("staff", given.text("staff")),
            ("superuser", given.text("superuser")),
            ("group", &group),
            ("o", given.text("o")),
            ("after", after),
            ("after_id", after_id),
        ])
    };
    let next = page
        .next
        .as_ref()
        .map(|next| kept(&next.text, &next.id.to_string()));
    let filters = FILTERS
        .map(|(name, label)| json!({ "name": name, "label": label, "value": given.text(name) }));
    let orders = ORDERS.map(|(name, label, order)| {
        json!({ "name": name, "label": label, "is_chosen": wanted.order == order })
    });
    let groups = groups.iter().map(
        |row| json!({ "id": row.id, "name": row.name, "is_chosen": wanted.group == Some(row.id) }),
    );
    let is_filtered = [wanted.is_active, wanted.is_staff, wanted.is_superuser]
        .iter()
        .any(Option::is_some)
        || wanted.group.is_some();
    let values = json!({
        "q": wanted.search,
        "anywhere": wanted.anywhere,
        "filters": filters,
        "orders": orders,
        "groups": groups.collect::<Vec<_>>(),
        "is_filtered": is_filtered,
        "users": page.users.iter().map(row).collect::<Vec<_>>(),
        "next": next,
        "first": wanted.after.as_ref().map(|_| kept("", "")),
        "adds": visit.adds_users(),
    });
    let values = visit.page(&site, "Users", values);
    site.render(StatusCode::OK, "users.html", values)
}

/// What the query asks for; what cannot be is left out.
fn wanted(given: &Values, limit: u32) -> UserQuery {
    let search: String = given.text("q").trim().chars().take(MAX_SEARCH).collect();
    let order = ORDERS.iter().find(|(name, ..)| *name == given.text("o"));
    let after = given.text("after_id").parse().ok().map(|id| UserCursor {
        text: given.text("after").to_owned(),
        id,
    });
    UserQuery {
        anywhere: given.flag("anywhere") == Some(true),
        is_active: given.flag("active"),
        is_staff: given.flag("staff"),
        is_superuser: given.flag("superuser"),
        group: given.text("group").parse().ok(),
        order: order.map_or(UserOrder::Username, |(_, _, order)| *order),
        after,
        limit,
        search,
    }
}

fn row(user: &User) -> Value {
    json!({
        "id": user.id.to_string(),
        "username": user.username,
        "email": user.email,
        "name": format!("{} {}", user.first_name, user.last_name).trim(),
        "is_active": user.is_active,
        "is_staff": user.is_staff,
        "is_superuser": user.is_superuser,
        "last_login": user.last_login.map(moment),
        "joined": moment(user.date_joined),
    })
}
