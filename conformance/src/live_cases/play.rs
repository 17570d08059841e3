//! Plays cases over HTTP.

use portcullis::core::{Clock, SystemClock};
use serde_json::{Map, Value, json};

use super::case::{Case, Step};
use super::compare::{difference, sorted};
use super::events::Listener;
use super::normalise::Normaliser;
use crate::body::urlencoded;
use crate::error::Blocked;
use crate::http::{Base, Outgoing};

const BOUNDARY: &str = "live-cases-boundary";

/// Headers that only have to be there.
const PRESENT: [&str; 2] = ["X-StateZero-Telemetry", "X-StateZero-Schema-Checksum"];

/// Plays cases against a server, which is reset before each.
#[derive(Debug)]
pub struct Player {
    base: Base,
    normaliser: Normaliser,
    listener: Option<Listener>,
}

impl Player {
    /// A player for the server at a URL.
    ///
    /// # Errors
    /// When the URL cannot be read.
    pub fn new(base: &str) -> Result<Self, String> {
        let normaliser = Normaliser::new(SystemClock.now()).map_err(|error| error.to_string())?;
        Ok(Self {
            base: Base::parse(base)?,
            normaliser,
            listener: None,
        })
    }

    /// Listens to events at the hub, too, and compares them.
    ///
    /// # Errors
    /// When they cannot be heard.
    pub fn listen(&mut self, hub: &str) -> Result<(), String> {
        let hub = Base::parse(hub)?;
        let listener = Listener::connect(&self.base, &hub).map_err(|error| error.to_string())?;
        self.listener = Some(listener);
        Ok(())
    }

    /// Plays a case; where an answer differs first, or nothing.
    #[must_use]
    pub fn play(&mut self, case: &Case) -> Option<String> {
        let mut reset = Outgoing::get("/__peer__/reset/");
        reset.method = "POST".to_owned();
        if let Err(blocked) = self.base.send(&reset) {
            return Some(format!("reset: {blocked}"));
        }
        let is_quirk = case.class.as_deref() == Some("quirk");
        case.steps.iter().enumerate().find_map(|(index, step)| {
            let strictness = step.compare.unwrap_or(case.compare);
            let found = match self.step(step) {
                Ok(got) => difference(&step.expect, &got, strictness, is_quirk),
                Err(blocked) => Some(blocked.to_string()),
            };
            found.map(|what| format!("step {index} {what}"))
        })
    }

    fn step(&mut self, step: &Step) -> Result<Map<String, Value>, Blocked> {
        let outgoing = outgoing(step);
        if let Some(listener) = &mut self.listener {
            listener.drain(0);
        }
        let answer = self.base.send(&outgoing)?;
        let body = outgoing.body.unwrap_or_default();
        let sent = String::from_utf8_lossy(&body);
        let mut got = Map::new();
        got.insert("status".to_owned(), json!(answer.status));
        let header = |name: &str| answer.all(name).next().map(str::to_owned);
        if !step.watch.is_empty() {
            let watched = step.watch.iter().map(|name| {
                let value = header(&name.to_lowercase());
                let value = match PRESENT.contains(&name.as_str()) {
                    true => value.map(|_| "<present>".to_owned()),
                    false => value,
                };
                (name.clone(), json!(value))
            });
            got.insert("headers".to_owned(), Value::Object(watched.collect()));
        }
        match serde_json::from_slice(&answer.body) {
            Ok(value) => {
                let value: Value = value;
                got.insert("json".to_owned(), self.normaliser.value(&value, "", &sent));
            }
            Err(_) => {
                let kind = header("content-type").unwrap_or_default();
                let kind = match answer.body.is_empty() {
                    true => "empty",
                    false => kind.split(';').next().unwrap_or_default(),
                };
                got.insert("body_type".to_owned(), json!(kind));
            }
        }
        if let Some(listener) = &mut self.listener {
            let expected = step.expect.get("events").and_then(Value::as_array);
            let events = listener.drain(expected.map_or(0, Vec::len));
            let events = events
                .iter()
                .map(|event| self.normaliser.value(event, "", &sent));
            got.insert("events".to_owned(), sorted(events.collect()));
        }
        Ok(got)
    }
}

fn outgoing(step: &Step) -> Outgoing {
    let mut outgoing = Outgoing::get(step.path.clone());
    outgoing.method.clone_from(&step.method);
    if let Some(user) = &step.user {
        outgoing.set("Authorization", vec![format!("Token {}", user.repeat(10))]);
    }
    let body = if let Some(json) = &step.json {
        Some((json.to_string(), "application/json".to_owned()))
    } else if let Some(raw) = &step.raw {
        let kind = step.content_type.clone();
        Some((
            raw.clone(),
            kind.unwrap_or_else(|| "application/json".to_owned()),
        ))
    } else if let Some(form) = &step.form {
        Some((
            urlencoded(form),
            "application/x-www-form-urlencoded".to_owned(),
        ))
    } else if !step.files.is_empty() {
        Some((
            multipart(step),
            format!("multipart/form-data; boundary={BOUNDARY}"),
        ))
    } else {
        None
    };
    if let Some((body, kind)) = body {
        outgoing.set("Content-Type", vec![kind]);
        outgoing.body = Some(body.into_bytes());
    }
    for (name, value) in &step.headers {
        let value = value.as_str().unwrap_or_default().to_owned();
        outgoing.set(name, vec![value]);
    }
    outgoing
}

fn multipart(step: &Step) -> String {
    let mut text = String::new();
    for file in &step.files {
        text.push_str(&format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{}\"; filename=\"{}\"\r\n\
             Content-Type: text/plain\r\n\r\n{}\r\n",
            file.field, file.filename, file.text
        ));
    }
    text.push_str(&format!("--{BOUNDARY}--\r\n"));
    text
}
