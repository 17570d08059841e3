//! Plays a case: opens its connections, sends its frames, and waits for what comes.

use std::collections::BTreeMap;
use std::thread::sleep;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::case::{Case, Segment};
use super::client::Connection;
use super::compare::{compare, least};
use crate::error::Blocked;
use crate::http::{Base, Outgoing};
use crate::{forge, moment};

/// How long to wait after what is wanted has come, for what is not.
const QUIET: Duration = Duration::from_millis(150);
/// How long to wait for what is wanted.
const LIMIT: Duration = Duration::from_secs(5);

/// Plays cases against one server.
#[derive(Clone, Debug)]
pub struct Player<'c> {
    base: Base,
    fixtures: &'c Value,
}

impl<'c> Player<'c> {
    /// A player of cases that start from `fixtures`.
    #[must_use]
    pub fn new(base: Base, fixtures: &'c Value) -> Self {
        Self { base, fixtures }
    }

    /// Plays a case. `None`: all came as wanted; otherwise the first difference, or why it could not be played.
    #[must_use]
    pub fn play(&self, case: &Case) -> Option<String> {
        let mut play = Play {
            player: self,
            variables: self.variables(),
            connections: BTreeMap::new(),
            segments: Vec::new(),
        };
        match play.steps(case) {
            Ok(()) => compare(case.wanted(), &play.segments),
            Err(why) => Some(format!("blocked: {why}")),
        }
    }

    fn variables(&self) -> Map<String, Value> {
        let mut variables = Map::new();
        for (name, user) in self.fixtures["users"].as_object().into_iter().flatten() {
            for (field, value) in user.as_object().into_iter().flatten() {
                variables.insert(format!("{name}.{field}"), value.clone());
            }
            let pair = format!("{name}:{}", user["password"].as_str().unwrap_or_default());
            variables.insert(format!("{name}.basic"), json!(STANDARD.encode(pair)));
        }
        variables.insert("host".to_owned(), json!(self.base.host()));
        variables
    }
}

/// One case while it is played.
struct Play<'p> {
    player: &'p Player<'p>,
    variables: Map<String, Value>,
    connections: BTreeMap<String, Connection>,
    segments: Vec<Segment>,
}

