//! The consumer of the profile `newest`: the messages of Chanx 2.13, with events and topics.

use std::marker::PhantomData;
use std::time::Duration;

use portcullis::channels::{Connection, Consumer, ConsumerError, Event, Group, Topic};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::legacy::{EchoPayload, Named, ProfilePayload, SayPayload, SlowPayload, name};
use crate::state::Rooms;

/// What clients send.
#[derive(Deserialize, JsonSchema)]
#[serde(tag = "action", content = "payload", rename_all = "snake_case")]
pub(crate) enum In {
    Ping,
    Echo(EchoPayload),
    Whoami,
    Slow(SlowPayload),
    Boom(#[expect(dead_code, reason = "anything is taken, and nothing looked at")] Option<Value>),
    Say(SayPayload),
    SayOthers(SayPayload),
    Bye(Option<Map<String, Value>>),
    SetProfile(ProfilePayload),
}

/// What they are sent.
#[derive(JsonSchema, Serialize)]
#[serde(tag = "action", content = "payload", rename_all = "snake_case")]
pub(crate) enum Out {
    Pong,
    EchoReply(Value),
    WhoamiReply(Value),
    SlowReply {
        ms: i64,
    },
    ProfileReply(ProfilePayload),
    Welcome {
        username: String,
    },
    RoomMessage {
        text: String,
        sender: Option<String>,
    },
    Ticked(i64),
    Notice(String),
}

/// The consumer; `O` is what its URL names.
pub(crate) struct Current<O> {
    pub(crate) groups: &'static [&'static str],
    pub(crate) greets: bool,
    /// Whether the endpoint has authenticators: without, its user is no one rather than nobody.
    pub(crate) knows_users: bool,
    pub(crate) topics: &'static [&'static str],
    pub(crate) rooms: Rooms,
    pub(crate) of: PhantomData<O>,
}

impl<O: Named> Current<O> {
    pub(crate) fn new(rooms: &Rooms) -> Self {
        Self {
            groups: &[],
            greets: false,
            knows_users: true,
            topics: &[],
            rooms: rooms.clone(),
            of: PhantomData,
        }
    }

    fn addressed(&self, named: Option<Vec<String>>) -> Vec<Group> {
        match named {
            Some(names) => names.iter().map(Group::new).collect(),
            None => self.groups.iter().map(Group::new).collect(),
        }
    }

    fn room_message(c: &Connection<Self>, text: &str) -> Out {
        let sender = c.user().map(|user| user.username);
        let text = text.to_owned();
        Out::RoomMessage { text, sender }
    }
}

impl<O: Named> Consumer for Current<O> {
    type In = In;
    type Out = Out;
    type Object = O;

    async fn groups(&self, _: Connection<Self>) -> Vec<Group> {
        self.groups.iter().map(Group::new).collect()
    }

    async fn connected(&self, c: Connection<Self>) -> Result<(), ConsumerError> {
        if let Some(group) = c.object().group() {
            c.join(group).await?;
        }
        match c.user().filter(|_| self.greets) {
            Some(user) => c.send(Out::Welcome {
                username: user.username,
            }),
            None => Ok(()),
        }
    }

    async fn receive(&self, c: Connection<Self>, message: In) -> Result<(), ConsumerError> {
        match message {
            In::Ping => c.send(Out::Pong),
            In::Echo(EchoPayload { text, .. }) if c.topic().is_some() => {
                let topic = c.topic().map(Topic::name);
                c.send(Out::EchoReply(json!({ "text": text, "topic": topic })))
            }
            In::Echo(EchoPayload { text, count }) => {
                for _ in 0..count {
                    c.send(Out::EchoReply(json!({ "text": text })))?;
                }
                Ok(())
            }
            In::Whoami => {
                let who = c.who();
                c.send(Out::WhoamiReply(json!({
                    "username": self.knows_users.then(|| name(&who)),
                    "is_authenticated": who.user().is_some(),
                    "obj": c.object().to_json(),
                })))
            }
            In::Slow(SlowPayload { ms }) => {
                let wait = Duration::from_millis(u64::try_from(ms).unwrap_or_default());
                tokio::time::sleep(wait).await;
                c.send(Out::SlowReply { ms })
            }
            In::Boom(_) => Err(ConsumerError::new("boom")),
            In::Say(SayPayload { text, groups }) => {
                let message = || Self::room_message(&c, &text);
                if let Some(topic) = c.topic() {
                    return c.send_topic(topic, message()).await;
                }
                for group in self.addressed(groups) {
                    c.send_group(&group, message()).await?;
                }
                Ok(())
            }
            In::SayOthers(SayPayload { text, groups }) => {
                for group in self.addressed(groups) {
                    c.send_others(&group, Self::room_message(&c, &text)).await?;
                }
                Ok(())
            }
            In::Bye(bye) => {
                let bye = bye.unwrap_or_default();
                let code = bye.get("code").and_then(Value::as_u64);
                let code = code.and_then(|code| u16::try_from(code).ok());
                let reason = bye.get("reason").and_then(Value::as_str);
                c.close(code.unwrap_or(1000), reason.unwrap_or_default());
                Ok(())
            }
            In::SetProfile(profile) => c.send(Out::ProfileReply(profile)),
        }
    }

    async fn event(&self, c: Connection<Self>, event: Event) -> Result<(), ConsumerError> {
        match event.action() {
            "tick" => c.send(Out::Ticked(event.payload()?)),
            "notice" => c.send(Out::Notice(event.payload()?)),
            "bad_tick" => Err(ConsumerError::new("event handler crashed")),
            _ => Ok(()),
        }
    }

    fn topics(&self) -> &'static [&'static str] {
        self.topics
    }

    async fn may_subscribe(&self, c: Connection<Self>, topic: Topic) -> bool {
        let Some(pk) = topic.parameter("pk") else {
            return true;
        };
        let user = c.user().map(|user| user.id.to_string());
        let is_member = |id| user.is_some_and(|user| self.rooms.has_member(id, &user));
        pk.parse().is_ok_and(is_member)
    }

    async fn subscribed(&self, c: Connection<Self>, topic: Topic) -> Result<(), ConsumerError> {
        match topic.parameter("pk") {
            Some(_) => c.send(Out::Notice(format!("state of {}", topic.name()))),
            None => Ok(()),
        }
    }
}
