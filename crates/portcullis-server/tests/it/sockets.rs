//! The sockets of the real binary.

use std::fs::File;
use std::process::Stdio;
use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::process::{Server, status};
use crate::redis_server::RedisServer;

const PASSWORD: &str = "correct horse 9";
const CANARY: &str = "c4n4ryc4n4ryc4n4ryc4n4ryc4n4ryc4n4ryc4n4";

/// Somebody on `/ws/`.
struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    async fn try_open(server: &Server, path: &str, headers: &[(&str, &str)]) -> Result<Self, u16> {
        let url = format!("ws://{}{path}", server.address);
        let mut request = url.into_client_request().unwrap();
        for (name, value) in headers {
            let name = http::HeaderName::from_bytes(name.as_bytes()).unwrap();
            request.headers_mut().insert(name, value.parse().unwrap());
        }
        match connect_async(request).await {
            Ok((stream, _)) => Ok(Self(stream)),
            Err(Error::Http(response)) => Err(response.status().into()),
            Err(error) => panic!("{error}"),
        }
    }

    /// Opens it with a token, and takes the first two frames.
    async fn open(server: &Server, token: &str) -> Self {
        let header = format!("Token {token}");
        let opened = Self::try_open(server, "/ws/", &[("authorization", &header)]).await;
        let mut socket = opened.unwrap();
        assert_eq!(socket.next().await["payload"]["status_code"], 200);
        assert_eq!(socket.next().await["action"], "welcome");
        socket
    }

    async fn send(&mut self, message: &Value) {
        let text = Message::Text(message.to_string().into());
        self.0.send(text).await.unwrap();
    }

    /// The next message; the code of a close frame as a number.
    async fn next(&mut self) -> Value {
        let next = timeout(Duration::from_secs(20), self.0.next());
        match next.await.unwrap() {
            Some(Ok(Message::Text(text))) => serde_json::from_str(&text).unwrap(),
            Some(Ok(Message::Close(Some(frame)))) => u16::from(frame.code).into(),
            other => format!("{other:?}").into(),
        }
    }

    async fn is_ended(&mut self) {
        let told = self.next().await;
        assert_eq!(told["payload"]["status_code"], 401, "{told}");
        assert_eq!(self.next().await, 4401);
    }
}

fn log_in(server: &Server, email: &str) -> String {
    let body = json!({ "email": email, "password": PASSWORD }).to_string();
    let json = "Content-Type: application/json\r\n";
    let answer = server.send("POST", "/api/auth/login/", json, &body);
    assert_eq!(status(&answer), 200, "{answer}");
    let token = answer.split("\"token\":\"").nth(1).unwrap();
    token.split('"').next().unwrap().to_owned()
}

