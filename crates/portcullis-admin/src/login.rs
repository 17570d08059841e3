//! Logging in and out.

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::request::Parts;
use portcullis_accounts::StaffLogIn;
use portcullis_web::{Access, Methods, Refusal, get};
use serde_json::json;

use crate::next::own_place;
use crate::page::redirect;
use crate::query::Values;
use crate::site::Admin;
use crate::trouble::Trouble;

/// What is said to everybody who may not come in, whatever was wrong.
#[doc(alias = "AdminAuthenticationForm")]
const REFUSED: &str = "Please enter the correct username and password for a staff account. Note that both fields \
                       may be case-sensitive.";

/// The longest name that is looked up, in characters.
const MAX_NAME: usize = 254;

pub(crate) fn methods(site: &Admin) -> Methods {
    let (a, b, c) = (site.clone(), site.clone(), site.clone());
    get(move |request, access| form(a, request, access))
        .post(move |access, request| log_in(b, access, request))
        .put(move |access, request| log_in(c, access, request))
}

pub(crate) fn out(site: &Admin) -> Methods {
    let (a, b) = (site.clone(), site.clone());
    get(move |access| asked_out(a, access)).post(move |request, access| log_out(b, request, access))
}

/// The form; whoever is staff already goes on.
async fn form(site: Admin, request: Parts, access: Access) -> Result<Response, Trouble> {
    let next = Values::of_query(&request.uri)?.text("next").to_owned();
    let user = access.who().user();
    if user.is_some_and(|user| user.is_staff) {
        return Ok(redirect(own_place(&next).unwrap_or("/admin/")));
    }
    let message = user.map(|user| {
        format!(
            "You are logged in as {}, but are not authorized to access this page. Would you like to log in to a \
             different account?",
            user.username
        )
    });
    show(&site, &request, &next, "", message.as_deref())
}

fn show(
    site: &Admin,
    request: &Parts,
    next: &str,
    name: &str,
    message: Option<&str>,
) -> Result<Response, Trouble> {
    let values = json!({
        "site": site.settings().title,
        "title": "Log in",
        "csrf": site.accounts().sessions().csrf().ensure_cookie(request),
        "next": next,
        "name": name,
        "pending": null,
        "awaits_administrator": site.accounts().awaits_administrator(),
        "message": message,
    });
    site.render(StatusCode::OK, "login.html", values)
}

async fn log_in(site: Admin, _: Access, request: Request) -> Result<Response, Trouble> {
    let (parts, body) = request.into_parts();
    let fields = Values::of_form(Request::from_parts(parts.clone(), body)).await?;
    // The form's own place counts first, as in Django.
    let in_query = Values::of_query(&parts.uri)?;
    let next = match fields.text("next") {
        "" => in_query.text("next"),
        next => next,
    };
    if !fields.text("pending").is_empty() {
        let (pending, code) = (fields.text("pending"), fields.text("code"));
        return log_in_by_factor(&site, &parts, next, pending, code).await;
    }
    let (name, password) = (fields.text("username"), fields.text("password"));
    let is_fit = !name.is_empty() && name.chars().count() <= MAX_NAME && !password.is_empty();
    if !is_fit {
        return show(&site, &parts, next, name, Some(REFUSED));
    }
    let accounts = site.accounts();
    let logged_in = accounts.log_in_staff_with_session(&parts, name, password);
    match logged_in.await? {
        StaffLogIn::Done(_) => Ok(done(&site, next)),
        StaffLogIn::SecondFactor(pending) => ask(&site, &parts, next, &pending, None),
        StaffLogIn::Wrong => show(&site, &parts, next, name, Some(REFUSED)),
    }
}

async fn log_in_by_factor(
    site: &Admin,
    parts: &Parts,
    next: &str,
    pending: &str,
    code: &str,
) -> Result<Response, Trouble> {
    let accounts = site.accounts();
    let logged_in = accounts
        .log_in_staff_with_factor(parts, pending, code)
        .await;
    match logged_in {
        Ok(StaffLogIn::Done(_)) => Ok(done(site, next)),
        Ok(StaffLogIn::SecondFactor(_) | StaffLogIn::Wrong) => {
            show(site, parts, next, "", Some(REFUSED))
        }
        Err(Refusal::Invalid(errors)) if errors.to_json()["pending"].is_null() => {
            ask(site, parts, next, pending, Some(WRONG_CODE))
        }
        Err(Refusal::Invalid(_)) => show(site, parts, next, "", Some(TOO_LATE)),
        Err(other) => Err(other.into()),
    }
}

/// Asks for the second factor of somebody whose password was right.
fn ask(
    site: &Admin,
    request: &Parts,
    next: &str,
    pending: &str,
    message: Option<&str>,
) -> Result<Response, Trouble> {
    let values = json!({
        "site": site.settings().title,
        "title": "Log in",
        "csrf": site.accounts().sessions().csrf().ensure_cookie(request),
        "next": next,
        "name": "",
        "pending": pending,
        "awaits_administrator": false,
        "message": message,
    });
    site.render(StatusCode::OK, "login.html", values)
}

fn done(site: &Admin, next: &str) -> Response {
    redirect(own_place(next).unwrap_or(&site.settings().login_redirect))
}

const WRONG_CODE: &str = "This code is wrong, or was used.";

const TOO_LATE: &str = "This log-in was begun too long ago. Please begin again.";

/// Nobody logs out by a link.
async fn asked_out(_: Admin, access: Access) -> Response {
    if access.who().user().is_some_and(|user| user.is_staff) {
        return Trouble::from(Refusal::MethodNotAllowed("GET".to_owned())).into_response();
    }
    redirect("/admin/")
}

async fn log_out(site: Admin, request: Parts, _: Access) -> Result<Response, Trouble> {
    site.accounts().log_out_session(&request).await?;
    let values = json!({ "site": site.settings().title, "title": "Logged out" });
    site.render(StatusCode::OK, "logged_out.html", values)
}
