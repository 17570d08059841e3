//! Tickets: asked for over HTTP, used at a socket.

use portcullis::accounts::{AccountSettings, Accounts};
use portcullis::channels::{Channels, Connection, Consumer, ConsumerError, SocketDoors, Tickets};
use portcullis_test::{Client, Communicator, TestApp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use time::Duration;

#[derive(Deserialize, JsonSchema, Serialize)]
#[serde(tag = "action", content = "payload", rename_all = "snake_case")]
enum Word {
    Who,
    It(String),
}

struct Who;

impl Consumer for Who {
    type In = Word;
    type Out = Word;
    type Object = ();

    async fn receive(&self, c: Connection<Self>, _: Word) -> Result<(), ConsumerError> {
        let user = c.user().map(|user| user.username);
        let uri = c.request().uri.to_string();
        c.send(Word::It(format!("{} at {uri}", user.unwrap_or_default())))
    }
}

async fn app() -> TestApp {
    TestApp::new(|parts| {
        let tickets = Tickets::new(parts.store.clone(), parts.clock.clone())
            .with_sessions(parts.sessions.clone());
        let channels = Channels::memory()
            .with_clock(parts.clock.clone())
            .with_tickets(tickets.clone());
        channels.listen(&parts.revocations);
        let accounts = Accounts::new(
            parts.passwords.clone(),
            parts.sessions.clone(),
            parts.clock.clone(),
            AccountSettings::default(),
        );
        let doors = parts.gate.doors().socket("/ws/", channels.socket(Who));
        doors
            .merge(tickets.doors(&parts.gate))
            .merge(accounts.doors(&parts.gate))
            .into_router()
    })
    .await
}

async fn ticket(client: &Client, path: &str) -> String {
    let answer = client
        .request(http::Method::POST, "/api/ws-ticket/")
        .csrf()
        .json(&json!({ "path": path }))
        .send()
        .await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    let body: Value = serde_json::from_str(&answer.text).unwrap();
    assert_eq!(body["expires_in"], 30);
    body["ticket"].as_str().unwrap().to_owned()
}

async fn open(app: &TestApp, ticket: &str) -> Communicator {
    let nobody = app.anonymous();
    let knocking = nobody.socket(&format!("/ws/?ticket={ticket}"));
    knocking.connect().await.unwrap()
}

#[tokio::test]
async fn ticket_opens_its_path_once() {
    let app = app().await;
    let ada = app.as_user("ada").await;
    let ticket = ticket(&ada, "/ws/").await;
    let mut socket = open(&app, &ticket).await;
    socket.assert_authenticated().await;
    socket.send(&Word::Who).await;
    let told = socket.receive_action("it").await;
    assert_eq!(told, "ada at /ws/?ticket=***", "the secret is not kept");
    let mut again = open(&app, &ticket).await;
    let data = again.assert_refused(401, 4401).await;
    assert_eq!(data["detail"], "Invalid ticket.");
}

#[tokio::test]
async fn ticket_of_another_path_or_of_long_ago_opens_nothing() {
    let app = app().await;
    let ada = app.as_user("ada").await;
    let other = ticket(&ada, "/ws/rooms/1/").await;
    open(&app, &other).await.assert_refused(401, 4401).await;
    let old = ticket(&ada, "/ws/").await;
    app.clock().advance(Duration::seconds(30));
    open(&app, &old).await.assert_refused(401, 4401).await;
    open(&app, "nonsense").await.assert_refused(401, 4401).await;
}

#[tokio::test]
async fn socket_of_a_ticket_ends_with_the_login_that_asked() {
    let app = app().await;
    let (ada, other) = (app.as_user("ada").await, app.as_user("ada").await);
    let mut socket = open(&app, &ticket(&ada, "/ws/").await).await;
    let mut spared = open(&app, &ticket(&other, "/ws/").await).await;
    socket.assert_authenticated().await;
    spared.assert_authenticated().await;
    let answer = ada.post("/api/auth/logout/", &json!({})).await;
    assert_eq!(answer.status, 204);
    socket.assert_refused(401, 4401).await;
    spared.send(&Word::Who).await;
    spared.receive_action("it").await;
}

#[tokio::test]
async fn socket_of_a_session_s_ticket_ends_with_the_session() {
    let app = app().await;
    let user = app.user("ada").await;
    let ada = app.anonymous();
    ada.get("/api/login-set-cookie/").await;
    let credentials = json!({ "email": user.email, "password": "password of ada" });
    let login = |path| ada.request(http::Method::POST, path).csrf();
    let answer = login("/api/login/").json(&credentials).send().await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let mut socket = open(&app, &ticket(&ada, "/ws/").await).await;
    socket.assert_authenticated().await;
    assert_eq!(login("/api/logout/").send().await.status, 204);
    socket.assert_refused(401, 4401).await;
}

#[tokio::test]
async fn nobody_gets_no_ticket_and_a_path_has_to_be_one() {
    let app = app().await;
    let asked = json!({ "path": "/ws/" });
    let answer = app.anonymous().post("/api/ws-ticket/", &asked).await;
    answer.assert_refused(401, "Authentication credentials were not provided.");
    let ada = app.as_user("ada").await;
    for path in ["ws", "/ws/?token=1", ""] {
        let answer = ada.post("/api/ws-ticket/", &json!({ "path": path })).await;
        assert_eq!(answer.status, 400, "{path}");
    }
}
