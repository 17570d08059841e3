//! The way of one call: permissions, input, permissions again, the function, its answer.

use http::StatusCode;
use portcullis_core::Principal;
use serde_json::Value as Json;

use super::definition::Action;
use super::field::ActionField;
use crate::error::{FormErrors, LiveError};
use crate::hook::Data;
use crate::job::Job;
use crate::live::Live;
use crate::model::Default;
use crate::query::caps;
use crate::session::Session;
use crate::write::{Wanted, field_value, missing_keys, python_type};

/// Calls an action.
///
/// # Errors
/// 403 by its permissions, 400 for its input, 500 for an answer that does not fit, and what it answers itself.
pub(crate) async fn perform(
    live: &Live,
    action: &Action,
    who: &Principal,
    body: Option<&Json>,
) -> Result<Json, LiveError> {
    for permission in &action.permissions {
        if !permission.may_call(who) {
            return Err(LiveError::denied(
                "You do not have permission to perform this action.",
            ));
        }
    }
    let empty = Data::new();
    let sent = match body {
        None | Some(Json::Null) => &empty,
        Some(Json::Object(map)) => map,
        Some(_) => return Err(LiveError::invalid("The input is an object.")),
    };
    let job = Job::new(&live.inner, who, &live.inner.nothing);
    let input = validated(&job, &action.inputs, sent).await?;
    for permission in &action.permissions {
        if !permission.may_call_with(who, &input) {
            return Err(LiveError::denied(
                "You do not have permission for this specific request.",
            ));
        }
    }
    let answer = (action.run)(live.clone(), who.clone(), input).await?;
    checked(&job, action, answer)
}

async fn validated(job: &Job<'_>, fields: &[ActionField], sent: &Data) -> Result<Data, LiveError> {
    let mut input = Data::new();
    let mut errors = FormErrors::default();
    let mut wanted = Vec::new();
    for own in fields {
        let name = own.field.name();
        let value = match (sent.get(name), &own.field.default) {
            (Some(value), _) => match value_of(job, own, value) {
                Ok(value) => value,
                Err(message) => {
                    errors.add(name, message);
                    continue;
                }
            },
            (None, Some(Default::Value(value))) => value.clone(),
            (None, _) if own.field.is_null => Json::Null,
            (None, _) => {
                errors.add(name, "This field is required.");
                continue;
            }
        };
        if let (Some(reference), false) = (&own.field.reference, value.is_null()) {
            wanted.push(Wanted {
                row: 0,
                field: name.to_owned(),
                model: reference.model.clone(),
                keys: vec![value.clone()],
                is_bound: true,
            });
        }
        input.insert(name.to_owned(), value);
    }
    let mut session = Session::Pool(&job.live.database);
    for (_, field, message) in missing_keys(job, &wanted, &mut session).await? {
        errors.add(&field, message);
    }
    match errors.is_empty() {
        true => Ok(input),
        false => Err(errors.into()),
    }
}

fn value_of(job: &Job<'_>, own: &ActionField, value: &Json) -> Result<Json, String> {
    if !own.is_list || value.is_null() {
        return field_value(job, &own.field, value);
    }
    let Json::Array(items) = value else {
        let kind = python_type(value);
        return Err(format!("Expected a list of items but got type \"{kind}\"."));
    };
    if items.len() > caps::LIST_ITEMS {
        return Err("There are too many items in this list.".to_owned());
    }
    let items: Result<Vec<Json>, String> = items
        .iter()
        .map(|item| field_value(job, &own.field, item))
        .collect();
    Ok(Json::Array(items?))
}

/// The answer, if it is what the action says that it answers.
fn checked(job: &Job<'_>, action: &Action, answer: Json) -> Result<Json, LiveError> {
    if action.outputs.is_empty() {
        return Ok(answer);
    }
    let mut out = Data::new();
    for own in &action.outputs {
        let name = own.field.name();
        let value = answer.get(name).unwrap_or(&Json::Null);
        match value_of(job, own, value) {
            Ok(value) => drop(out.insert(name.to_owned(), value)),
            Err(message) => {
                tracing::error!(
                    action = action.name,
                    field = name,
                    message,
                    "an action's answer does not fit"
                );
                return Err(LiveError::Plain(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "Action returned invalid response".to_owned(),
                ));
            }
        }
    }
    Ok(Json::Object(out))
}
