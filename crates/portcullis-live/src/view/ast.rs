//! `APP.MODEL/`: queries.

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue};
use portcullis_core::Principal;
use serde_json::{Value as Json, json};

use super::python_json;
use crate::error::LiveError;
use crate::job::Job;
use crate::live::{Inner, Live};
use crate::model::Model;
use crate::permission::Actions;
use crate::query::Query;
use crate::settings::ExtraFields;
use crate::write::needed;

const TELEMETRY: &str = "x-statezero-telemetry";

/// The longest canonical or operation id that is looked at.
const MAX_ID: usize = 200;

pub(super) async fn view(live: Live, name: String, who: Principal, request: Request) -> Response {
    let inner = &live.inner;
    let before = inner.counter.statements();
    match answer(inner, &name, &who, request).await {
        Ok(answer) => {
            let mut response = axum::Json(answer).into_response();
            if inner.settings.telemetry {
                let statements = inner.counter.statements().saturating_sub(before);
                let told = json!({ "statements": statements }).to_string();
                if let Ok(value) = HeaderValue::from_str(&told) {
                    response.headers_mut().insert(TELEMETRY, value);
                }
            }
            response
        }
        Err(error) => error.respond(inner.settings.debug),
    }
}

async fn answer(
    inner: &Inner,
    name: &str,
    who: &Principal,
    request: Request,
) -> Result<Json, LiveError> {
    let headers = request.headers().clone();
    let body = body(request).await?;
    let model = model(inner, name)?;
    let mut job = Job::new(inner, who, model);
    job.refuses_unknown = refuses_unknown(inner, &headers);
    job.canonical_id = header(&headers, "x-canonical-id").filter(|id| id.len() <= MAX_ID);
    job.operation_id = operation_id(&headers);
    let query = Query::read(body.as_ref())?;
    let wanted = needed(&query.operation);
    let actions = job.rights.of(model).actions;
    if !actions.has(wanted) {
        return Err(LiveError::denied("Missing global permissions for actions"));
    }
    check_paths(&job, &query)?;
    crate::write::answer(&job, &query).await
}

/// Every path of a filter, before anything is validated or written.
fn check_paths(job: &Job<'_>, query: &Query) -> Result<(), LiveError> {
    let has_filters = query.filters.iter().chain(&query.excludes);
    let mut refused = None;
    for node in has_filters {
        node.paths(&mut |path| {
            if refused.is_none() {
                refused = crate::sql::Scope::filterable(&job.rights, job.model, path).err();
            }
        });
    }
    match refused {
        Some(error) => Err(error),
        None => Ok(()),
    }
}

/// The registered model of that name.
pub(super) fn model<'a>(inner: &'a Inner, name: &str) -> Result<&'a Model, LiveError> {
    let shown: String = name.chars().take(100).collect();
    if !is_model_name(name) {
        return Err(LiveError::NotFound(format!(
            "Model name '{shown}' must be in the format 'app_label.ModelName'"
        )));
    }
    inner
        .registry
        .model(name)
        .ok_or_else(|| LiveError::NotFound(format!("Model {shown} is not registered.")))
}

/// `app.model`.
pub(super) fn is_model_name(name: &str) -> bool {
    name.split('.').count() == 2
}

/// The body's value; `None` for an empty one.
pub(crate) async fn body(request: Request) -> Result<Option<Json>, LiveError> {
    let body = portcullis_web::Body::read(request).await?;
    let parsed = body.parse().await.map_err(LiveError::from);
    parsed.map_err(|error| match error {
        LiveError::Unreadable(text) => {
            let why = std::str::from_utf8(body.bytes()).ok();
            let why = why.and_then(python_json::complaint);
            LiveError::Unreadable(match why {
                Some(why) => format!("JSON parse error - {why}"),
                None => text,
            })
        }
        other => other,
    })
}

pub(super) fn refuses_unknown(inner: &Inner, headers: &HeaderMap) -> bool {
    match header(headers, "x-statezero-extra-fields") {
        Some(policy) => policy.eq_ignore_ascii_case("error"),
        None => inner.settings.extra_fields == ExtraFields::Error,
    }
}

pub(super) fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    let value = headers.get(name)?.to_str().ok()?;
    Some(value.to_owned()).filter(|value| !value.is_empty())
}

/// What the client calls its operation, so that it knows its own changes.
pub(super) fn operation_id(headers: &HeaderMap) -> Option<String> {
    header(headers, "x-operation-id").filter(|id| id.len() <= MAX_ID)
}

/// Whether somebody may do anything at all with a model.
pub(super) fn may_do_something(job: &Job<'_>) -> bool {
    let any = Actions::CREATE | Actions::READ | Actions::UPDATE | Actions::DELETE;
    job.rights.of(job.model).actions.has_any(any)
}
