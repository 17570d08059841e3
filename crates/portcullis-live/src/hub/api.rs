//! The publish API: where programs with the secret send events, and ask who is there.

use axum::extract::{Path, Request};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use portcullis_web::{Body, Doors, Gate, get, post};
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

use super::channel::{Kind, is_socket_id};
use super::handle::Hub;
use super::nodes::Message;
use super::publish::PublishError;
use super::signed::checked;
use super::state::Inner;

/// How many channels one event, and how many events one batch may have.
const MAX_CHANNELS: usize = 100;
const MAX_BATCH: usize = 10;

/// An answer that is no success: a status and a sentence.
pub(super) type Refused = (StatusCode, String);

pub(super) fn refused(status: StatusCode, text: impl ToString) -> Refused {
    (status, text.to_string())
}

impl From<PublishError> for Refused {
    fn from(error: PublishError) -> Self {
        let status = match error {
            PublishError::Channel | PublishError::Event => StatusCode::BAD_REQUEST,
            PublishError::Large => StatusCode::PAYLOAD_TOO_LARGE,
            PublishError::OfRows => StatusCode::FORBIDDEN,
        };
        refused(status, error)
    }
}

/// One request whose signature is good.
struct Asked<'a> {
    inner: &'a Inner,
    body: &'a [u8],
    /// What the path names: a channel, or a user.
    name: &'a str,
    query: &'a str,
}

/// Answers a request.
type Make = fn(&Asked<'_>) -> Result<Json, Refused>;

#[derive(Deserialize)]
struct Event {
    name: String,
    #[serde(default)]
    channels: Vec<String>,
    channel: Option<String>,
    data: String,
    socket_id: Option<String>,
}

#[derive(Deserialize)]
struct Batch {
    batch: Vec<Event>,
}

impl Hub {
    /// The doors below `/apps/APP_ID/`. Who comes has the secret: each request is signed.
    pub(super) fn publish_doors(&self, gate: &Gate) -> Doors {
        let hub = |make: Make| {
            let hub = self.clone();
            move |names: Path<Vec<(String, String)>>, request: Request| {
                answered(hub.clone(), names.0, request, make)
            }
        };
        let doors = gate.doors();
        [
            ("events", post(hub(events))),
            ("batch_events", post(hub(batch_events))),
            ("channels", get(hub(channels))),
            ("channels/{name}", get(hub(channel))),
            ("channels/{name}/users", get(hub(users))),
            ("users/{name}/terminate_connections", post(hub(terminate))),
        ]
        .into_iter()
        .fold(doors, |doors, (path, methods)| {
            doors
                .route(&format!("/apps/{{app_id}}/{path}"), methods)
                .authenticated_by(Vec::new())
                .open()
        })
    }
}

async fn answered(
    hub: Hub,
    names: Vec<(String, String)>,
    request: Request,
    make: Make,
) -> Response {
    let inner = &hub.inner;
    let (head, content) = request.into_parts();
    let kept = head.clone();
    let body = match Body::read(Request::from_parts(head, content)).await {
        Ok(body) => body,
        Err(refusal) => return refusal.into_response(),
    };
    let name = |wanted: &str| {
        let found = names.iter().find(|(name, _)| name == wanted);
        found.map(|(_, value)| value.as_str()).unwrap_or_default()
    };
    let pairs: Vec<(String, String)> =
        serde_urlencoded::from_str(kept.uri.query().unwrap_or_default()).unwrap_or_default();
    let checked = checked(inner, &kept, name("app_id"), &pairs, body.bytes());
    let asked = Asked {
        inner,
        body: body.bytes(),
        name: name("name"),
        query: kept.uri.query().unwrap_or_default(),
    };
    match checked.and_then(|()| make(&asked)) {
        Ok(answer) => axum::Json(answer).into_response(),
        Err((status, text)) => (status, format!("{text}\n")).into_response(),
    }
}

fn parsed<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, Refused> {
    serde_json::from_slice(body).map_err(|error| {
        refused(
            StatusCode::BAD_REQUEST,
            format!("Invalid JSON body: {error}"),
        )
    })
}

/// An event's channels, once all of it can be published.
fn target(inner: &Inner, event: &Event) -> Result<Vec<String>, Refused> {
    let mut channels = event.channels.clone();
    channels.extend(event.channel.clone());
    if channels.is_empty() || channels.len() > MAX_CHANNELS {
        let text = format!("An event has 1 to {MAX_CHANNELS} channels");
        return Err(refused(StatusCode::BAD_REQUEST, text));
    }
    if event.socket_id.as_ref().is_some_and(|id| !is_socket_id(id)) {
        return Err(refused(StatusCode::BAD_REQUEST, "Invalid socket_id"));
    }
    inner.check(&channels, &event.name, &event.data)?;
    Ok(channels)
}

fn events(asked: &Asked<'_>) -> Result<Json, Refused> {
    let inner = asked.inner;
    let event: Event = parsed(asked.body)?;
    let channels = target(inner, &event)?;
    inner.publish(
        &channels,
        &event.name,
        &event.data,
        event.socket_id.as_deref(),
    );
    Ok(json!({}))
}

fn batch_events(asked: &Asked<'_>) -> Result<Json, Refused> {
    let inner = asked.inner;
    let batch: Batch = parsed(asked.body)?;
    if batch.batch.len() > MAX_BATCH {
        let text = format!("A batch has {MAX_BATCH} events at most");
        return Err(refused(StatusCode::BAD_REQUEST, text));
    }
    // All of them, or none.
    let targets: Result<Vec<Vec<String>>, Refused> = batch
        .batch
        .iter()
        .map(|event| target(inner, event))
        .collect();
    for (event, channels) in batch.batch.iter().zip(targets?) {
        inner.publish(
            &channels,
            &event.name,
            &event.data,
            event.socket_id.as_deref(),
        );
    }
    Ok(json!({}))
}

/// A parameter of the query.
fn parameter(query: &str, wanted: &str) -> String {
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query).unwrap_or_default();
    let found = pairs.into_iter().find(|(name, _)| name == wanted);
    found.map(|(_, value)| value).unwrap_or_default()
}

