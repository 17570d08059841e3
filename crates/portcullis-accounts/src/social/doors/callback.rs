//! `{provider}/callback/`: where a provider sends browsers back.

use axum::extract::Path;
use axum::response::{Html, IntoResponse, Response};
use http::request::Parts;
use http::{HeaderValue, StatusCode, header};
use portcullis_core::Principal;
use portcullis_web::{Access, Fields, NextFactor, Refusal};
use url::form_urlencoded::Serializer;

use super::query::Query;
use crate::social::exchange::{Proof, is_linking_of};
use crate::social::{Callback, Provider, Social, SocialError};

/// Nothing but text: whatever a provider sends back.
const CONTENT_SECURITY_POLICY: &str =
    "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// Logs somebody in, or links their account, and sends them on.
pub(super) async fn come_back(
    social: Social,
    request: Parts,
    access: Access,
    Path(provider): Path<String>,
) -> Response {
    let Some(provider) = social.provider(&provider) else {
        return Refusal::NotFound.into_response();
    };
    match finish(&social, &request, access.who(), provider).await {
        Ok(next) => {
            let next = next.unwrap_or_else(|| social.settings.next.clone());
            let Ok(next) = HeaderValue::from_str(&next) else {
                return failed(&request, SocialError::NotStarted);
            };
            let headers = [
                (header::LOCATION, next),
                (
                    header::REFERRER_POLICY,
                    HeaderValue::from_static("no-referrer"),
                ),
                (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
            ];
            (StatusCode::SEE_OTHER, headers).into_response()
        }
        Err(error) => failed(&request, error),
    }
}

/// Providers that send a form send it from their own site, and browsers leave the cookie at home: so it is sent on as
/// a link, to which the cookie comes along.
pub(super) async fn posted(
    social: Social,
    Path(provider): Path<String>,
    fields: Fields,
) -> Result<Response, Refusal> {
    let provider = social.provider(&provider).ok_or(Refusal::NotFound)?;
    let fields = fields.into_map();
    let mut query = Serializer::new(String::new());
    for name in ["code", "state", "iss", "error"] {
        if let Some(value) = fields.get(name).and_then(|value| value.as_str()) {
            query.append_pair(name, value);
        }
    }
    let location = format!(
        "/api/social/{}/callback/?{}",
        provider.name(),
        query.finish()
    );
    let headers = [
        (header::LOCATION, location),
        (header::REFERRER_POLICY, "no-referrer".to_owned()),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((StatusCode::SEE_OTHER, headers).into_response())
}

async fn finish(
    social: &Social,
    request: &Parts,
    who: &Principal,
    provider: &dyn Provider,
) -> Result<Option<String>, SocialError> {
    let query = Query::of(request);
    let state = query.one("state")?.ok_or(SocialError::NotStarted)?;
    let code = match (query.one("code")?, query.one("error")?) {
        (Some(code), None) => code,
        // What the provider says about it is for nobody: it may be anybody's text.
        (_, Some(_)) | (None, None) => {
            return Err(crate::social::ProviderError::Refused("at its own page").into());
        }
    };
    let proof = Proof::Code {
        code,
        state,
        verifier: None,
        issuer: query.one("iss")?,
        callback: Callback::Own,
    };
    let finished = social.finish(request, provider, proof).await?;
    let next = finished.next;
    if let Some(linking) = finished.linking {
        let user = who.user().filter(|user| is_linking_of(&linking, user));
        let user = user.ok_or(SocialError::NotStarted)?;
        social
            .link(request, user, provider, &finished.identity)
            .await?;
        return Ok(next);
    }
    let (identity, invitation) = (finished.identity, finished.invitation);
    let linking = social.usual_linking();
    let resolved = social.resolve(request, provider, identity, invitation, linking);
    let user = match resolved.await {
        Ok(resolved) => resolved.user,
        Err(SocialError::SecondFactor(NextFactor {
            pending: Some(pending),
            ..
        })) => return Ok(Some(factor_page(social, &pending, next))),
        Err(error) => return Err(error),
    };
    social.open_session(request, &user).await?;
    Ok(next)
}

/// Where the second factor is asked for. What stands behind the `#` is sent to nobody.
fn factor_page(social: &Social, pending: &str, next: Option<String>) -> String {
    let next = next.unwrap_or_else(|| social.settings.next.clone());
    let mut fragment = Serializer::new(String::new());
    fragment.append_pair("pending", pending);
    fragment.append_pair("next", &next);
    format!(
        "{}#{}",
        social.settings.second_factor_page,
        fragment.finish()
    )
}

/// Why not, as a page for people and as JSON for others.
fn failed(request: &Parts, error: SocialError) -> Response {
    let (code, text) = (error.code(), error.text());
    let refusal = error.refusal();
    let status = refusal.status();
    let accept = request.headers.get(header::ACCEPT);
    let wants_page = accept
        .and_then(|value| value.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"));
    let mut response = match wants_page && status == StatusCode::BAD_REQUEST {
        true => (status, Html(page(code, text))).into_response(),
        false => refusal.into_response(),
    };
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Both texts are of this program.
fn page(code: &str, text: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>Not logged in</title></head>\n\
         <body>\n<h1>Not logged in</h1>\n<p id=\"{code}\">{text}</p>\n<p><a href=\"/\">Back</a></p>\n</body>\n</html>\n"
    )
}
