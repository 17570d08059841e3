//! A service with one socket, and a client of it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use axum::extract::{ConnectInfo, Request};
use axum::middleware::Next;
use axum::response::Response;
use futures_util::{SinkExt, StreamExt};
use http::request::Parts;
use portcullis_channels::{
    Channels, Connection, Consumer, ConsumerError, Group, SocketDoors, SocketSettings,
};
use portcullis_core::{
    AuthError, Authenticated, Authenticator, PasswordHash, Revocations, Standing, User, UserId,
};
use portcullis_web::{ClientInfo, Doors, Gate};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// `Authorization: Key ann`, as long as keys are good.
#[derive(Clone)]
pub(crate) struct Keys(pub(crate) Arc<AtomicBool>);

#[async_trait]
impl Authenticator for Keys {
    async fn authenticate(&self, request: &Parts) -> Result<Option<Authenticated>, AuthError> {
        let header = request.headers.get(http::header::AUTHORIZATION);
        if header.is_none_or(|header| header != "Key ann") {
            return Ok(None);
        }
        if !self.0.load(Ordering::SeqCst) {
            return Err(AuthError::failed("Invalid key."));
        }
        let user = User {
            id: UserId::Integer(7),
            username: "ann".to_owned(),
            email: String::new(),
            first_name: String::new(),
            last_name: String::new(),
            password: PasswordHash::new("!"),
            is_active: true,
            is_staff: false,
            is_superuser: false,
            date_joined: time::OffsetDateTime::UNIX_EPOCH,
            last_login: None,
        };
        Ok(Some(Authenticated {
            user: user.into(),
            login: None,
            credential_digest: None,
            authenticator: self.name(),
        }))
    }

    fn standing(&self, _: &Parts, proof: &Authenticated) -> Option<Standing> {
        Some(Standing::of(proof))
    }

    fn scheme(&self) -> Option<&'static str> {
        Some("Key")
    }

    fn name(&self) -> &'static str {
        "Keys"
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(tag = "action", content = "payload", rename_all = "snake_case")]
pub(crate) enum In {
    Ping,
    /// Says something to everybody else.
    Say(String),
    /// Sends so many messages to everybody.
    Flood {
        count: u32,
    },
}

#[derive(JsonSchema, Serialize)]
#[serde(tag = "action", content = "payload", rename_all = "snake_case")]
pub(crate) enum Out {
    Pong,
    Said(String),
    Filling(String),
}

pub(crate) struct Lobby;

impl Consumer for Lobby {
    type In = In;
    type Out = Out;
    type Object = ();

    async fn groups(&self, _: Connection<Self>) -> Vec<Group> {
        vec![Group::new("lobby")]
    }

    async fn receive(&self, c: Connection<Self>, message: In) -> Result<(), ConsumerError> {
        match message {
            In::Ping => c.send(Out::Pong),
            In::Say(text) => c.send_others(&Group::new("lobby"), Out::Said(text)).await,
            In::Flood { count } => {
                for _ in 0..count {
                    let filling = Out::Filling("x".repeat(50_000));
                    c.send_others(&Group::new("lobby"), filling).await?;
                    tokio::task::yield_now().await;
                }
                c.send(Out::Pong)
            }
        }
    }
}

/// A running service, or one node of it.
pub(crate) struct Service {
    pub(crate) keys: Keys,
    pub(crate) board: Revocations,
    pub(crate) channels: Channels,
    url: String,
}

pub(crate) fn doors(channels: &Channels, keys: &Keys, settings: SocketSettings) -> Doors {
    let gate = Gate::new(vec![Arc::new(keys.clone())]);
    let socket = channels.socket(Lobby).settings(settings);
    gate.doors().socket("/ws/", socket)
}

/// Says which address a request is from.
async fn identify(
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    mut request: Request,
    next: Next,
) -> Response {
    let info = ClientInfo {
        address: Some(peer.ip()),
        is_secure: false,
    };
    request.extensions_mut().insert(info);
    next.run(request).await
}

impl Service {
    pub(crate) async fn start(settings: SocketSettings) -> Self {
        let keys = Keys(Arc::new(AtomicBool::new(true)));
        Self::on(Channels::memory(), keys, settings).await
    }

    pub(crate) async fn on(channels: Channels, keys: Keys, settings: SocketSettings) -> Self {
        let board = Revocations::default();
        channels.listen(&board);
        let router = doors(&channels, &keys, settings).into_router();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ws://{}/ws/", listener.local_addr().unwrap());
        let router = router.layer(axum::middleware::from_fn(identify));
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await });
        Self {
            keys,
            board,
            channels,
            url,
        }
    }

    /// Somebody who is in.
    pub(crate) async fn ann(&self) -> Client {
        let mut client = self.connect(Some("Key ann")).await;
        assert_eq!(client.next().await["payload"]["status_code"], 200);
        client
    }

    pub(crate) async fn connect(&self, authorization: Option<&str>) -> Client {
        Client(connect_async(self.request(authorization)).await.unwrap().0)
    }

    /// The status of a handshake that is refused.
    pub(crate) async fn refused(&self, authorization: Option<&str>) -> u16 {
        match connect_async(self.request(authorization)).await {
            Err(tokio_tungstenite::tungstenite::Error::Http(response)) => response.status().into(),
            other => panic!("{other:?}"),
        }
    }

    /// Host and port.
    pub(crate) fn address(&self) -> String {
        let rest = self.url.strip_prefix("ws://").unwrap();
        rest.split('/').next().unwrap().to_owned()
    }

    fn request(&self, authorization: Option<&str>) -> http::Request<()> {
        let mut request = self.url.as_str().into_client_request().unwrap();
        if let Some(value) = authorization {
            let value = value.parse().unwrap();
            let headers = request.headers_mut();
            headers.insert(http::header::AUTHORIZATION, value);
        }
        request
    }
}

pub(crate) struct Client(pub(crate) WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Client {
    pub(crate) async fn send(&mut self, text: &str) {
        self.0.send(Message::Text(text.into())).await.unwrap();
    }

    pub(crate) async fn say(&mut self, text: &str) {
        let message = serde_json::json!({ "action": "say", "payload": text });
        self.send(&message.to_string()).await;
    }

    /// The next frame, as JSON; the code of a close frame as a number.
    pub(crate) async fn next(&mut self) -> Value {
        let message = timeout(Duration::from_secs(20), self.0.next())
            .await
            .unwrap();
        match message {
            Some(Ok(Message::Text(text))) => serde_json::from_str(&text).unwrap(),
            Some(Ok(Message::Close(Some(frame)))) => u16::from(frame.code).into(),
            Some(Ok(Message::Ping(_))) => "ping".into(),
            Some(Ok(Message::Pong(_))) => "pong".into(),
            other => format!("{other:?}").into(),
        }
    }
}
