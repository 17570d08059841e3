//! The client's end of the hub.

use std::time::Duration;

use axum::Router;
use futures_util::{SinkExt, StreamExt};
use http::{Request, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value as Json, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use tower::ServiceExt;

/// Nothing takes this long.
const PATIENCE: Duration = Duration::from_secs(20);

/// Serves a router; its address.
pub(crate) async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    address
}

/// One connection of one user.
pub(crate) struct Browser {
    pub(crate) socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    pub(crate) id: String,
    router: Router,
    user: i64,
}

impl Browser {
    pub(crate) async fn open(address: &str, router: &Router, user: i64) -> Self {
        let url = format!("ws://{address}/app/key?protocol=7&client=test");
        let (socket, _) = connect_async(url).await.unwrap();
        let mut browser = Self {
            socket,
            id: String::new(),
            router: router.clone(),
            user,
        };
        let greeting = browser.next().await;
        assert_eq!(greeting["event"], "pusher:connection_established");
        let data: Json = serde_json::from_str(greeting["data"].as_str().unwrap()).unwrap();
        data["socket_id"]
            .as_str()
            .unwrap()
            .clone_into(&mut browser.id);
        browser
    }

    /// Asks for a signature, for a connection of whatever name.
    pub(crate) async fn sign(&self, socket_id: &str, channel: &str) -> (StatusCode, Json) {
        let body = json!({ "socket_id": socket_id, "channel_name": channel });
        let request = Request::builder()
            .method("POST")
            .uri("/statezero/events/auth/")
            .header("x-user", self.user.to_string())
            .header("content-type", "application/json")
            .body(axum::body::Body::from(body.to_string()))
            .unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&bytes).unwrap_or(Json::Null))
    }

    /// Subscribes as a client does; what came of it.
    pub(crate) async fn subscribe(&mut self, channel: &str) -> Json {
        let (_, signed) = self.sign(&self.id.clone(), channel).await;
        let mut data = json!({ "channel": channel });
        for name in ["auth", "channel_data"] {
            if let Some(value) = signed.get(name) {
                data[name] = value.clone();
            }
        }
        self.send(&json!({ "event": "pusher:subscribe", "data": data }))
            .await;
        self.next().await
    }

    pub(crate) async fn send(&mut self, frame: &Json) {
        self.text(&frame.to_string()).await;
    }

    pub(crate) async fn text(&mut self, text: &str) {
        self.socket.send(Message::Text(text.into())).await.unwrap();
    }

    /// The next frame; the code of a close frame as a number.
    pub(crate) async fn next(&mut self) -> Json {
        loop {
            match timeout(PATIENCE, self.socket.next()).await.unwrap() {
                Some(Ok(Message::Text(text))) => return serde_json::from_str(&text).unwrap(),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(Message::Close(Some(frame)))) => return json!(u16::from(frame.code)),
                other => return json!(format!("{other:?}")),
            }
        }
    }

    /// The next event's name and data.
    pub(crate) async fn event(&mut self) -> (String, Json) {
        let frame = self.next().await;
        let name = frame["event"].as_str().unwrap_or_else(|| panic!("{frame}"));
        let data = match &frame["data"] {
            Json::String(text) => serde_json::from_str(text).unwrap_or_default(),
            data => data.clone(),
        };
        (name.to_owned(), data)
    }
}
