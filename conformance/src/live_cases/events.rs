//! The client's end of the hub: all channels of the recorded models, heard by a user who sees everything.

use std::collections::{BTreeSet, VecDeque};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use crate::body::urlencoded;
use crate::error::Blocked;
use crate::http::{Base, Outgoing};
use crate::socket::client::Connection;

/// The models whose changes are recorded, besides the channel of all.
const MODELS: [&str; 9] = [
    "auth.user",
    "depot.site",
    "depot.permit",
    "depot.label",
    "depot.crate",
    "depot.movement",
    "depot.tally",
    "depot.memo",
    "depot.vault",
];

/// How long something that is expected is waited for.
const PATIENCE: Duration = Duration::from_secs(3);

/// How long it is waited whether something comes that is not expected.
const SILENCE: Duration = Duration::from_millis(10);

/// A connection to the hub that hears all channels.
#[derive(Debug)]
pub struct Listener {
    connection: Connection,
    /// What came and was not looked at.
    came: VecDeque<Value>,
}

impl Listener {
    /// Connects to the hub, and subscribes with signatures of the server.
    ///
    /// # Errors
    /// When a channel is not to be heard.
    pub fn connect(server: &Base, hub: &Base) -> Result<Self, Blocked> {
        let path = "/app/livekey?protocol=7&client=live-check&version=1";
        let connection = Connection::open(hub, &json!({ "path": path }))?;
        let mut listener = Self {
            connection,
            came: VecDeque::new(),
        };
        let greeting = listener.wait("pusher:connection_established")?;
        let data: Value = serde_json::from_str(greeting["data"].as_str().unwrap_or_default())
            .map_err(|error| Blocked::new(format!("a greeting without data: {error}")))?;
        let socket_id = data["socket_id"].as_str().unwrap_or_default().to_owned();
        let channels = MODELS.iter().map(|model| format!("private-{model}"));
        let mut waiting: BTreeSet<String> = channels.collect();
        waiting.insert("private-global".to_owned());
        for channel in &waiting {
            let auth = signature(server, &socket_id, channel)?;
            let data = json!({ "channel": channel, "auth": auth });
            let frame = json!({ "event": "pusher:subscribe", "data": data });
            listener.connection.send(&json!({ "json": frame }))?;
        }
        while !waiting.is_empty() {
            let heard = listener.wait("pusher_internal:subscription_succeeded")?;
            waiting.remove(heard["channel"].as_str().unwrap_or_default());
        }
        Ok(listener)
    }

    /// What came since; `expected` events are waited for.
    pub(super) fn drain(&mut self, expected: usize) -> Vec<Value> {
        let until = Instant::now() + PATIENCE;
        while self.connection.waiting() < expected && Instant::now() < until {
            sleep(Duration::from_millis(1));
        }
        sleep(SILENCE);
        self.came.extend(self.connection.take());
        self.came.drain(..).map(event).collect()
    }

    fn wait(&mut self, name: &str) -> Result<Value, Blocked> {
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            self.came.extend(self.connection.take());
            while let Some(came) = self.came.pop_front() {
                let frame = &came["json"];
                if frame["event"] == name {
                    return Ok(frame.clone());
                }
                if came.get("handshake").is_none() {
                    return Err(Blocked::new(format!("{came} came in the place of {name}")));
                }
            }
            sleep(Duration::from_millis(1));
        }
        Err(Blocked::new(format!("{name} did not come")))
    }
}

/// An event as it is recorded: its data is JSON.
fn event(came: Value) -> Value {
    let frame = &came["json"];
    if !frame.is_object() {
        return came;
    }
    let data = match &frame["data"] {
        Value::String(text) => serde_json::from_str(text).unwrap_or_else(|_| json!(text)),
        data => data.clone(),
    };
    json!({ "channel": frame["channel"], "event": frame["event"], "data": data })
}

fn signature(server: &Base, socket_id: &str, channel: &str) -> Result<String, Blocked> {
    let mut asking = Outgoing::get("/statezero/events/auth/");
    asking.method = "POST".to_owned();
    let token = format!("Token {}", "amir".repeat(10));
    asking.set("Authorization", vec![token]);
    let kind = "application/x-www-form-urlencoded".to_owned();
    asking.set("Content-Type", vec![kind]);
    let form = Map::from_iter([
        ("socket_id".to_owned(), json!(socket_id)),
        ("channel_name".to_owned(), json!(channel)),
    ]);
    asking.body = Some(urlencoded(&form).into_bytes());
    let answer = server.send(&asking)?;
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let auth = body["auth"].as_str().map(str::to_owned);
    auth.ok_or_else(|| Blocked::new(format!("{channel}: {} {body}", answer.status)))
}
