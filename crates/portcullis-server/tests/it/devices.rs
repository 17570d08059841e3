//! The list of one's own logins, over all schemes.

use axum::body::Body;
use http::{Request, header};
use portcullis_server::Surroundings;
use serde_json::{Value, json};
use time::Duration;

use crate::client::{Answer, Client};

const ADA: &str = "ada@example.com";
const PASSWORD: &str = "correct horse 9";

/// Somebody with one credential.
struct Bearer<'c> {
    client: &'c Client,
    headers: Vec<(&'static str, String)>,
}

impl Bearer<'_> {
    async fn ask(&self, method: &str, path: &str) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("User-Agent", "a test");
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        self.client.send(request.body(Body::empty()).unwrap()).await
    }

    async fn list(&self) -> Vec<Value> {
        let answer = self.ask("GET", "/api/devices/").await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.body.as_array().unwrap().clone()
    }

    async fn is_in(&self) -> bool {
        self.ask("GET", "/api/user/").await.status == 200
    }

    /// The number of the login that asks.
    async fn id(&self) -> i64 {
        let list = self.list().await;
        let mut current = list.iter().filter(|login| login["current"] == true);
        let id = current.next().unwrap()["id"].as_i64().unwrap();
        assert!(current.next().is_none(), "{list:?}");
        id
    }
}

async fn token<'c>(client: &'c Client, email: &str) -> Bearer<'c> {
    let body = json!({ "email": email, "password": PASSWORD });
    let answer = client.post("/api/token/", body).await;
    let token = answer.body["token"].as_str().unwrap();
    Bearer {
        client,
        headers: vec![("Authorization", format!("Token {token}"))],
    }
}

async fn jwt(client: &Client) -> (Bearer<'_>, String) {
    let body = json!({ "username": ADA, "password": PASSWORD });
    let answer = client.post("/jwt/token/", body).await;
    let text = |name: &str| answer.body[name].as_str().unwrap().to_owned();
    let bearer = Bearer {
        client,
        headers: vec![("Authorization", format!("Bearer {}", text("access")))],
    };
    (bearer, text("refresh"))
}

fn cookies(answer: &Answer) -> Vec<(String, String)> {
    let lines = answer.headers.get_all(header::SET_COOKIE).iter();
    let pair = |line: &http::HeaderValue| {
        let (name, rest) = line.to_str().unwrap().split_once('=').unwrap();
        let value = rest.split(';').next().unwrap();
        (name.to_owned(), value.to_owned())
    };
    lines.map(pair).collect()
}

async fn session(client: &Client) -> Bearer<'_> {
    let answer = client.get("/api/login-set-cookie/", "").await;
    let csrf = cookies(&answer).remove(0).1;
    let body = json!({ "email": ADA, "password": PASSWORD }).to_string();
    let request = Request::post("/api/login/")
        .header("Content-Type", "application/json")
        .header("Cookie", format!("csrftoken={csrf}"))
        .header("X-CSRFToken", csrf)
        .body(Body::from(body));
    let answer = client.send(request.unwrap()).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let set = cookies(&answer);
    let value = |name: &str| {
        let found = set.iter().find(|(known, _)| known == name);
        found.unwrap().1.clone()
    };
    let cookie = format!(
        "sessionid={}; csrftoken={}",
        value("sessionid"),
        value("csrftoken")
    );
    Bearer {
        client,
        headers: vec![("Cookie", cookie), ("X-CSRFToken", value("csrftoken"))],
    }
}

async fn client() -> Client {
    let client = Client::new().await;
    client.signup(ADA, PASSWORD).await;
    client
}

#[tokio::test]
async fn logins_of_every_scheme_are_listed_and_the_one_that_asks_is_marked() {
    let client = client().await;
    let (device, session, (jwt, _)) = (
        token(&client, ADA).await,
        session(&client).await,
        jwt(&client).await,
    );
    let ids = [device.id().await, session.id().await, jwt.id().await];
    let list = jwt.list().await;
    let schemes: Vec<_> = list.iter().map(|login| &login["scheme"]).collect();
    assert_eq!(schemes, ["jwt", "session", "device", "device"]);
    assert_eq!(
        [&list[2]["id"], &list[1]["id"], &list[0]["id"]],
        [&json!(ids[0]), &json!(ids[1]), &json!(ids[2])]
    );
    assert_eq!(list[0]["created"], "2026-01-02T03:04:05Z");
    assert_eq!(list[0]["last_seen"], list[0]["created"]);
    assert_eq!(list[1]["expires"], "2026-01-16T03:04:05Z");
    assert_eq!(list[1]["address"], Value::Null);
    assert_eq!(client.get("/api/devices/", "").await.status, 401);
}

