//! What a door answers: its own answers, and the refusals that its guards give.

use std::collections::BTreeMap;

use http::Method;
use portcullis_core::Action;
use serde_json::{Map, Value, json};

use super::schema::{self, shared_one};
use super::security;
use crate::description::{Content, Description};
use crate::face::Face;
use crate::way::Door;

/// The answers by status, as an operation has them.
pub(super) fn answers(door: &Door, method: &Method, said: &Description) -> Value {
    let mut all: BTreeMap<u16, Alternatives> = BTreeMap::new();
    let mut add = |status: u16, text: &str, body| all.entry(status).or_default().add(text, body);
    if said.answers.is_empty() {
        add(200, "What the handler answers.", None);
    }
    for answer in &said.answers {
        add(answer.status, &answer.when, written(&answer.content));
    }
    let has_body = !said.fields.is_empty();
    for (status, text) in refusals(door, method, has_body) {
        let body = match door.face {
            Face::Page | Face::Site(_) => ("text/html", json!({ "type": "string" })),
            Face::Plain | Face::Api(_) | Face::Socket | Face::Asking => {
                (JSON, shared_one("Refusal"))
            }
        };
        add(status, text, Some(body));
    }
    if has_body {
        let body = (JSON, shared_one("FieldErrors"));
        add(400, "Fields are missing or wrong.", Some(body));
    }
    let all = all.into_iter().map(|(status, alternatives)| {
        let answer = alternatives.into_answer(status);
        (status.to_string(), answer)
    });
    Value::Object(all.collect())
}

const JSON: &str = "application/json";

/// A body: its media type and its schema.
type Body = (&'static str, Value);

fn written(content: &Content) -> Option<Body> {
    match content {
        Content::Nothing => None,
        Content::Fields(fields) => Some((JSON, schema::object(fields))),
        Content::List(fields) => Some((JSON, schema::list(fields))),
        Content::Detail => Some((JSON, shared_one("Refusal"))),
        Content::Text(media_type) => Some((media_type, json!({ "type": "string" }))),
    }
}

/// What a door's guards refuse, before its handler is asked.
fn refusals(door: &Door, method: &Method, has_body: bool) -> Vec<(u16, &'static str)> {
    let mut refusals = Vec::new();
    let asks = !door.authenticators.is_empty();
    let is_open = security::lets_anybody_in(door, method);
    let challenge = door.gate.challenge(&door.authenticators);
    let unknown = if challenge.is_some() { 401 } else { 403 };
    if !is_open {
        refusals.push((unknown, "No credentials were sent, or wrong ones."));
        refusals.push((403, "Known, and not allowed."));
    } else if asks {
        refusals.push((unknown, "Credentials were sent, and they are wrong."));
    }
    if security::may_want_csrf(door, method) {
        refusals.push((403, "The CSRF token is missing or wrong."));
    }
    if matches!(door.face, Face::Api(_)) {
        refusals.push((404, "There is no such format."));
        refusals.push((406, "The answer cannot be written in what Accept names."));
    }
    if door.throttle.is_some() {
        refusals.push((429, "Too many requests."));
    }
    if has_body {
        refusals.push((400, "The body cannot be read."));
        refusals.push((413, "The body is too large."));
        refusals.push((415, "The body has another media type."));
    }
    if asks || has_body || !Action::of_method(method).is_read_only() {
        refusals.push((503, "The service is busy, or its database away."));
    }
    refusals
}

/// All answers of one status.
#[derive(Default)]
struct Alternatives {
    texts: Vec<String>,
    bodies: Vec<Body>,
}

impl Alternatives {
    fn add(&mut self, text: &str, body: Option<Body>) {
        if !self.texts.iter().any(|known| known == text) {
            self.texts.push(text.to_owned());
        }
        let new = body.filter(|body| !self.bodies.contains(body));
        self.bodies.extend(new);
    }

    fn into_answer(self, status: u16) -> Value {
        let mut by_type: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
        for (media_type, schema) in self.bodies {
            by_type.entry(media_type).or_default().push(schema);
        }
        let content = by_type.into_iter().map(|(media_type, mut schemas)| {
            let schema = match schemas.len() {
                1 => schemas.remove(0),
                _ => json!({ "anyOf": schemas }),
            };
            (media_type.to_owned(), json!({ "schema": schema }))
        });
        let content: Map<String, Value> = content.collect();
        let mut answer = json!({ "description": self.texts.join(" ") });
        if !content.is_empty() {
            answer["content"] = content.into();
        }
        if let Some((name, kind, about)) = header(status) {
            let header = json!({ "description": about, "schema": { "type": kind } });
            answer["headers"] = json!({ name: header });
        }
        answer
    }
}

/// The header that tells what to do about a refusal.
fn header(status: u16) -> Option<(&'static str, &'static str, &'static str)> {
    match status {
        401 => Some((
            "WWW-Authenticate",
            "string",
            "Which credentials are asked for.",
        )),
        429 | 503 => Some((
            "Retry-After",
            "integer",
            "After how many seconds to come again.",
        )),
        _ => None,
    }
}
