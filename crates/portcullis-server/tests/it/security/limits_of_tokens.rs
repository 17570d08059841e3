//! 3.8: wrong API tokens, and refreshes.

use axum::body::Body;
use http::Request;
use portcullis::accounts::RefreshLimits;
use portcullis::core::Limit;
use portcullis_server::{AuthenticationClass, Surroundings};
use serde_json::{Value, json};
use time::Duration;

use super::{PASSWORD, from, user};
use crate::client::{Answer, Client};

const HERE: &str = "192.0.2.1";
const THERE: &str = "192.0.2.2";

fn limit(tries: u32) -> Limit {
    Limit {
        tries,
        window: Duration::minutes(5),
    }
}

/// An application that tells of five wrong tokens of an address, and refreshes a login four times and
/// an address six times.
async fn strict_client() -> Client {
    let mut surroundings = Surroundings {
        token_limit: limit(5),
        ..Surroundings::default()
    };
    surroundings.jwt.refresh_limits = Some(RefreshLimits {
        of_login: limit(4),
        of_address: limit(6),
    });
    surroundings
        .authentication_classes
        .push(AuthenticationClass::Token);
    let client = Client::with(&surroundings).await;
    user(&client, "ada").await;
    client
}

async fn whoami(client: &Client, address: &str, authorization: &str) -> Answer {
    let request = Request::get("/api/user/").header("Authorization", authorization);
    let request = request.body(Body::empty()).unwrap();
    client.send(from(address, request)).await
}

async fn post(client: &Client, address: &str, path: &str, body: Value) -> Answer {
    let request = Request::post(path).header("Content-Type", "application/json");
    let request = request.body(Body::from(body.to_string())).unwrap();
    client.send(from(address, request)).await
}

/// The access and the refresh token of a log-in, or of a refresh.
fn pair(answer: &Answer) -> (String, String) {
    let text = |name: &str| answer.body[name].as_str().unwrap().to_owned();
    (text("access"), text("refresh"))
}

async fn log_in(client: &Client) -> (String, String) {
    let body = json!({ "username": "ada", "password": PASSWORD });
    pair(&post(client, THERE, "/jwt/token/", body).await)
}

#[tokio::test]
async fn wrong_tokens_of_one_address_are_limited_and_good_ones_are_good() {
    let client = strict_client().await;
    let body = json!({ "username": "ada", "password": PASSWORD });
    let token = post(&client, THERE, "/api/token/", body).await;
    let token = format!("Token {}", token.body["token"].as_str().unwrap());
    let access = format!("Bearer {}", log_in(&client).await.0);
    let good = async || {
        let statements = client.store.statements();
        for authorization in [&token, &access] {
            assert_eq!(whoami(&client, HERE, authorization).await.status, 200);
        }
        client.store.statements() - statements
    };
    let cost = good().await;
    let drf = format!("Token {}", "0a".repeat(20));
    for wrong in ["Token x", &drf, "Bearer x", "Bearer a.b.c"] {
        let answer = whoami(&client, HERE, wrong).await;
        assert_eq!(answer.status, 401, "{wrong}");
    }
    let refused = post(&client, HERE, "/jwt/verify/", json!({ "token": "x" })).await;
    assert_eq!(refused.status, 401);
    for wrong in ["Token y", &drf, "Bearer z"] {
        let answer = whoami(&client, HERE, wrong).await;
        let told = (answer.status.as_u16(), answer.header("retry-after"));
        assert_eq!(told, (429, "300"), "{wrong}");
    }
    for (path, field) in [
        ("/jwt/verify/", "token"),
        ("/jwt/refresh/", "refresh"),
        ("/jwt/blacklist/", "refresh"),
    ] {
        let answer = post(&client, HERE, path, json!({ field: "x" })).await;
        assert_eq!(answer.status, 429, "{path}");
    }
    assert_eq!(good().await, cost);
    assert_eq!(whoami(&client, THERE, "Token y").await.status, 401);
    client.clock.advance(Duration::minutes(5));
    assert_eq!(whoami(&client, HERE, "Token y").await.status, 401);
}

#[tokio::test]
async fn tokens_that_are_over_are_no_guesses() {
    let client = strict_client().await;
    let (access, refresh) = log_in(&client).await;
    client.clock.advance(Duration::days(2));
    for _ in 0..10 {
        let answer = whoami(&client, HERE, &format!("Bearer {access}")).await;
        assert_eq!(answer.status, 401);
        let body = json!({ "refresh": refresh });
        let answer = post(&client, HERE, "/jwt/refresh/", body).await;
        assert_eq!(answer.status, 401);
    }
}

#[tokio::test]
async fn refreshes_of_a_login_and_of_an_address_are_limited() {
    let client = strict_client().await;
    let refresh = async |address: &str, token: &str| {
        let body = json!({ "refresh": token });
        post(&client, address, "/jwt/refresh/", body).await
    };
    let (_, mut token) = log_in(&client).await;
    for _ in 0..4 {
        (_, token) = pair(&refresh(HERE, &token).await);
    }
    let stopped = refresh(THERE, &token).await;
    let told = (stopped.status.as_u16(), stopped.header("retry-after"));
    assert_eq!(told, (429, "300"));
    let (_, mut other) = log_in(&client).await;
    for _ in 0..2 {
        (_, other) = pair(&refresh(HERE, &other).await);
    }
    assert_eq!(refresh(HERE, &other).await.status, 429);
    // The login goes on from elsewhere, and the first one when its time is over.
    assert_eq!(refresh(THERE, &other).await.status, 200);
    client.clock.advance(Duration::minutes(5));
    assert_eq!(refresh(HERE, &token).await.status, 200);
}
