//! Section 3: guesses at one account are stopped, by whichever name and way they come.

use portcullis::core::AccountStore;
use serde_json::json;

use super::{ALL, LogIn, PASSWORD, client, user};
use crate::client::Client;
use crate::process::{Server, status};

/// Guesses until stopped; how many were looked at.
async fn guess(client: &Client, names: &[&str]) -> usize {
    for looked_at in 0..200 {
        let name = names[looked_at % names.len()];
        let way = ALL[looked_at % ALL.len()];
        let answer = way.send(client, name, "wrong horse 9").await;
        if answer.status == 429 {
            return looked_at;
        }
        assert_eq!(answer.status, way.refused(), "{name}");
    }
    panic!("nobody stopped it");
}

// 3.1, 3.5: counters are shared by all ways of logging in and of writing the name.
#[tokio::test]
async fn guesses_are_counted_over_all_ways_and_all_spellings_of_a_name() {
    let client = client().await;
    user(&client, "ada").await;
    let names = ["ada", " ADA ", "\u{ff41}da", "Ad\u{ff21}", "ada\u{3000}"];
    assert_eq!(guess(&client, &names).await, 10);
    for way in ALL {
        for password in [PASSWORD, "wrong horse 9"] {
            assert_eq!(way.send(&client, "ada", password).await.status, 429);
        }
    }
}

// 3.5: the name and the address of an account are one account.
#[tokio::test]
async fn two_names_of_one_account_share_their_guesses() {
    let client = client().await;
    user(&client, "ada").await;
    assert_eq!(guess(&client, &["ada", "Ada@Example.com"]).await, 10);
    for name in ["ada", "ada@example.com"] {
        let answer = LogIn::Token.send(&client, name, PASSWORD).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("retry-after")),
            (429, "600")
        );
    }
    // Two names that nobody has are not one account: each has guesses of its own.
    assert_eq!(guess(&client, &["eve", "eve@example.com"]).await, 20);
}

// 3.1, 3.2: a name that nobody has is stopped as one that somebody has, after as many guesses.
#[tokio::test]
async fn being_stopped_does_not_tell_that_an_account_is_there() {
    let client = client().await;
    let closed = user(&client, "closed").await;
    client.store.set_active(&closed.id, false).await.unwrap();
    user(&client, "ada").await;
    let mut answers = Vec::new();
    for name in ["ada", "closed", "nobody"] {
        assert_eq!(guess(&client, &[name]).await, 10, "{name}");
        let statements = client.store.statements();
        let mut answer = LogIn::Token.send(&client, name, PASSWORD).await;
        answer.headers.remove("x-request-id");
        answers.push((
            answer.status,
            answer.headers,
            answer.bytes,
            client.store.statements() - statements,
        ));
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0], answers[2]);
}

// 3.3: of a hundred guesses at once, at both names.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_hundred_guesses_at_once_at_two_names_ten_are_looked_at() {
    let client = std::sync::Arc::new(client().await);
    user(&client, "ada").await;
    let jobs = client.hashing.jobs();
    let guesses: Vec<_> = (0..100)
        .map(|number| {
            let client = client.clone();
            let name = if number % 2 == 0 {
                "ada"
            } else {
                "ada@example.com"
            };
            tokio::spawn(async move {
                let answer = LogIn::Token.send(&client, name, "wrong horse 9").await;
                answer.status.as_u16()
            })
        })
        .collect();
    let mut looked_at = 0;
    for guess in guesses {
        match guess.await.unwrap() {
            400 => looked_at += 1,
            status => assert_eq!(status, 429),
        }
    }
    assert_eq!((looked_at, client.hashing.jobs() - jobs), (10, 10));
}

// 3.1: who waits between guesses is stopped at a hundred, whatever the name and the way.
#[tokio::test]
async fn slow_guesses_are_stopped_at_a_hundred_a_day() {
    let client = client().await;
    user(&client, "ada").await;
    for round in 0..10 {
        assert_eq!(
            guess(&client, &["ada", "ada@example.com"]).await,
            10,
            "{round}"
        );
        client.clock.advance(time::Duration::minutes(10));
    }
    for way in ALL {
        assert_eq!(way.send(&client, "ada", PASSWORD).await.status, 429);
    }
    // Nobody else is, and it is not for good.
    assert_eq!(
        LogIn::Token.send(&client, "eve", PASSWORD).await.status,
        400
    );
    client.clock.advance(time::Duration::days(1));
    assert_eq!(
        LogIn::Token.send(&client, "ada", PASSWORD).await.status,
        200
    );
}

// 3.6: a log-in makes the account's count new, under all of its names.
#[tokio::test]
async fn right_password_forgets_the_failures_of_its_account() {
    let client = client().await;
    user(&client, "ada").await;
    for way in ALL {
        for _ in 0..9 {
            LogIn::Token.send(&client, "ada", "wrong horse 9").await;
        }
        let answer = way.send(&client, "ada", PASSWORD).await;
        assert_eq!(answer.status, 200, "{way:?}");
    }
    assert_eq!(guess(&client, &["ada@example.com"]).await, 10);
}

// 3.7: somebody else's guesses lock nobody out of what they have open.
#[tokio::test]
async fn stopped_account_keeps_its_sessions_and_devices() {
    let client = client().await;
    let token = client.signup("ada@example.com", PASSWORD).await;
    let mut browser = crate::sessions::Browser::new(&client);
    assert_eq!(browser.log_in().await.status, 200);
    assert_eq!(guess(&client, &["ada@example.com"]).await, 10);
    assert_eq!(browser.send("GET", "/api/user/", &[], "").await.status, 200);
    let header = format!("Token {token}");
    assert_eq!(client.get("/api/user/", &header).await.status, 200);
}

// 3.1: the count survives a kill.
#[test]
fn guesses_are_still_counted_after_kill() {
    let folder = tempfile::tempdir().unwrap();
    let words = ["--pbkdf2-iterations", "1000"];
    let json = "Content-Type: application/json\r\n";
    let body = json!({ "email": "ada@example.com", "password": "wrong horse 9" }).to_string();
    let server = Server::start_with(folder.path(), &words);
    for _ in 0..10 {
        let answer = server.send("POST", "/api/token/", json, &body);
        assert_eq!(status(&answer), 400, "{answer}");
    }
    drop(server); // SIGKILL
    let server = Server::start_with(folder.path(), &words);
    let answer = server.send("POST", "/api/token/", json, &body);
    assert_eq!(status(&answer), 429, "{answer}");
    assert!(answer.contains("retry-after: "), "{answer}");
}
