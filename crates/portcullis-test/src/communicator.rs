//! The client's end of a socket in a test.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use http::Response;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::io::DuplexStream;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

use crate::knocking::protocol;

/// How long something is waited for.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long nothing has to come for [`Communicator::assert_nothing`].
const SILENCE: Duration = Duration::from_millis(100);

/// What comes over a socket.
#[derive(Clone, Debug, PartialEq)]
pub enum Frame {
    /// A message.
    Json(Value),
    /// The end, with its code; 1005 where none was said, and 1006 where the line broke.
    Closed(u16),
}

/// Somebody on a socket: sends messages, and expects some.
///
/// ```
/// # use schemars::JsonSchema;
/// # use serde::{Deserialize, Serialize};
/// use portcullis::channels::{Channels, Connection, Consumer, ConsumerError, SocketDoors};
/// use portcullis_test::TestApp;
/// use serde_json::json;
///
/// #[derive(Deserialize, JsonSchema)]
/// #[serde(tag = "action", content = "payload", rename_all = "snake_case")]
/// enum In { Echo { text: String } }
/// #[derive(JsonSchema, Serialize)]
/// #[serde(tag = "action", content = "payload", rename_all = "snake_case")]
/// enum Out { Echoed { text: String } }
///
/// struct Echo;
/// impl Consumer for Echo {
///     type In = In;
///     type Out = Out;
///     type Object = ();
///     async fn receive(&self, c: Connection<Self>, message: In) -> Result<(), ConsumerError> {
///         let In::Echo { text } = message;
///         c.send(Out::Echoed { text })
///     }
/// }
///
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// let app = TestApp::new(|parts| {
///     let channels = Channels::memory();
///     parts.gate.doors().socket("/ws/", channels.socket(Echo)).into_router()
/// }).await;
///
/// let mut ada = app.as_user("ada").await.socket("/ws/").enter().await;
/// ada.send(&json!({"action": "echo", "payload": {"text": "hello"}})).await;
/// assert_eq!(ada.receive_action("echoed").await, json!({"text": "hello"}));
///
/// let nobody = app.with_authorization("Token unknown");
/// let mut nobody = nobody.socket("/ws/").connect().await.unwrap();
/// nobody.assert_refused(401, 4401).await;
/// # });
/// ```
#[doc(alias = "WebsocketTestCase")]
#[derive(Debug)]
pub struct Communicator {
    stream: WebSocketStream<DuplexStream>,
    protocol: Option<String>,
}

impl Communicator {
    pub(crate) fn new<B>(stream: WebSocketStream<DuplexStream>, response: &Response<B>) -> Self {
        Self {
            stream,
            protocol: protocol(response),
        }
    }

    /// The sub-protocol that was chosen.
    #[must_use]
    pub fn protocol(&self) -> Option<&str> {
        self.protocol.as_deref()
    }

    /// Sends a message as JSON: a value, or the consumer's own type.
    ///
    /// # Panics
    /// When it cannot be written as JSON, or the line is gone.
    #[doc(alias = "send_message")]
    pub async fn send(&mut self, message: &impl Serialize) {
        let text = serde_json::to_string(message).expect("a message is JSON");
        self.send_text(&text).await;
    }

    /// Sends a text frame as it is, well-formed or not.
    ///
    /// # Panics
    /// When the line is gone.
    pub async fn send_text(&mut self, text: &str) {
        let sent = self.stream.send(Message::Text(text.into())).await;
        sent.expect("the line is there");
    }

    /// Sends a binary frame.
    ///
    /// # Panics
    /// When the line is gone.
    pub async fn send_binary(&mut self, bytes: &[u8]) {
        let sent = self.stream.send(Message::Binary(bytes.to_vec().into()));
        sent.await.expect("the line is there");
    }

    /// The next message or the end; pings are answered on the way.
    ///
    /// # Panics
    /// When nothing comes within ten seconds, or something that is no JSON.
    pub async fn next(&mut self) -> Frame {
        let next = timeout(PATIENCE, self.next_frame()).await;
        next.expect("nothing came within ten seconds")
    }

    async fn next_frame(&mut self) -> Frame {
        loop {
            match self.stream.next().await {
                Some(Ok(Message::Text(text))) => {
                    let json = serde_json::from_str(&text);
                    return Frame::Json(json.unwrap_or_else(|_| panic!("no JSON: {text}")));
                }
                Some(Ok(Message::Close(frame))) => {
                    // The library answers while the stream is read to its end.
                    while let Some(Ok(_)) = self.stream.next().await {}
                    let code = |frame: CloseFrame| u16::from(frame.code);
                    return Frame::Closed(frame.map_or(1005, code));
                }
                Some(Ok(Message::Binary(bytes))) => panic!("{} bytes came", bytes.len()),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Frame::Closed(1006),
            }
        }
    }

    /// The next message.
    ///
    /// # Panics
    /// When the socket ends instead.
    #[doc(alias = "receive_json_from")]
    pub async fn receive(&mut self) -> Value {
        match self.next().await {
            Frame::Json(message) => message,
            Frame::Closed(code) => panic!("closed with {code} instead of a message"),
        }
    }

    /// The payload of the next message, which is of that action.
    ///
    /// # Panics
    /// When another one comes.
    pub async fn receive_action(&mut self, action: &str) -> Value {
        let mut message = self.receive().await;
        assert_eq!(message["action"], action, "{message}");
        message["payload"].take()
    }

    /// All messages up to the first of that action, which is the last of them.
    ///
    /// # Panics
    /// When the socket ends before.
    #[doc(alias = "receive_until_action")]
    #[doc(alias = "receive_all_messages")]
    pub async fn receive_until(&mut self, action: &str) -> Vec<Value> {
        let mut messages = Vec::new();
        loop {
            let message = self.receive().await;
            let is_last = message["action"] == action;
            messages.push(message);
            if is_last {
                return messages;
            }
        }
    }

    /// Takes the frame that says that somebody is in; its `data`.
    ///
    /// # Panics
    /// When they are not.
    #[doc(alias = "assert_authenticated_status_ok")]
    pub async fn assert_authenticated(&mut self) -> Value {
        let mut payload = self.receive_action("authentication").await;
        assert_eq!(payload["status_code"], 200, "{payload}");
        payload["data"].take()
    }

    /// Takes the frame of a refusal and the close after it; its `data`.
    ///
    /// # Panics
    /// When something else comes.
    pub async fn assert_refused(&mut self, status: u16, code: u16) -> Value {
        let mut payload = self.receive_action("authentication").await;
        assert_eq!(payload["status_code"], json!(status), "{payload}");
        assert_eq!(self.next().await, Frame::Closed(code));
        payload["data"].take()
    }

    /// Waits for a moment in which nothing comes.
    ///
    /// # Panics
    /// When something does.
    pub async fn assert_nothing(&mut self) {
        if let Ok(frame) = timeout(SILENCE, self.next_frame()).await {
            panic!("{frame:?} came");
        }
    }

    /// Asserts that the socket is closed with that code.
    ///
    /// # Panics
    /// When something else comes.
    pub async fn assert_closed(&mut self, code: u16) {
        assert_eq!(self.next().await, Frame::Closed(code));
    }

    /// Says good-bye, and waits until the service has, too.
    pub async fn close(mut self) {
        // A line that is gone already needs no good-bye.
        let _ = self.stream.close(None).await;
        let _ = timeout(PATIENCE, async {
            while let Some(Ok(_)) = self.stream.next().await {}
        })
        .await;
    }
}