/// What is told of a channel that somebody hears.
fn described(inner: &Inner, name: &str, wanted: &str) -> Map<String, Json> {
    let mut told = Map::new();
    let state = inner.state();
    let Some(audience) = state.audiences.get(name) else {
        return told;
    };
    for attribute in wanted.split(',') {
        match attribute {
            "user_count" if Kind::of(name) == Some(Kind::Presence) => {
                told.insert("user_count".to_owned(), json!(audience.members.count()));
            }
            "subscription_count" => {
                let count = audience.subscribers.len();
                told.insert("subscription_count".to_owned(), json!(count));
            }
            _ => {}
        }
    }
    told
}

fn channels(asked: &Asked<'_>) -> Result<Json, Refused> {
    let inner = asked.inner;
    let (prefix, wanted) = (
        parameter(asked.query, "filter_by_prefix"),
        parameter(asked.query, "info"),
    );
    let names: Vec<String> = {
        let state = inner.state();
        let names = state.audiences.keys();
        names
            .filter(|name| name.starts_with(&prefix))
            .map(|name| name.to_string())
            .collect()
    };
    let told: Map<String, Json> = names
        .into_iter()
        .map(|name| {
            let told = described(inner, &name, &wanted);
            (name, Json::Object(told))
        })
        .collect();
    Ok(json!({ "channels": told }))
}

fn channel(asked: &Asked<'_>) -> Result<Json, Refused> {
    let inner = asked.inner;
    let mut told = described(inner, asked.name, &parameter(asked.query, "info"));
    let is_occupied = inner.state().audiences.contains_key(asked.name);
    told.insert("occupied".to_owned(), json!(is_occupied));
    Ok(Json::Object(told))
}

fn users(asked: &Asked<'_>) -> Result<Json, Refused> {
    let inner = asked.inner;
    if Kind::of(asked.name) != Some(Kind::Presence) {
        let text = "Users can be listed of presence channels only";
        return Err(refused(StatusCode::BAD_REQUEST, text));
    }
    let state = inner.state();
    let ids = state.audiences.get(asked.name).map(|audience| {
        let ids = audience.members.ids().into_iter();
        ids.map(|id| json!({ "id": id })).collect::<Vec<Json>>()
    });
    Ok(json!({ "users": ids.unwrap_or_default() }))
}

/// Ends the connections of a user who was signed in, on all nodes.
fn terminate(asked: &Asked<'_>) -> Result<Json, Refused> {
    let inner = asked.inner;
    inner.terminate(asked.name);
    if inner.others.get().is_some() {
        inner.tell_others(Message::Terminate {
            user: asked.name.to_owned(),
        });
    }
    Ok(json!({}))
}
