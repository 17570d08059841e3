//! The consumer of the profiles `seed`, `camel` and `contract`: the messages of Chanx 0.5.

use std::time::Duration;

use portcullis::channels::{Connection, Consumer, ConsumerError, Group};
use portcullis::core::Principal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::state::Room;

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
    SayAll(SayPayload),
    SayRaw(SayPayload),
    Groups,
    Bye(Option<ByePayload>),
    SetProfile(ProfilePayload),
}

#[derive(Deserialize, JsonSchema)]
pub(crate) struct EchoPayload {
    pub(crate) text: String,
    #[serde(default = "once")]
    #[schemars(range(min = 1, max = 5))]
    pub(crate) count: i64,
}

fn once() -> i64 {
    1
}

#[derive(Deserialize, JsonSchema)]
pub(crate) struct SlowPayload {
    pub(crate) ms: i64,
}

#[derive(Deserialize, JsonSchema)]
pub(crate) struct SayPayload {
    pub(crate) text: String,
    pub(crate) groups: Option<Vec<String>>,
}

#[derive(Deserialize, JsonSchema)]
pub(crate) struct ByePayload {
    pub(crate) code: Option<u16>,
}

#[derive(Deserialize, JsonSchema, Serialize)]
pub(crate) struct Address {
    zip_code: String,
    #[serde(default)]
    street_lines: Vec<String>,
}

#[derive(Deserialize, JsonSchema, Serialize)]
pub(crate) struct ProfilePayload {
    first_name: String,
    home_address: Option<Address>,
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
    GroupsReply(Vec<String>),
    ProfileReply(ProfilePayload),
    Welcome {
        username: String,
    },
    RoomMessage {
        text: String,
        sender: Option<String>,
    },
}

/// What an endpoint may have in its URL.
pub(crate) trait Named: Send + Sync + 'static {
    fn to_json(&self) -> Value;

    fn group(&self) -> Option<Group> {
        None
    }
}

impl Named for () {
    fn to_json(&self) -> Value {
        Value::Null
    }
}

impl Named for Room {
    fn to_json(&self) -> Value {
        json!({ "id": self.id, "name": self.name })
    }

    fn group(&self) -> Option<Group> {
        Some(Group::new(format!("room_{}", self.id)))
    }
}

/// The consumer; `O` is what its URL names.
pub(crate) struct Legacy<O> {
    /// Groups beside the object's.
    pub(crate) groups: &'static [&'static str],
    pub(crate) joins_own: bool,
    pub(crate) greets: bool,
    pub(crate) of: std::marker::PhantomData<O>,
}

impl<O> Default for Legacy<O> {
    fn default() -> Self {
        Self {
            groups: &[],
            joins_own: false,
            greets: false,
            of: std::marker::PhantomData,
        }
    }
}

/// The name of who is there; empty for nobody.
pub(crate) fn name(who: &Principal) -> String {
    who.user()
        .map(|user| user.username.clone())
        .unwrap_or_default()
}

impl<O: Named> Legacy<O> {
    /// The groups that a message is for.
    fn addressed(c: &Connection<Self>, named: Option<Vec<String>>) -> Vec<Group> {
        match named {
            Some(names) => names.iter().map(Group::new).collect(),
            None => c.groups(),
        }
    }

    fn room_message(c: &Connection<Self>, text: &str) -> Out {
        let sender = c.user().map(|user| user.username);
        let text = text.to_owned();
        Out::RoomMessage { text, sender }
    }
}

impl<O: Named> Consumer for Legacy<O> {
    type In = In;
    type Out = Out;
    type Object = O;

    async fn groups(&self, c: Connection<Self>) -> Vec<Group> {
        let mut groups: Vec<Group> = self.groups.iter().map(Group::new).collect();
        groups.extend(c.object().group());
        if let Some(user) = c.user().filter(|_| self.joins_own) {
            groups.push(Group::new(format!("user_{}", user.id)));
        }
        groups
    }

    async fn connected(&self, c: Connection<Self>) -> Result<(), ConsumerError> {
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
            In::Echo(EchoPayload { text, count }) => {
                for _ in 0..count {
                    c.send(Out::EchoReply(json!({ "text": text })))?;
                }
                Ok(())
            }
            In::Whoami => {
                let who = c.who();
                c.send(Out::WhoamiReply(json!({
                    "username": name(&who),
                    "is_authenticated": who.user().is_some(),
                    "method": c.request().method.as_str(),
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
                for group in Self::addressed(&c, groups) {
                    c.send_others(&group, Self::room_message(&c, &text)).await?;
                }
                Ok(())
            }
            In::SayAll(SayPayload { text, groups }) => {
                for group in Self::addressed(&c, groups) {
                    c.send_group(&group, Self::room_message(&c, &text)).await?;
                }
                Ok(())
            }
            In::SayRaw(SayPayload { text, groups }) => {
                let Value::Object(raw) = json!({ "action": "raw", "payload": text }) else {
                    return Ok(());
                };
                for group in Self::addressed(&c, groups) {
                    c.send_group_json(&group, raw.clone()).await?;
                }
                Ok(())
            }
            In::Groups => {
                let groups = c.groups();
                let mut names: Vec<String> =
                    groups.iter().map(|group| group.name().to_owned()).collect();
                names.sort();
                c.send(Out::GroupsReply(names))
            }
            In::Bye(bye) => {
                let code = bye.and_then(|bye| bye.code);
                c.close(code.unwrap_or(1000), "");
                Ok(())
            }
            In::SetProfile(profile) => c.send(Out::ProfileReply(profile)),
        }
    }
}
