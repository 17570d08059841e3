//! The two servers: axum's own socket, and one behind a door.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::routing::any;
use portcullis::channels::{
    Channels, Connection, Consumer, ConsumerError, Group, Rate, SocketDoors, SocketSettings,
};
use portcullis::core::PasswordHash;
use portcullis::{AuthError, Authenticated, Authenticator, Gate, User, UserId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

/// What is told to all, in both.
const WORDS: &str = r#"{"action":"told","payload":"the same few words to everybody"}"#;

type Crowd = Arc<Mutex<Vec<mpsc::UnboundedSender<Message>>>>;

/// Serves axum's socket, with the buffer that ours have.
pub(crate) async fn bare() -> anyhow::Result<()> {
    let crowd = Crowd::default();
    let open = move |upgrade: WebSocketUpgrade| {
        let crowd = Arc::clone(&crowd);
        let upgrade = upgrade.read_buffer_size(4096).write_buffer_size(0);
        async move { upgrade.on_upgrade(move |socket| talk(socket, crowd)) }
    };
    serve(Router::new().route("/ws/", any(open))).await
}

async fn talk(mut socket: WebSocket, crowd: Crowd) {
    let (tell, mut told) = mpsc::unbounded_channel();
    let own = tell.clone();
    crowd
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(tell);
    loop {
        tokio::select! {
            Some(message) = told.recv() => {
                if socket.send(message).await.is_err() {
                    return;
                }
            }
            message = socket.recv() => {
                let Some(Ok(Message::Text(text))) = message else {
                    return;
                };
                let flood: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
                for _ in 0..flood["payload"].as_u64().unwrap_or_default() {
                    let crowd = crowd.lock().unwrap_or_else(PoisonError::into_inner);
                    for other in crowd.iter().filter(|other| !other.same_channel(&own)) {
                        let _ = other.send(Message::Text(WORDS.into()));
                    }
                }
            }
        }
    }
}

/// Serves a socket behind a door, with an authenticator that asks no database.
pub(crate) async fn guarded() -> anyhow::Result<()> {
    let many = Rate {
        count: 1_000_000,
        per: Duration::from_secs(1),
    };
    let settings = SocketSettings {
        sockets_per_user: 1_000_000,
        sockets_per_address: 1_000_000,
        connection_rate: many,
        ..SocketSettings::default()
    };
    let socket = Channels::memory().socket(Telling).settings(settings);
    let gate = Gate::new(vec![Arc::new(Keys)]);
    serve(gate.doors().socket("/ws/", socket).into_router()).await
}

async fn serve(router: Router) -> anyhow::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    Ok(axum::serve(listener, router).await?)
}

/// `Authorization: Key ada`.
struct Keys;

#[async_trait::async_trait]
impl Authenticator for Keys {
    async fn authenticate(
        &self,
        request: &http::request::Parts,
    ) -> Result<Option<Authenticated>, AuthError> {
        let header = request.headers.get(http::header::AUTHORIZATION);
        if header.is_none_or(|header| header != "Key ada") {
            return Ok(None);
        }
        let user = User {
            id: UserId::Integer(1),
            username: "ada".to_owned(),
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

    fn name(&self) -> &'static str {
        "Keys"
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(tag = "action", content = "payload", rename_all = "snake_case")]
enum Said {
    Flood(u32),
}

#[derive(JsonSchema, Serialize)]
#[serde(tag = "action", content = "payload", rename_all = "snake_case")]
enum Told {
    Told(&'static str),
}

struct Telling;

impl Consumer for Telling {
    type In = Said;
    type Out = Told;
    type Object = ();

    async fn groups(&self, _: Connection<Self>) -> Vec<Group> {
        vec![Group::new("all")]
    }

    async fn receive(&self, c: Connection<Self>, said: Said) -> Result<(), ConsumerError> {
        let Said::Flood(count) = said;
        let all = Group::new("all");
        for _ in 0..count {
            let told = Told::Told("the same few words to everybody");
            c.send_others(&all, told).await?;
        }
        Ok(())
    }
}
