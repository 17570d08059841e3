//! `{provider}/`: an app sends what its own callback was given, and gets a session.

use axum::Json;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use http::header;
use http::request::Parts;
use portcullis_web::{FieldErrors, Fields, Refusal, TextRule};
use serde_json::json;

use super::query::Query;
use crate::social::exchange::Proof;
use crate::social::pipeline::LinkByEmail;
use crate::social::{Callback, Provider, Social, SocialError};

/// By `GET`, as single-page apps do it: with the state of a log-in that was begun in this browser.
pub(super) async fn by_link(
    social: Social,
    request: Parts,
    Path(provider): Path<String>,
) -> Result<Response, Refusal> {
    let provider = social.provider(&provider).ok_or(Refusal::NotFound)?;
    let query = Query::of(&request);
    let code = query.one("code")?;
    let code = code.ok_or_else(|| Refusal::Malformed("The code parameter is missing.".into()))?;
    let proof = match query.one("state")? {
        Some(state) => Proof::Code {
            code,
            state,
            verifier: None,
            issuer: query.one("iss")?,
            callback: Callback::App,
        },
        None if social.accounts.settings.compat.social_get_code => Proof::DangerCode(code),
        None => return Err(SocialError::NotStarted.refusal()),
    };
    opened(&social, &request, provider, proof).await
}

/// By `POST`: the code then stands in no log on the way.
pub(super) async fn by_form(
    social: Social,
    request: Parts,
    Path(provider): Path<String>,
    fields: Fields,
) -> Result<Response, Refusal> {
    let provider = social.provider(&provider).ok_or(Refusal::NotFound)?;
    let csrf = social.accounts.sessions().csrf();
    csrf.check_log_in(&request).map_err(Refusal::CsrfFailed)?;
    let mut errors = FieldErrors::default();
    let code = fields.text(TextRule::new("code"), &mut errors);
    let state = fields.text(TextRule::new("state"), &mut errors);
    let mut text = |name| fields.optional_text(TextRule::new(name), &mut errors);
    let (verifier, issuer) = (text("code_verifier"), text("iss"));
    errors.into_result()?;
    let proof = Proof::Code {
        code,
        state,
        verifier,
        issuer,
        callback: Callback::App,
    };
    opened(&social, &request, provider, proof).await
}

async fn opened(
    social: &Social,
    request: &Parts,
    provider: &dyn Provider,
    proof: Proof,
) -> Result<Response, Refusal> {
    let opened = open(social, request, provider, proof).await;
    if let Err(error) = opened {
        return error.or_next().map_err(SocialError::refusal);
    }
    // Also by GET: it carries a session.
    let headers = [(header::CACHE_CONTROL, "no-store")];
    Ok((headers, Json(json!({ "detail": "success" }))).into_response())
}

async fn open(
    social: &Social,
    request: &Parts,
    provider: &dyn Provider,
    proof: Proof,
) -> Result<(), SocialError> {
    let finished = social.finish(request, provider, proof).await?;
    // Begun to link an account, which is not a log-in.
    if finished.linking.is_some() {
        return Err(SocialError::NotStarted);
    }
    let linking = match social.accounts.settings.compat.social_link_by_email {
        true => LinkByEmail::DangerAlways,
        false => social.usual_linking(),
    };
    let (identity, invitation) = (finished.identity, finished.invitation);
    let resolved = social.resolve(request, provider, identity, invitation, linking);
    let user = resolved.await?.user;
    social.open_session(request, &user).await
}
