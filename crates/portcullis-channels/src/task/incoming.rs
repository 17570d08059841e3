//! What comes in: frames, judged before any consumer sees them.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use serde_json::{Map, Value, json};
use tokio_tungstenite::tungstenite::Message;

use super::line::End;
use super::{Over, Task};
use crate::camel::decamelized;
use crate::connection::{Connection, Live};
use crate::consumer::Consumer;
use crate::frame::{self, Reply};
use crate::group::Group;
use crate::settings::Wire;
use crate::topic::{Refused, Topic};
use crate::validation::{Fault, Place};

/// The `ref` of a frame, if it is text.
pub(super) fn reference(frame: &Value) -> Reply {
    Reply {
        reference: frame["ref"].as_str().map(Into::into),
        ..Reply::default()
    }
}

impl<C: Consumer> Task<C> {
    pub(super) async fn read(&mut self, message: Message) -> Result<(), Over> {
        self.unanswered_ping = None;
        match message {
            Message::Text(text) => self.take(&text).await,
            Message::Binary(_) => self.take_binary(),
            Message::Ping(_) => match self.pings.take() {
                // The library has put the pong into its buffer: something has to push it out.
                Ok(()) => Ok(()),
                Err(_) => Err(End::Close(1008, "too many pings".to_owned()).into()),
            },
            Message::Pong(_) | Message::Close(_) | Message::Frame(_) => Ok(()),
        }
    }

    async fn take(&mut self, text: &str) -> Result<(), Over> {
        if self.is_taken_raw(text) {
            return Ok(());
        }
        let parsed = serde_json::from_str::<Value>(text);
        let reply = match (&parsed, self.live.served.settings.wire) {
            (Ok(frame), Wire::Current) => reference(frame),
            _ => Reply::default(),
        };
        if self.is_throttled(&reply)? {
            return Ok(());
        }
        let frame = match parsed {
            Ok(Value::Object(frame)) => frame,
            Ok(_) => {
                let text = "Input should be an object";
                self.fault(&Fault::new("model_type", Vec::new(), text), reply);
                return Ok(());
            }
            Err(error) => {
                let text = format!("Invalid JSON: {error}");
                self.fault(&Fault::new("json_invalid", Vec::new(), &text), reply);
                return Ok(());
            }
        };
        let settings = &self.live.served.settings;
        let frame = match settings.camelize {
            true => match decamelized(Value::Object(frame)) {
                Value::Object(frame) => frame,
                _ => Map::new(),
            },
            false => frame,
        };
        if settings.wire == Wire::Current
            && let Some(fault) = reserved(&frame)
        {
            self.fault(&fault, Reply::default());
            self.complete(Reply::default());
            return Ok(());
        }
        let action = frame.get("action").and_then(Value::as_str);
        if settings.renewal && action == Some("authenticate") {
            return self.renew(&frame).await;
        }
        let topic = frame.get("topic").and_then(Value::as_str);
        let topic = topic.or(self.target.topic.as_deref());
        let patterns = self.live.served.consumer.topics();
        match topic {
            Some(topic) if settings.wire == Wire::Current && !patterns.is_empty() => {
                let topic = topic.to_owned();
                self.take_of_topic(&topic, frame, reply).await;
            }
            _ => self.handle(frame, reply, None),
        }
        Ok(())
    }

    /// Whether the consumer takes the frame as it is.
    fn is_taken_raw(&self, text: &str) -> bool {
        let consumer = &self.live.served.consumer;
        let taken = AssertUnwindSafe(|| consumer.frame(&self.live.handle(), text));
        std::panic::catch_unwind(taken).unwrap_or_else(|_| {
            tracing::error!("a consumer crashed at a frame");
            true
        })
    }

    fn take_binary(&mut self) -> Result<(), Over> {
        if !self.is_throttled(&Reply::default())? {
            let text = "Invalid JSON: binary frames are not supported";
            let fault = Fault::new("json_invalid", Vec::new(), text);
            self.fault(&fault, Reply::default());
        }
        Ok(())
    }

    /// Whether a message is one too many; after many of them the connection is closed.
    fn is_throttled(&mut self, reply: &Reply) -> Result<bool, Over> {
        let Some(Err(wait)) = self.messages.as_mut().map(crate::limits::Bucket::take) else {
            self.throttled_in_a_row = 0;
            return Ok(false);
        };
        self.throttled_in_a_row += 1;
        if self.throttled_in_a_row > self.live.served.settings.throttle_tolerance {
            return Err(End::close(4429).into());
        }
        let unit = if wait == 1 { "second" } else { "seconds" };
        let detail = format!("Request was throttled. Expected available in {wait} {unit}.");
        let error = json!({ "detail": detail, "code": "throttled", "wait": wait });
        self.answer(reply.clone()).push(frame::error(error));
        Ok(true)
    }

    fn answer(&self, reply: Reply) -> Connection<C> {
        Connection {
            reply,
            ..self.live.handle()
        }
    }

    fn fault(&self, fault: &Fault, reply: Reply) {
        let error = frame::error(json!([fault.to_json(&[])]));
        self.answer(reply).push(error);
    }

    fn complete(&self, reply: Reply) {
        complete(&self.answer(reply));
    }

