//! How the service stands, for superusers: the database, mail that waits, log-ins that are locked.

use axum::extract::Request;
use axum::response::Response;
use http::StatusCode;
use http::request::Parts;
use portcullis_core::{AdministrationError, Lock, UnsentMail};
use portcullis_web::{Access, Methods, get};
use serde_json::{Value, json};
use time::Duration;

use crate::page::{moment, redirect};
use crate::query::Values;
use crate::site::Admin;
use crate::trouble::Trouble;
use crate::visit::Visit;

/// How many mails and how many locks are shown.
const SHOWN: u32 = 100;

/// The longest key of a lock.
const MAX_KEY: usize = 300;

pub(crate) fn methods(site: &Admin) -> Methods {
    let (a, b) = (site.clone(), site.clone());
    get(move |request, access| show(a, request, access))
        .post(move |access, request| lift(b, access, request))
}

async fn show(site: Admin, request: Parts, access: Access) -> Result<Response, Trouble> {
    let visit = Visit::new(&site, &request, &access).await?;
    if !visit.rights.is_superuser {
        return Err(Trouble::forbidden());
    }
    let message = match Values::of_query(&request.uri)?.text("done") {
        "lifted" => Some("The lock was lifted."),
        "gone" => Some("That lock was over already."),
        _ => None,
    };
    let begun = site.now();
    site.store().ping().await?;
    let answered = site.now() - begun;
    let standing = site.store().operations(site.now(), SHOWN).await?;
    let values = json!({
        "database": in_milliseconds(answered),
        "has_mail": site.accounts().has_mail(),
        "mails_waiting": standing.mails_waiting,
        "mails_given_up": standing.mails_given_up,
        "mails": standing.mails.iter().map(mail).collect::<Vec<_>>(),
        "locks": standing.locks.iter().map(lock).collect::<Vec<_>>(),
        "message": message,
    });
    let values = visit.page(&site, "Health", values);
    site.render(StatusCode::OK, "health.html", values)
}

async fn lift(site: Admin, access: Access, request: Request) -> Result<Response, Trouble> {
    let (parts, body) = request.into_parts();
    let visit = Visit::new(&site, &parts, &access).await?;
    if !visit.rights.is_superuser {
        return Err(Trouble::forbidden());
    }
    let fields = Values::of_form(Request::from_parts(parts.clone(), body)).await?;
    let key = fields.text("lock");
    if key.len() > MAX_KEY {
        return Err(Trouble::not_found());
    }
    // Whose tries were counted beside those of the name.
    let user = match key.strip_prefix("lock:login:name:") {
        Some(name) => site.store().user_by_login_name(name).await?,
        None => None,
    };
    let by = visit.administrator(&site, &parts);
    let user = user.as_ref().map(|user| &user.id);
    match site.store().lift_lock(&by, key, user).await {
        Ok(()) => Ok(redirect("/admin/health/?done=lifted")),
        Err(AdministrationError::Gone) => Ok(redirect("/admin/health/?done=gone")),
        Err(error) => Err(error.into()),
    }
}

fn in_milliseconds(time: Duration) -> String {
    format!("{:.1} ms", time.as_seconds_f64() * 1000.0)
}

fn mail(mail: &UnsentMail) -> Value {
    json!({
        "kind": mail.kind,
        "recipient": mail.recipient,
        "created": moment(mail.created),
        "attempts": mail.attempts,
        "last_error": mail.last_error,
        "is_given_up": mail.is_given_up,
    })
}

fn lock(lock: &Lock) -> Value {
    let what = match lock.key.strip_prefix("lock:") {
        Some(rest) => match (
            rest.strip_prefix("login:name:"),
            rest.strip_prefix("address:"),
        ) {
            (Some(name), _) => format!("log-ins as {name}"),
            (None, Some(address)) => format!("log-ins from {address}"),
            (None, None) => rest.to_owned(),
        },
        None => lock.key.clone(),
    };
    json!({ "key": lock.key, "what": what, "until": moment(lock.until) })
}
