//! `APP.MODEL/validate/` and `APP.MODEL/field-permissions/`: what forms ask before they are sent.

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use portcullis_core::Principal;
use serde_json::{Value as Json, json};

use super::ast::{body, is_model_name, refuses_unknown};
use crate::error::LiveError;
use crate::hook::Data;
use crate::job::Job;
use crate::live::{Inner, Live};
use crate::model::Model;
use crate::permission::Actions;
use crate::session::Session;
use crate::write::{Mode, check_unique, validate, writable};

/// Whether data could be written; nothing is.
pub(super) async fn validation(
    live: Live,
    name: String,
    who: Principal,
    request: Request,
) -> Response {
    match check(&live.inner, &name, &who, request).await {
        Ok(()) => axum::Json(json!({ "valid": true })).into_response(),
        Err(error) => error.respond(live.inner.settings.debug),
    }
}

async fn check(
    inner: &Inner,
    name: &str,
    who: &Principal,
    request: Request,
) -> Result<(), LiveError> {
    let refuses = refuses_unknown(inner, request.headers());
    let body = body(request).await?;
    let model = registered(inner, name)?;
    let mut job = Job::new(inner, who, model);
    job.refuses_unknown = refuses;
    let wrong = |what| LiveError::Invalid(format!("{what} is an object."));
    let body = match body {
        None => Data::new(),
        Some(Json::Object(map)) => map,
        Some(_) => return Err(wrong("The body")),
    };
    let data = match body.get("data") {
        None | Some(Json::Null) => Data::new(),
        Some(Json::Object(map)) => map.clone(),
        Some(_) => return Err(wrong("data")),
    };
    let is_create = match body.get("validate_type") {
        None => true,
        Some(kind) => kind == "create",
    };
    let is_partial = body.get("partial").is_some_and(|partial| match partial {
        Json::Bool(partial) => *partial,
        Json::String(text) => text.eq_ignore_ascii_case("true"),
        _ => false,
    });
    let rights = job.rights.of(model);
    let (action, allowed) = match is_create {
        true => (Actions::CREATE, &rights.creatable),
        false => (Actions::UPDATE, &rights.editable),
    };
    if !rights.actions.has(action) {
        return Err(LiveError::denied(format!("{} not allowed", action.word())));
    }
    let data = writable(&job, &data, allowed)?;
    let mode = match is_partial {
        true => Mode::Partial,
        false => Mode::Create,
    };
    let mut session = Session::Pool(&inner.database);
    let mut checked = validate(&job, vec![data], mode, &mut session).await?;
    check_unique(&job, &mut checked, &[], &mut session).await?;
    for row in checked {
        row?;
    }
    Ok(())
}

/// The fields that somebody sees and may write.
pub(super) fn permissions(live: &Live, name: &str, who: &Principal) -> Response {
    let inner = &live.inner;
    match registered(inner, name) {
        Ok(model) => {
            let job = Job::new(inner, who, model);
            let [visible, creatable, editable] = job.rights.declared(model);
            axum::Json(json!({
                "visible_fields": visible,
                "creatable_fields": creatable,
                "editable_fields": editable,
            }))
            .into_response()
        }
        Err(error) => error.respond(inner.settings.debug),
    }
}

fn registered<'a>(inner: &'a Inner, name: &str) -> Result<&'a Model, LiveError> {
    if !is_model_name(name) {
        return super::ast::model(inner, name);
    }
    inner.registry.model(name).ok_or_else(|| {
        let name: String = name.chars().take(100).collect();
        LiveError::Plain(
            StatusCode::NOT_FOUND,
            format!("Model {name} not registered"),
        )
    })
}