fn log_out(server: &Server, token: &str) {
    let header = format!("Authorization: Token {token}\r\n");
    let answer = server.send("POST", "/api/auth/logout/", &header, "");
    assert_eq!(status(&answer), 204, "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn socket_greets_answers_and_tells_of_logins_until_its_own_ends() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let token = server.signup("ada@example.com", PASSWORD);
    let other = log_in(&server, "ada@example.com");
    let mut socket = Socket::open(&server, &token).await;
    let echo = json!({ "action": "echo", "payload": { "text": "ahoy" }, "ref": "7" });
    socket.send(&echo).await;
    let answer = socket.next().await;
    assert_eq!(
        (&answer["payload"]["text"], &answer["ref"]),
        (&json!("ahoy"), &json!("7"))
    );
    log_out(&server, &other);
    let told = socket.next().await;
    assert_eq!(told["action"], "logins", "{told}");
    assert_eq!(told["payload"]["logins"].as_array().unwrap().len(), 1);
    let begun = Instant::now();
    log_out(&server, &token);
    socket.is_ended().await;
    println!(
        "log-out to close: {:?}, its request included",
        begun.elapsed()
    );
    let header = format!("Token {token}");
    let again = Socket::try_open(&server, "/ws/", &[("authorization", &header)]).await;
    again.unwrap().is_ended().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn browsers_come_by_sub_protocol_and_by_ticket() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let token = server.signup("ada@example.com", PASSWORD);
    let offer = format!("portcullis.v1, bearer.{token}");
    let origin = ("origin", "https://anywhere.example");
    let offered = [("sec-websocket-protocol", offer.as_str()), origin];
    let mut socket = Socket::try_open(&server, "/ws/", &offered).await.unwrap();
    assert_eq!(socket.next().await["payload"]["status_code"], 200);
    let headers = format!("Authorization: Token {token}\r\nContent-Type: application/json\r\n");
    let answer = server.send("POST", "/api/ws-ticket/", &headers, r#"{"path": "/ws/"}"#);
    assert_eq!(status(&answer), 201, "{answer}");
    let ticket = answer.split("\"ticket\":\"").nth(1).unwrap();
    let path = format!("/ws/?ticket={}", ticket.split('"').next().unwrap());
    let mut socket = Socket::try_open(&server, &path, &[origin]).await.unwrap();
    assert_eq!(socket.next().await["payload"]["status_code"], 200);
    let mut again = Socket::try_open(&server, &path, &[origin]).await.unwrap();
    again.is_ended().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn token_in_a_url_is_in_no_line_of_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let written = Stdio::from(File::create(&log).unwrap());
    let words = ["--channels-query-token", "true"];
    let server = Server::start_logging(folder.path(), &words, "trace", written);
    let token = server.signup("ada@example.com", PASSWORD);
    let path = format!("/ws/?token={token}");
    let mut socket = Socket::try_open(&server, &path, &[]).await.unwrap();
    assert_eq!(socket.next().await["payload"]["status_code"], 200);
    for path in ["/ws/?token=", "/ws/?ticket=", "/nowhere/?token="] {
        let path = format!("{path}{CANARY}");
        if let Ok(mut refused) = Socket::try_open(&server, &path, &[]).await {
            refused.is_ended().await;
        }
    }
    let offer = format!("portcullis.v1, bearer.{CANARY}");
    let offered = [("sec-websocket-protocol", offer.as_str())];
    let mut refused = Socket::try_open(&server, "/ws/", &offered).await.unwrap();
    refused.is_ended().await;
    drop(socket);
    server.terminate();
    assert!(server.wait().success());
    let log = std::fs::read_to_string(log).unwrap();
    assert!(log.contains("/ws/"), "the door is in the log");
    for secret in [CANARY, &token] {
        let line = log.lines().find(|line| line.contains(secret));
        assert_eq!(line, None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn foreign_page_gets_no_socket_by_the_cookie() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let cookie = ("cookie", "sessionid=abcdefghijklmnopqrstuvwxyz012345");
    let foreign = [cookie, ("origin", "https://anywhere.example")];
    let refused = Socket::try_open(&server, "/ws/", &foreign).await;
    assert_eq!(refused.err(), Some(403));
    let own = format!("http://{}", server.address);
    let opened = Socket::try_open(&server, "/ws/", &[cookie, ("origin", &own)]).await;
    assert!(opened.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn server_that_stops_tells_sockets_to_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let token = server.signup("ada@example.com", PASSWORD);
    let mut socket = Socket::open(&server, &token).await;
    server.terminate();
    assert_eq!(socket.next().await, 1001);
    assert!(server.wait().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn revocation_on_one_node_closes_the_socket_on_another() {
    let Some(redis) = RedisServer::start() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let url = redis.url();
    let words = ["--channel-layer", url.as_str()];
    let nodes = [(); 2].map(|()| Server::start_with(folder.path(), &words));
    let token = nodes[0].signup("ada@example.com", PASSWORD);
    let mut sockets = Vec::new();
    for node in &nodes {
        sockets.push(Socket::open(node, &token).await);
    }
    // Redis is looked for in the background.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let begun = Instant::now();
    log_out(&nodes[0], &token);
    for (place, socket) in ["here", "there"].into_iter().zip(&mut sockets) {
        socket.is_ended().await;
        println!("log-out to close {place}: {:?}", begun.elapsed());
    }
    assert!(begun.elapsed() < Duration::from_secs(1));
}
