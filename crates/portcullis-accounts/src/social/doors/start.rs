//! `{provider}/start/`: where a log-in begins.

use axum::Json;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{StatusCode, header};
use portcullis_core::User;
use portcullis_web::{Access, FieldErrors, Fields, Refusal, TextRule};
use serde_json::{Value, json};

use super::query::Query;
use crate::social::{Callback, Social, Start};

/// The longest text of the form, in characters.
const MAX_CHARACTERS: usize = 1000;

/// Tells a script where to send its browser.
pub(super) async fn begin(
    social: Social,
    request: Parts,
    access: Access,
    Path(provider): Path<String>,
    fields: Fields,
) -> Result<Json<Value>, Refusal> {
    let provider = social.provider(&provider).ok_or(Refusal::NotFound)?;
    let csrf = social.accounts.sessions().csrf();
    csrf.check_log_in(&request).map_err(Refusal::CsrfFailed)?;
    let mut errors = FieldErrors::default();
    let mut text = |name: &'static str| {
        let rule = TextRule::new(name).max(MAX_CHARACTERS).or_blank();
        let text = fields.optional_text(rule, &mut errors);
        text.filter(|text| !text.is_empty())
    };
    let (next, callback) = (text("next"), text("callback"));
    let (invitation, code_challenge) = (text("invitation"), text("code_challenge"));
    let callback = match callback.as_deref() {
        None => None,
        Some("server") => Some(Callback::Own),
        Some("app") => Some(Callback::App),
        Some(_) => {
            let wanted = "This is \"server\" or \"app\".";
            errors.add("callback", vec![wanted.to_owned()]);
            None
        }
    };
    errors.into_result()?;
    let linking = match fields.is_true("connect") {
        true => {
            let user = access.who().user().ok_or_else(|| access.refusal())?;
            let accounts = &social.accounts;
            accounts
                .check_fresh_for_link(&request, &access, &fields)
                .await?;
            Some(User::clone(user))
        }
        false => None,
    };
    let start = Start {
        callback,
        next,
        linking,
        invitation,
        code_challenge,
    };
    let started = social.start(&request, provider, start).await;
    let started = started.map_err(|error| error.refusal())?;
    Ok(Json(json!({
        "authorization_url": started.authorization_url.as_str(),
        "state": started.state,
    })))
}

/// Sends a browser that follows a link on a page of ours. One that is sent by another site's is refused, and one that
/// does not say: it would log somebody in who only looked at something.
pub(super) async fn send(
    social: Social,
    request: Parts,
    Path(provider): Path<String>,
) -> Result<Response, Refusal> {
    let provider = social.provider(&provider).ok_or(Refusal::NotFound)?;
    let site = request.headers.get("sec-fetch-site");
    let site = site.and_then(|value| value.to_str().ok());
    if !matches!(site, Some("same-origin" | "none")) {
        let reason = "Log-ins are begun by a page of this site, or by POST.";
        return Err(Refusal::CsrfFailed(reason.to_owned()));
    }
    let query = Query::of(&request);
    let start = Start {
        callback: Some(Callback::Own),
        next: query.one("next")?,
        ..Start::default()
    };
    let started = social.start(&request, provider, start).await;
    let started = started.map_err(|error| error.refusal())?;
    let headers = [
        (header::LOCATION, started.authorization_url.to_string()),
        (header::REFERRER_POLICY, "no-referrer".to_owned()),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((StatusCode::FOUND, headers).into_response())
}
