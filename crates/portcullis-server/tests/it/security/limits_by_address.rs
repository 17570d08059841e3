//! Section 3: what one address may do: log-ins of many names, and sign-ups.

use axum::body::Body;
use http::Request;
use portcullis::core::Limit;
use portcullis::web::LoginLimits;
use portcullis_server::Surroundings;
use serde_json::json;

use super::{LogIn, PASSWORD, from, user};
use crate::client::{Answer, Client};

/// An application that looks at five failed log-ins of an address.
async fn strict_client() -> Client {
    let defaults = super::surroundings();
    let of_address = Limit {
        tries: 5,
        ..defaults.login_limits.of_address
    };
    let login_limits = LoginLimits {
        of_address,
        ..defaults.login_limits
    };
    Client::with(&Surroundings {
        login_limits,
        ..defaults
    })
    .await
}

async fn sign_up(client: &Client, address: &str, email: &str, headers: &[(&str, &str)]) -> Answer {
    let body = json!({ "email": email, "password": PASSWORD });
    let mut request = Request::post("/api/signup/").header("Content-Type", "application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Body::from(body.to_string())).unwrap();
    client.send(from(address, request)).await
}

// 3.9: one password tried on many names.
#[tokio::test]
async fn spraying_from_one_address_is_stopped() {
    let client = Client::new().await;
    for number in 0..100 {
        let name = format!("user{number}");
        let answer = LogIn::Token.send_from(&client, "192.0.2.1", &name, PASSWORD);
        assert_eq!(answer.await.status, 400);
    }
    let answer = LogIn::Token.send_from(&client, "192.0.2.1", "user100", PASSWORD);
    assert_eq!(answer.await.status, 429);
    let answer = LogIn::Token.send_from(&client, "192.0.2.2", "user100", PASSWORD);
    assert_eq!(answer.await.status, 400);
}

// 3.4: one client has a whole /64 to choose from, and one IPv4 address in two forms.
#[tokio::test]
async fn addresses_of_one_client_are_one() {
    let client = strict_client().await;
    let number = std::cell::Cell::new(0);
    let try_from = async |address: &str| {
        number.set(number.get() + 1);
        let name = format!("user{}", number.get());
        let answer = LogIn::Token.send_from(&client, address, &name, PASSWORD);
        answer.await.status.as_u16()
    };
    for host in 1..=5 {
        assert_eq!(try_from(&format!("2001:db8:0:1::{host}")).await, 400);
    }
    assert_eq!(try_from("2001:db8:0:1:ffff:ffff:ffff:ffff").await, 429);
    assert_eq!(try_from("2001:db8:0:2::1").await, 400);
    for address in ["192.0.2.1", "::ffff:192.0.2.1", "192.0.2.1"] {
        assert_eq!(try_from(address).await, 400);
    }
    for address in ["::ffff:192.0.2.1", "192.0.2.1"] {
        assert_eq!(try_from(address).await, 400);
    }
    assert_eq!(try_from("::ffff:192.0.2.1").await, 429);
}

// 3.4: what a stranger says about its address counts for nothing.
#[tokio::test]
async fn forwarded_header_of_a_stranger_wins_no_guesses() {
    let client = strict_client().await;
    for number in 0..6 {
        let mut request = LogIn::Token.request(&format!("user{number}"), PASSWORD);
        let value = format!("198.51.100.{number}").parse().unwrap();
        request.headers_mut().insert("X-Forwarded-For", value);
        let answer = client.send(from("192.0.2.1", request)).await;
        assert_eq!(answer.status, if number < 5 { 400 } else { 429 });
    }
}

// 3.6: an account of one's own does not make the address's count new.
#[tokio::test]
async fn right_password_does_not_forget_the_failures_of_its_address() {
    let client = strict_client().await;
    user(&client, "mallory").await;
    let from = "192.0.2.1";
    for number in 0..5 {
        let name = format!("user{number}");
        let answer = LogIn::Token.send_from(&client, from, &name, PASSWORD);
        assert_eq!(answer.await.status, 400);
        if number < 4 {
            // And it costs none of the tries either.
            let way = if number % 2 == 0 {
                LogIn::Token
            } else {
                LogIn::Basic
            };
            let own = way.send_from(&client, from, "mallory", PASSWORD).await;
            assert_eq!(own.status, 200);
        }
    }
    for name in ["user5", "mallory"] {
        let answer = LogIn::Token.send_from(&client, from, name, PASSWORD);
        assert_eq!(answer.await.status, 429);
    }
}

// 3.9: a stopped try counts against nobody: an address that is stopped locks no account.
#[tokio::test]
async fn tries_of_a_stopped_address_do_not_stop_accounts() {
    let client = strict_client().await;
    user(&client, "ada").await;
    for number in 0..5 {
        let name = format!("user{number}");
        LogIn::Token
            .send_from(&client, "192.0.2.1", &name, PASSWORD)
            .await;
    }
    for _ in 0..20 {
        let answer = LogIn::Token.send_from(&client, "192.0.2.1", "ada", "wrong horse 9");
        assert_eq!(answer.await.status, 429);
    }
    let answer = LogIn::Token.send_from(&client, "192.0.2.2", "ada", PASSWORD);
    assert_eq!(answer.await.status, 200);
}

// 3.8: sign-up, which also tells who is registered.
#[tokio::test]
async fn sign_ups_of_one_address_are_limited() {
    let client = Client::new().await;
    for number in 0..20 {
        // Half of them ask for the same one.
        let email = format!("user{}@example.com", number / 2);
        let answer = sign_up(&client, &format!("2001:db8::{number}"), &email, &[]).await;
        assert_eq!(answer.status, if number % 2 == 0 { 201 } else { 400 });
    }
    let jobs = client.hashing.jobs();
    for email in ["user0@example.com", "new@example.com"] {
        let lie = [
            ("X-Forwarded-For", "198.51.100.7"),
            ("Forwarded", "for=198.51.100.7"),
        ];
        let answer = sign_up(&client, "2001:db8::ffff", email, &lie).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("retry-after")),
            (429, "3600")
        );
    }
    assert_eq!(client.hashing.jobs(), jobs);
    let other = sign_up(&client, "192.0.2.1", "new@example.com", &[]).await;
    assert_eq!(other.status, 201);
    client.clock.advance(time::Duration::hours(1));
    let later = sign_up(&client, "2001:db8::ffff", "late@example.com", &[]).await;
    assert_eq!(later.status, 201);
}