    /// Reads a message, and has the consumer handle it beside others.
    fn handle(&mut self, frame: Map<String, Value>, reply: Reply, topic: Option<Topic>) {
        let served = Arc::clone(&self.live.served);
        let is_legacy = served.settings.wire == Wire::Legacy;
        let connection = Connection {
            topic,
            ..self.answer(reply)
        };
        let message = match served.messages.read(&frame, !is_legacy) {
            Ok(message) => message,
            Err(faults) => {
                let prefix: &[&str] = if is_legacy { &["message"] } else { &[] };
                let faults = faults.iter().map(|fault| fault.to_json(prefix));
                connection.push(frame::error(faults.collect()));
                complete(&connection);
                return;
            }
        };
        let action = frame.get("action").and_then(Value::as_str);
        let action = action.unwrap_or_default().to_owned();
        self.in_flight.push(Box::pin(async move {
            let handled = AssertUnwindSafe(served.consumer.receive(connection.clone(), message));
            let is_handled = match handled.catch_unwind().await {
                Ok(Ok(())) => true,
                Ok(Err(error)) => {
                    tracing::error!(%error, action, "a message was not handled");
                    false
                }
                Err(_) => {
                    tracing::error!(action, "a consumer crashed at a message");
                    false
                }
            };
            if !is_handled {
                let mut detail = "Failed to process message".to_owned();
                if !is_legacy {
                    detail = format!("{detail} for {action}");
                }
                connection.push(frame::error(json!({ "detail": detail })));
            }
            complete(&connection);
        }));
    }

    /// Subscribes, unsubscribes, or has a message of a topic handled.
    async fn take_of_topic(&mut self, name: &str, frame: Map<String, Value>, mut reply: Reply) {
        reply.topic = Some(name.into());
        let live = Arc::clone(&self.live);
        let answer = self.answer(reply.clone());
        let Some(topic) = Topic::find(name, live.served.consumer.topics()) else {
            answer.push(Refused::Unknown.frame(name));
            return complete(&answer);
        };
        if self.target.topic.as_deref().is_some_and(|own| own != name) {
            answer.push(Refused::Unknown.frame(name));
            return complete(&answer);
        }
        let is_heard = live.topics().contains(&topic);
        match frame.get("action").and_then(Value::as_str) {
            Some("subscribe") => {
                subscribe(&live, &topic, &answer).await;
                complete(&answer);
            }
            Some("unsubscribe") => {
                live.topics().retain(|heard| *heard != topic);
                if let Err(error) = live.delist(&Group::of_topic(name)).await {
                    tracing::warn!(%error, "a topic was not left");
                }
                answer.push(frame::signal("unsubscribed"));
                complete(&answer);
            }
            _ if !is_heard => {
                answer.push(Refused::NotSubscribed.frame(name));
                complete(&answer);
            }
            _ => self.handle(frame, reply, Some(topic)),
        }
    }
}

/// Begins to hear the topic that a route is dedicated to.
pub(super) async fn subscribe_route<C: Consumer>(live: &Arc<Live<C>>, name: &str) {
    let answer = Connection {
        reply: Reply {
            topic: Some(name.into()),
            ..Reply::default()
        },
        ..live.handle()
    };
    match Topic::find(name, live.served.consumer.topics()) {
        Some(topic) => subscribe(live, &topic, &answer).await,
        None => answer.push(Refused::Unknown.frame(name)),
    }
}

/// Begins to hear a topic, if the consumer allows it.
pub(super) async fn subscribe<C: Consumer>(
    live: &Arc<Live<C>>,
    topic: &Topic,
    answer: &Connection<C>,
) {
    let consumer = &live.served.consumer;
    let is_new = !live.topics().contains(topic);
    let asked = consumer.may_subscribe(answer.clone(), topic.clone());
    let is_allowed = AssertUnwindSafe(asked).catch_unwind().await;
    if !is_allowed.unwrap_or(false) {
        return answer.push(Refused::Unauthorized.frame(topic.name()));
    }
    if let Err(error) = live.enlist(&Group::of_topic(topic.name())).await {
        tracing::error!(%error, "a topic was not joined");
        return answer.push(Refused::Unauthorized.frame(topic.name()));
    }
    answer.push(frame::signal("subscribed"));
    if is_new {
        live.topics().push(topic.clone());
        let push = Connection {
            live: Arc::clone(live),
            topic: Some(topic.clone()),
            reply: Reply {
                topic: Some(Arc::clone(&topic.name)),
                ..Reply::default()
            },
        };
        let begun = AssertUnwindSafe(consumer.subscribed(push, topic.clone()));
        match begun.catch_unwind().await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "a topic's beginning failed"),
            Err(_) => tracing::error!("a consumer crashed at a topic's beginning"),
        }
    }
}

fn complete<C: Consumer>(connection: &Connection<C>) {
    if connection.live.served.settings.send_completion {
        connection.push(frame::signal("complete"));
    }
}

/// What is wrong with the keys that are ours.
fn reserved(frame: &Map<String, Value>) -> Option<Fault> {
    let fault = |kind, name, text| Some(Fault::new(kind, vec![Place::from(name)], text));
    match frame.get("ref") {
        None | Some(Value::Null | Value::String(_)) => {}
        Some(_) => return fault("string_type", "ref", "Input should be a valid string"),
    }
    match frame.get("version") {
        None | Some(Value::Null | Value::Number(_)) => None,
        Some(Value::String(text)) if text.parse::<i64>().is_ok() => None,
        Some(_) => {
            let text = "Input should be a valid integer, unable to parse string as an integer";
            fault("int_parsing", "version", text)
        }
    }
}
