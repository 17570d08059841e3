//! The audit log, for superusers: it tells where everybody was.

use axum::response::Response;
use http::StatusCode;
use http::request::Parts;
use portcullis_core::{AuditEvent, AuditFilter, AuditRecord};
use portcullis_web::{Access, Methods, get};
use serde_json::{Value, json};

use crate::page::moment;
use crate::query::{Values, query};
use crate::site::Admin;
use crate::trouble::Trouble;
use crate::visit::Visit;

pub(crate) fn methods(site: &Admin) -> Methods {
    let site = site.clone();
    get(move |request, access| show(site, request, access))
}

async fn show(site: Admin, request: Parts, access: Access) -> Result<Response, Trouble> {
    let visit = Visit::new(&site, &request, &access).await?;
    if !visit.rights.is_superuser {
        return Err(Trouble::forbidden());
    }
    let given = Values::of_query(&request.uri)?;
    let (name, event) = (given.text("user").trim(), given.text("event"));
    let event = AuditEvent::ALL
        .into_iter()
        .find(|known| known.name() == event);
    let user = match name {
        "" => None,
        name => site.store().user_by_login_name(name).await?,
    };
    let is_nobody = !name.is_empty() && user.is_none();
    let filter = AuditFilter {
        user: user.map(|user| user.id),
        event,
        before: given.text("before").parse().ok(),
        limit: site.settings().page_size.max(1),
        ..AuditFilter::default()
    };
    let lines = match is_nobody {
        true => Vec::new(),
        false => site.store().audit(&filter).await?,
    };
    let is_full = lines.len() == usize::try_from(filter.limit).unwrap_or(usize::MAX);
    let oldest = lines.first().filter(|_| is_full).map(|line| {
        let before = line.id.to_string();
        query(&[
            ("user", name),
            ("event", given.text("event")),
            ("before", &before),
        ])
    });
    let events = AuditEvent::ALL
        .map(|known| json!({ "name": known.name(), "is_chosen": event == Some(known) }));
    let values = json!({
        "user": name,
        "is_nobody": is_nobody,
        "events": events,
        "lines": lines.iter().rev().map(line).collect::<Vec<_>>(),
        "next": oldest,
    });
    let values = visit.page(&site, "Audit log", values);
    site.render(StatusCode::OK, "audit.html", values)
}

fn line(record: &AuditRecord) -> Value {
    json!({
        "at": moment(record.at),
        "event": record.event,
        "outcome": record.outcome,
        "user_id": record.user.as_ref().map(ToString::to_string),
        "username": record.username,
        "scheme": record.scheme,
        "address": record.address,
        "device": record.device,
    })
}
