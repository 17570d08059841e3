//! What somebody writes for their socket: messages, and what happens at them.

use std::error::Error;
use std::fmt;
use std::future::Future;

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::connection::Connection;
use crate::group::Group;
use crate::layer::LayerError;
use crate::topic::Topic;

/// One endpoint of sockets.
///
/// Messages are enums with `action` beside `payload` on the wire:
///
/// ```
/// # use schemars::JsonSchema;
/// # use serde::{Deserialize, Serialize};
/// use portcullis_channels::{Connection, Consumer, ConsumerError, Group};
///
/// #[derive(Deserialize, JsonSchema)]
/// #[serde(tag = "action", content = "payload", rename_all = "snake_case")]
/// enum In {
///     Say { text: String },
///     Ping,
/// }
///
/// #[derive(JsonSchema, Serialize)]
/// #[serde(tag = "action", content = "payload", rename_all = "snake_case")]
/// enum Out {
///     Said { text: String, by: String },
///     Pong,
/// }
///
/// struct Lobby;
///
/// impl Consumer for Lobby {
///     type In = In;
///     type Out = Out;
///     type Object = ();
///
///     async fn groups(&self, _: Connection<Self>) -> Vec<Group> {
///         vec![Group::new("lobby")]
///     }
///
///     async fn receive(&self, c: Connection<Self>, message: In) -> Result<(), ConsumerError> {
///         match message {
///             In::Say { text } => {
///                 let by = c.user().map(|user| user.username).unwrap_or_default();
///                 c.send_group(&Group::new("lobby"), Out::Said { text, by }).await
///             }
///             In::Ping => c.send(Out::Pong),
///         }
///     }
/// }
/// ```
///
/// Each message is handled by a future of its own, beside others of its connection: a slow answer may be
/// overtaken. An error, and a panic, is answered by a neutral `error` frame; the connection lives.
#[doc(alias = "AsyncJsonWebsocketConsumer")]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a consumer",
    note = "implement `Consumer::receive` for it, with enums for `In` and `Out`"
)]
pub trait Consumer: Send + Sync + Sized + 'static {
    /// What clients send. Its JSON Schema says what is wrong with a message, field by field.
    #[doc(alias = "INCOMING_MESSAGE_SCHEMA")]
    type In: DeserializeOwned + JsonSchema + Send + 'static;
    /// What they are sent. Its JSON Schema is for the documentation.
    #[doc(alias = "OUTGOING_MESSAGE_SCHEMA")]
    type Out: Serialize + JsonSchema + Send;
    /// What the URL names, such as a room; `()` where it names nothing.
    type Object: Send + Sync + 'static;

    /// The code that says: come back later. A connection is closed with it that reads too slowly.
    const COME_BACK: u16 = 1013;

    /// Takes a frame as it came, before it is read as a message: for protocols of one's own. Frames of a connection come
    /// one after the other, and the next is not read before this returns: it must not block. Whether it was taken;
    /// nothing limits how many are, so that has to be done here.
    fn frame(&self, c: &Connection<Self>, text: &str) -> bool {
        let _ = (c, text);
        false
    }

    /// The groups that a connection is in from its start.
    #[doc(alias = "build_groups")]
    fn groups(&self, c: Connection<Self>) -> impl Future<Output = Vec<Group>> + Send {
        let _ = c;
        async { Vec::new() }
    }

    /// Runs when somebody is in, before any of their messages.
    ///
    /// # Errors
    /// Closes the connection with 1011, or with 1013 where other nodes are not reached.
    #[doc(alias = "post_authentication")]
    fn connected(
        &self,
        c: Connection<Self>,
    ) -> impl Future<Output = Result<(), ConsumerError>> + Send {
        let _ = c;
        async { Ok(()) }
    }

    /// Handles a message.
    ///
    /// # Errors
    /// Is logged, and answered by an `error` frame that tells nothing of it.
    #[doc(alias = "receive_message")]
    fn receive(
        &self,
        c: Connection<Self>,
        message: Self::In,
    ) -> impl Future<Output = Result<(), ConsumerError>> + Send;

    /// Handles what happened elsewhere, sent by [`Channels::send`](crate::Channels::send). As it is, it goes
    /// on to the client.
    ///
    /// # Errors
    /// Is logged; the client hears nothing.
    #[doc(alias = "event_handler")]
    fn event(
        &self,
        c: Connection<Self>,
        event: Event,
    ) -> impl Future<Output = Result<(), ConsumerError>> + Send {
        async move {
            c.send_json(event.0);
            Ok(())
        }
    }

    /// Runs when a connection that was in has ended.
    #[doc(alias = "websocket_disconnect")]
    fn disconnected(&self, c: Connection<Self>) -> impl Future<Output = ()> + Send {
        let _ = c;
        async {}
    }

    /// Patterns of topics that clients may ask for, such as `room:{id}`; a parameter ends at a colon.
    fn topics(&self) -> &'static [&'static str] {
        &[]
    }

    /// Whether a connection may hear a topic.
    fn may_subscribe(
        &self,
        c: Connection<Self>,
        topic: Topic,
    ) -> impl Future<Output = bool> + Send {
        let _ = (c, topic);
        async { false }
    }

    /// Runs when a connection has begun to hear a topic, as for sending what it shows now.
    ///
    /// # Errors
    /// Is logged.
    #[doc(alias = "on_subscribe")]
    fn subscribed(
        &self,
        c: Connection<Self>,
        topic: Topic,
    ) -> impl Future<Output = Result<(), ConsumerError>> + Send {
        let _ = (c, topic);
        async { Ok(()) }
    }
}

/// Something that happened elsewhere: an action and its payload.
#[derive(Clone, Debug)]
pub struct Event(pub(crate) Map<String, Value>);

impl Event {
    /// An event of an action.
    #[must_use]
    pub fn new(action: &str, payload: Value) -> Self {
        let action = ("action".to_owned(), Value::String(action.to_owned()));
        Self(Map::from_iter([action, ("payload".to_owned(), payload)]))
    }

    /// Its action.
    #[must_use]
    pub fn action(&self) -> &str {
        let action = self.0.get("action").and_then(Value::as_str);
        action.unwrap_or_default()
    }

    /// Its payload, as a type.
    ///
    /// # Errors
    /// When it is another.
    pub fn payload<T: DeserializeOwned>(&self) -> Result<T, ConsumerError> {
        let payload = self.0.get("payload").cloned().unwrap_or_default();
        Ok(serde_json::from_value(payload)?)
    }
}

/// Why a consumer could not do what was asked. For the log alone: clients are told a neutral sentence.
#[derive(Debug)]
pub struct ConsumerError(Box<dyn Error + Send + Sync>);

impl ConsumerError {
    /// From a text for the log.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into().into())
    }

    /// Whether it is that other nodes cannot be reached, which passes.
    pub(crate) fn is_layer(&self) -> bool {
        self.0.is::<LayerError>()
    }
}

impl fmt::Display for ConsumerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

// Not an `Error` itself, so that `?` takes every error.
impl<E: Error + Send + Sync + 'static> From<E> for ConsumerError {
    fn from(error: E) -> Self {
        Self(Box::new(error))
    }
}
