//! `actions/NAME/` and `actions-schema/`.

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use portcullis_core::Principal;
use serde_json::{Map, Value as Json, json};

use super::ast::{body, operation_id};
use super::schema::{action_property, checksummed, key_type, relationship, title_case};
use crate::action::{Action, ActionField, perform};
use crate::error::LiveError;
use crate::live::{Inner, Live};

pub(super) async fn call(live: Live, name: String, who: Principal, request: Request) -> Response {
    let live = Live {
        operation_id: operation_id(request.headers()),
        ..live
    };
    let found = live.inner.actions.iter().find(|action| action.name == name);
    let answer = match found {
        None => {
            let name: String = name.chars().take(100).collect();
            Err(LiveError::NotFound(format!("Action '{name}' not found")))
        }
        Some(action) => match body(request).await {
            Ok(body) => perform(&live, action, &who, body.as_ref()).await,
            Err(error) => Err(error),
        },
    };
    match answer {
        Ok(answer) => axum::Json(answer).into_response(),
        Err(error) => error.respond(live.inner.settings.debug),
    }
}

/// What all actions take and give.
pub(super) fn schema(live: &Live) -> Response {
    let actions: Map<String, Json> = live
        .inner
        .actions
        .iter()
        .map(|action| (action.name.clone(), described(&live.inner, action)))
        .collect();
    let count = actions.len();
    checksummed(&json!({ "actions": actions, "count": count }))
}

fn described(inner: &Inner, action: &Action) -> Json {
    let properties = |fields: &[ActionField]| -> Map<String, Json> {
        fields
            .iter()
            .map(|own| {
                let name = own.field.name().to_owned();
                (
                    name,
                    action_property(own, |target| inner.registry.model(target).map(key_type)),
                )
            })
            .collect()
    };
    let relationships: Map<String, Json> = action
        .inputs
        .iter()
        .filter_map(|own| {
            let reference = own.field.reference.as_ref()?;
            let target = inner.registry.model(&reference.model)?;
            let told = relationship("foreign-key", target);
            Some((own.field.name().to_owned(), told))
        })
        .collect();
    let permissions: Vec<String> = action.permissions.iter().map(|p| p.name()).collect();
    let title = title_case(&action.name.replace('_', " "));
    json!({
        "action_name": action.name,
        "app": action.app,
        "title": title,
        "docstring": action.docs,
        "class_name": title.replace(' ', ""),
        "input_properties": properties(&action.inputs),
        "response_properties": properties(&action.outputs),
        "relationships": relationships,
        "permissions": permissions,
        "display": null,
    })
}
