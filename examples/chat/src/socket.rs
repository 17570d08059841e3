//! The talk in a room.

use portcullis::channels::{Connection, Consumer, ConsumerError, Group};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::presence::Presence;
use crate::rooms::{Message, Room, Rooms};

/// What people send.
#[derive(Deserialize, JsonSchema)]
#[serde(tag = "action", content = "payload", rename_all = "snake_case")]
pub(crate) enum Sent {
    /// Says something to everybody in the room.
    Say(Words),
}

/// What somebody says.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct Words {
    #[schemars(length(min = 1, max = 500))]
    text: String,
}

/// What they are sent.
#[derive(JsonSchema, Serialize)]
#[serde(tag = "action", content = "payload", rename_all = "snake_case")]
pub(crate) enum Told {
    /// What was said before, the oldest first.
    History { messages: Vec<Message> },
    /// What somebody said, oneself included.
    Said(Message),
    /// Who is there.
    Present { names: Vec<String> },
}

/// The consumer of every room.
pub(crate) struct Talk {
    rooms: Rooms,
    presence: Presence,
}

impl Talk {
    pub(crate) fn new(rooms: Rooms) -> Self {
        Self {
            rooms,
            presence: Presence::default(),
        }
    }
}

fn group(room: &Room) -> Group {
    Group::new(format!("room_{}", room.id))
}

fn name(c: &Connection<Talk>) -> String {
    c.user().map(|user| user.username).unwrap_or_default()
}

impl Consumer for Talk {
    type In = Sent;
    type Out = Told;
    type Object = Room;

    async fn groups(&self, c: Connection<Self>) -> Vec<Group> {
        vec![group(c.object())]
    }

    async fn connected(&self, c: Connection<Self>) -> Result<(), ConsumerError> {
        let room = c.object();
        let messages = self.rooms.history(room.id).await?;
        c.send(Told::History { messages })?;
        let names = self.presence.enter(room.id, name(&c));
        c.send_group(&group(room), Told::Present { names }).await
    }

    async fn receive(&self, c: Connection<Self>, sent: Sent) -> Result<(), ConsumerError> {
        let Sent::Say(words) = sent;
        let room = c.object();
        let message = self.rooms.say(room.id, name(&c), words.text).await?;
        c.send_group(&group(room), Told::Said(message)).await
    }

    async fn disconnected(&self, c: Connection<Self>) {
        let room = c.object();
        let names = self.presence.leave(room.id, &name(&c));
        // Nobody waits for it: whoever comes next is told anew.
        let _ = c.send_group(&group(room), Told::Present { names }).await;
    }
}
