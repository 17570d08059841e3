//! The first administrator, by the key that the server printed when it started.

use axum::extract::Request;
use axum::response::Response;
use http::StatusCode;
use http::request::Parts;
use portcullis_accounts::StaffLogIn;
use portcullis_web::{Fields, Methods, Refusal, get};
use serde_json::{Map, Value, json};

use crate::page::redirect;
use crate::query::Values;
use crate::site::{Admin, LOGIN};
use crate::trouble::Trouble;

/// The fields of the form.
const FIELDS: [&str; 3] = ["setup_key", "email", "password"];

pub(crate) fn methods(site: &Admin) -> Methods {
    let (a, b) = (site.clone(), site.clone());
    get(move |request| show(a, request)).post(move |request| make(b, request))
}

async fn show(site: Admin, request: Parts) -> Result<Response, Trouble> {
    if !site.accounts().awaits_administrator() {
        return Ok(redirect(LOGIN));
    }
    page(&site, &request, "", &Value::Null)
}

async fn make(site: Admin, request: Request) -> Result<Response, Trouble> {
    if !site.accounts().awaits_administrator() {
        return Ok(redirect(LOGIN));
    }
    let (parts, body) = request.into_parts();
    let typed = Values::of_form(Request::from_parts(parts.clone(), body)).await?;
    let fields = FIELDS.map(|name| (name.to_owned(), Value::from(typed.text(name))));
    let fields = Fields::from(Map::from_iter(fields));
    let (email, password) = (typed.text("email"), typed.text("password"));
    let accounts = site.accounts();
    match accounts.sign_up_first_administrator(&parts, &fields).await {
        Ok(()) => {}
        Err(refusal @ Refusal::Invalid(_)) => {
            return page(&site, &parts, email, &refusal.body());
        }
        Err(refusal) => return Err(refusal.into()),
    }
    let logged_in = accounts.log_in_staff_with_session(&parts, email.trim(), password);
    Ok(redirect(match logged_in.await? {
        StaffLogIn::Done(_) => "/admin/",
        StaffLogIn::SecondFactor(_) | StaffLogIn::Wrong => LOGIN,
    }))
}

fn page(site: &Admin, request: &Parts, email: &str, faults: &Value) -> Result<Response, Trouble> {
    let fault = |name: &str| {
        let faults = faults[name].as_array().into_iter().flatten();
        let faults: Vec<&str> = faults.filter_map(Value::as_str).collect();
        (!faults.is_empty()).then(|| faults.join(" "))
    };
    let values = json!({
        "site": site.settings().title,
        "title": "The first administrator",
        "csrf": site.accounts().sessions().csrf().ensure_cookie(request),
        "email": email,
        "faults": {
            "setup_key": fault("setup_key"),
            "email": fault("email"),
            "password": fault("password"),
            "form": fault("non_field_errors"),
        },
    });
    site.render(StatusCode::OK, "setup.html", values)
}