impl Play<'_> {
    fn steps(&mut self, case: &Case) -> Result<(), Blocked> {
        self.act("reset", &Map::new(), "reset")?;
        for (index, raw) in case.steps.iter().enumerate() {
            let step = filled(raw, &self.variables);
            let wanted = case.wanted().iter().find(|segment| segment.step == index);
            let name = |key: &str| step[key].as_str().map(str::to_owned);
            let mut settles = step["nowait"] != true;
            if let Some(action) = name("http") {
                let mut given = step["with"].as_object().cloned().unwrap_or_default();
                if let Some(user) = given.get("user").and_then(Value::as_str) {
                    let user = self.player.fixtures["users"][user].as_object().cloned();
                    given.extend(user.unwrap_or_default());
                }
                self.act(&action, &given, step["as"].as_str().unwrap_or(&action))?;
                settles = step["settle"] == true;
            } else if step["jwt"].is_object() {
                let token = self.mint(&step["jwt"])?;
                let name = name("as").unwrap_or_default();
                self.variables.insert(name, json!(token));
                settles = false;
            } else if step["request"].is_object() {
                self.request(index, &step["request"])?;
                settles = false;
            } else if let Some(name) = name("open") {
                let connection = Connection::open(&self.player.base, &step)?;
                self.connections.insert(name, connection);
            } else if let Some(name) = name("send") {
                for _ in 0..step["times"].as_u64().unwrap_or(1) {
                    self.connection(&name)?.send(&step)?;
                }
            } else if let Some(name) = name("close") {
                let code = match step.get("code") {
                    None => Some(1000),
                    Some(code) => code.as_u64().and_then(|code| u16::try_from(code).ok()),
                };
                let reason = step["reason"].as_str().unwrap_or_default();
                self.connection(&name)?.close(code, reason);
            } else if let Some(name) = name("drop") {
                self.connection(&name)?.cut();
                sleep(Duration::from_millis(100));
                self.connection(&name)?.take();
            } else if let Some(wait) = step["wait"].as_u64() {
                sleep(Duration::from_millis(wait));
            } else {
                return Err(Blocked::new(format!("an unknown step: {step}")));
            }
            if settles {
                self.settle(index, &step, wanted);
            }
        }
        Ok(())
    }

    fn connection(&mut self, name: &str) -> Result<&mut Connection, Blocked> {
        let connection = self.connections.get_mut(name);
        connection.ok_or_else(|| Blocked::new(format!("no connection {name}")))
    }

    /// Waits until what is wanted has come, and then until nothing has come for a while.
    fn settle(&mut self, index: usize, step: &Value, wanted: Option<&Segment>) {
        let start = Instant::now();
        let milliseconds = |key: &str| step[key].as_u64().map(Duration::from_millis);
        let limit = milliseconds("limit").unwrap_or(LIMIT);
        let has_come = |connections: &BTreeMap<String, Connection>| {
            let wanted = wanted.map(|segment| &segment.events);
            wanted.into_iter().flatten().all(|(name, events)| {
                let connection = connections.get(name);
                connection.is_none_or(|connection| connection.waiting() >= least(events))
            })
        };
        while !has_come(&self.connections) && start.elapsed() < limit {
            sleep(Duration::from_millis(10));
        }
        let count = |connections: &BTreeMap<String, Connection>| -> usize {
            connections.values().map(Connection::waiting).sum()
        };
        let (mut seen, mut since) = (count(&self.connections), Instant::now());
        while since.elapsed() < QUIET && start.elapsed() < limit + Duration::from_secs(3) {
            sleep(Duration::from_millis(20));
            let now = count(&self.connections);
            if now != seen {
                (seen, since) = (now, Instant::now());
            }
        }
        let mut events = Map::new();
        for (name, connection) in &mut self.connections {
            let new = connection.take();
            if !new.is_empty() {
                events.insert(name.clone(), Value::Array(new));
            }
        }
        self.segments.push(Segment {
            step: index,
            events,
        });
    }

    /// An HTTP step of the fixtures; what it gives is kept under `keep`.
    fn act(&mut self, name: &str, given: &Map<String, Value>, keep: &str) -> Result<(), Blocked> {
        let mut known = self.variables.clone();
        known.extend(given.clone());
        let raw = &self.player.fixtures["http"][name];
        let spec = filled(raw, &known);
        let mut body = Map::new();
        for (field, value) in raw["json"].as_object().into_iter().flatten() {
            let text = value.as_str().unwrap_or_default();
            let whole = text
                .strip_prefix('{')
                .and_then(|rest| rest.strip_suffix('}'));
            match whole {
                // A variable keeps its type; one that is not there leaves the field out.
                Some(whole) => {
                    body.extend(known.get(whole).map(|value| (field.clone(), value.clone())))
                }
                None => body.extend([(field.clone(), filled(value, &known))]),
            }
        }
        let mut outgoing = Outgoing {
            method: spec["method"].as_str().unwrap_or("POST").to_owned(),
            target: spec["path"].as_str().unwrap_or_default().to_owned(),
            body: Some(Value::Object(body).to_string().into_bytes()),
            ..Outgoing::default()
        };
        outgoing.set("Content-Type", vec!["application/json".to_owned()]);
        for (header, value) in spec["headers"].as_object().into_iter().flatten() {
            outgoing.set(header, vec![value.as_str().unwrap_or_default().to_owned()]);
        }
        let answer = self.player.base.send(&outgoing)?;
        if answer.status >= 400 {
            let text = String::from_utf8_lossy(&answer.body).into_owned();
            return Err(Blocked::new(format!(
                "{name} answered {}: {text}",
                answer.status
            )));
        }
        let given: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        for (field, source) in raw["save"].as_object().into_iter().flatten() {
            let source = source.as_str().unwrap_or_default();
            let value = match source.split_once(':') {
                Some(("cookie", cookie)) => answer
                    .all("set-cookie")
                    .find_map(|line| line.strip_prefix(cookie)?.strip_prefix('='))
                    .and_then(|rest| rest.split(';').next())
                    .map(str::to_owned),
                Some(("json", key)) => given[key].as_str().map(str::to_owned),
                _ => None,
            };
            let value = value.ok_or_else(|| Blocked::new(format!("{name} gave no {source}")))?;
            self.variables
                .insert(format!("{keep}.{field}"), json!(value));
        }
        Ok(())
    }

    fn mint(&self, spec: &Value) -> Result<String, Blocked> {
        let expires_in = spec["exp_in"].as_i64().unwrap_or(300);
        let mut claims = json!({
            "token_type": "access",
            "iat": "+0",
            "jti": moment::random_hex(8),
            "exp": format!("{expires_in:+}"),
        });
        if let Some(claims) = claims.as_object_mut() {
            claims.extend(spec["claims"].as_object().cloned().unwrap_or_default());
            claims.retain(|_, value| !value.is_null());
        }
        let key = spec["key"]
            .as_str()
            .or(self.player.fixtures["jwt_key"].as_str());
        let alg = spec["alg"].as_str().unwrap_or("HS256");
        forge::token(
            json!({ "alg": alg, "claims": claims, "key": key }),
            moment::now(),
        )
    }

    /// A plain request, whose answer is compared as an event.
    fn request(&mut self, index: usize, request: &Value) -> Result<(), Blocked> {
        let mut outgoing = Outgoing {
            method: request["method"].as_str().unwrap_or("GET").to_owned(),
            target: request["path"].as_str().unwrap_or_default().to_owned(),
            body: request
                .get("json")
                .map(|body| body.to_string().into_bytes()),
            ..Outgoing::default()
        };
        for pair in request["headers"].as_array().into_iter().flatten() {
            let part = |place: usize| pair[place].as_str().unwrap_or_default().to_owned();
            outgoing.set(&part(0), vec![part(1)]);
        }
        let answer = self.player.base.send(&outgoing)?;
        let mut event = json!({ "http": answer.status });
        if let Ok(body) = serde_json::from_slice::<Value>(&answer.body)
            && request["body"] != false
        {
            event["json"] = body;
        }
        self.segments.push(Segment {
            step: index,
            events: Map::from_iter([("http".to_owned(), json!([event]))]),
        });
        Ok(())
    }
}

/// Puts variables in the place of `{name}`; what is no variable stays as it is.
fn filled(value: &Value, variables: &Map<String, Value>) -> Value {
    match value {
        Value::String(text) => {
            let mut text = text.clone();
            for (name, value) in variables {
                let place = format!("{{{name}}}");
                if text.contains(&place) {
                    let value = value
                        .as_str()
                        .map_or_else(|| value.to_string(), str::to_owned);
                    text = text.replace(&place, &value);
                }
            }
            Value::String(text)
        }
        Value::Array(items) => items.iter().map(|item| filled(item, variables)).collect(),
        Value::Object(fields) => {
            let fields = fields.iter();
            let filled = fields.map(|(name, value)| (name.clone(), filled(value, variables)));
            Value::Object(filled.collect())
        }
        other => other.clone(),
    }
}