#[tokio::test]
async fn ended_login_is_out_at_once_whatever_its_scheme() {
    let client = client().await;
    let asks = token(&client, ADA).await;
    let (device, session, (jwt, refresh)) = (
        token(&client, ADA).await,
        session(&client).await,
        jwt(&client).await,
    );
    for bearer in [&device, &session, &jwt] {
        let path = format!("/api/devices/{}/", bearer.id().await);
        assert_eq!(asks.ask("DELETE", &path).await.status, 204);
        assert!(!bearer.is_in().await, "{path}");
        assert_eq!(asks.ask("DELETE", &path).await.status, 404);
    }
    let again = client.post("/jwt/refresh/", json!({ "refresh": refresh }));
    assert_eq!(again.await.status, 401);
    assert!(asks.is_in().await);
}

#[tokio::test]
async fn logins_of_others_and_odd_numbers_are_404() {
    let client = client().await;
    client.signup("eve@example.com", PASSWORD).await;
    let eve = token(&client, "eve@example.com").await;
    let ada = token(&client, ADA).await;
    let theirs = ada.id().await.to_string();
    for id in [&theirs, "0", "-1", "9223372036854775808", "x", "%00"] {
        let answer = eve.ask("DELETE", &format!("/api/devices/{id}/")).await;
        assert_eq!(answer.status, 404, "{id}: {answer:?}");
    }
    assert!(ada.is_in().await);
}

#[tokio::test]
async fn others_are_logged_out_and_the_one_that_asks_stays() {
    let client = client().await;
    let (device, session, (jwt, refresh)) = (
        token(&client, ADA).await,
        session(&client).await,
        jwt(&client).await,
    );
    let answer = jwt.ask("POST", "/api/devices/logout-others/").await;
    // The token of the sign-up, too.
    assert_eq!(answer.body, json!({ "ended": 3 }));
    assert!(!device.is_in().await && !session.is_in().await);
    assert!(jwt.is_in().await);
    let next = client.post("/jwt/refresh/", json!({ "refresh": refresh }));
    assert_eq!(next.await.status, 200);
}

#[tokio::test]
async fn all_are_logged_out_and_the_cookie_goes() {
    let client = client().await;
    let (device, session, (jwt, _)) = (
        token(&client, ADA).await,
        session(&client).await,
        jwt(&client).await,
    );
    let answer = session.ask("POST", "/api/devices/logout-all/").await;
    assert_eq!(
        (answer.status.as_u16(), &answer.body),
        (200, &json!({ "ended": 4 }))
    );
    let gone = ("sessionid".to_owned(), "\"\"".to_owned());
    assert!(cookies(&answer).contains(&gone), "{answer:?}");
    for bearer in [&device, &session, &jwt] {
        assert!(!bearer.is_in().await);
    }
}

#[tokio::test]
async fn session_needs_its_csrf_token_to_end_logins() {
    let client = client().await;
    let mut session = session(&client).await;
    let id = session.id().await;
    session.headers.truncate(1);
    for (method, path) in [
        ("DELETE", format!("/api/devices/{id}/")),
        ("POST", "/api/devices/logout-all/".to_owned()),
        ("POST", "/api/devices/logout-others/".to_owned()),
    ] {
        assert_eq!(session.ask(method, &path).await.status, 403, "{path}");
    }
    assert!(session.is_in().await);
}

#[tokio::test]
async fn use_is_written_down_once_a_minute_with_the_address() {
    let surroundings = Surroundings {
        trusted_proxies: portcullis::web::TrustedProxies::DangerEverybody,
        ..Surroundings::default()
    };
    let client = Client::with(&surroundings).await;
    client.signup(ADA, PASSWORD).await;
    let mut devices = [
        token(&client, ADA).await,
        session(&client).await,
        jwt(&client).await.0,
    ];
    for device in &mut devices {
        device
            .headers
            .push(("X-Forwarded-For", "192.0.2.7".to_owned()));
    }
    let shown = |list: Vec<Value>| {
        let current = list.into_iter().find(|login| login["current"] == true);
        let current = current.unwrap();
        (current["last_seen"].clone(), current["address"].clone())
    };
    for device in &devices {
        assert_eq!(
            shown(device.list().await),
            (json!("2026-01-02T03:04:05Z"), Value::Null)
        );
    }
    client.clock.advance(Duration::seconds(59));
    for device in &devices {
        assert_eq!(shown(device.list().await).0, "2026-01-02T03:04:05Z");
    }
    client.clock.advance(Duration::seconds(1));
    for device in &devices {
        assert_eq!(
            shown(device.list().await),
            (json!("2026-01-02T03:05:05Z"), json!("192.0.2.7"))
        );
    }
}

#[tokio::test]
async fn logins_that_another_server_opened_are_found() {
    let client = client().await;
    let (device, session) = (token(&client, ADA).await, session(&client).await);
    let database = rusqlite::Connection::open(client.database()).unwrap();
    database
        .execute("DELETE FROM portcullis_login", [])
        .unwrap();
    let id = session.id().await;
    assert_ne!(device.id().await, id);
    let path = format!("/api/devices/{id}/");
    assert_eq!(device.ask("DELETE", &path).await.status, 204);
    assert!(!session.is_in().await && device.is_in().await);
}
