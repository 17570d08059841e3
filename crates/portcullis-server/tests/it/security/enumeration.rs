//! Section 2: nobody learns who has an account.

use std::time::{Duration, Instant};

use http::HeaderMap;
use portcullis::core::AccountStore;
use portcullis::django::password::{self, Algorithm, Hashers};
use serde_json::json;

use super::{ALL, LogIn, PASSWORD, client, hashers, user, user_with};
use crate::client::Client;

/// What an attacker can see or measure of one answer.
#[derive(Debug, PartialEq)]
struct Seen {
    status: u16,
    headers: HeaderMap,
    bytes: bytes::Bytes,
    hash_jobs: u64,
    statements: u64,
}

async fn seen(client: &Client, way: LogIn, name: &str, password: &str) -> Seen {
    let (jobs, statements) = (client.hashing.jobs(), client.store.statements());
    let mut answer = way.send(client, name, password).await;
    // Random, for all.
    assert!(answer.headers.remove("x-request-id").is_some());
    Seen {
        status: answer.status.as_u16(),
        headers: answer.headers,
        bytes: answer.bytes,
        hash_jobs: client.hashing.jobs() - jobs,
        statements: client.store.statements() - statements,
    }
}

fn hashed(algorithm: Algorithm, salt: &str) -> String {
    password::hash_with_salt(PASSWORD, salt, algorithm, &hashers()).unwrap()
}

// 2.1, 2.2, 2.7: on every way in.
#[tokio::test]
async fn every_log_in_that_fails_looks_and_costs_the_same() {
    let client = client().await;
    user(&client, "wrong").await;
    let closed = user(&client, "closed").await;
    client.store.set_active(&closed.id, false).await.unwrap();
    let quick = hashed(Algorithm::Pbkdf2Sha256, "salt").replace("$1000$", "$1$");
    for (name, column) in [
        ("unusable", password::unusable()),
        ("empty", String::new()),
        ("md5", hashed(Algorithm::Md5, "salt")),
        ("sha1", hashed(Algorithm::Sha1, "salt")),
        ("quick", quick),
        ("argon2", hashed(Algorithm::Argon2, "saltsaltsalt")),
        ("damaged", "pbkdf2_sha256$$$".to_owned()),
    ] {
        user_with(&client, name, &column).await;
    }
    let old = user_with(&client, "oldclosed", &hashed(Algorithm::Md5, "salt")).await;
    client.store.set_active(&old.id, false).await.unwrap();
    // A server looks at its first counter whether there are too many, whosever it is.
    let _ = seen(&client, ALL[0], "first", PASSWORD).await;
    for way in ALL {
        let unknown = seen(&client, way, "unknown", PASSWORD).await;
        assert_eq!((unknown.status, unknown.hash_jobs), (way.refused(), 1));
        for (name, password) in [
            ("wrong", "wrong horse 9"),
            ("wrong@example.com", "wrong horse 9"),
            ("closed", PASSWORD),
            ("closed", "wrong horse 9"),
            ("oldclosed", PASSWORD),
            ("unusable", PASSWORD),
            ("empty", PASSWORD),
            ("md5", "wrong horse 9"),
            ("sha1", "wrong horse 9"),
            ("quick", "wrong horse 9"),
            ("argon2", "wrong horse 9"),
            ("damaged", PASSWORD),
        ] {
            let known = seen(&client, way, name, password).await;
            assert_eq!(known, unknown, "{name} by {way:?}");
            // Each is the first of its window.
            client.clock.advance(time::Duration::minutes(10));
        }
    }
}

/// For how long this thread has had a processor: what others do on the machine does not count.
fn processor_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    let nanoseconds = stat.split_whitespace().next().unwrap();
    Duration::from_nanos(nanoseconds.parse().unwrap())
}

/// The shortest of some times.
fn time_of(work: impl Fn()) -> Duration {
    let times = (0..5).map(|_| {
        let start = processor_time();
        work();
        processor_time().checked_sub(start).unwrap()
    });
    times.min().unwrap()
}

// 2.2: Django answers a wrong password on an old MD5 row at once.
#[test]
fn wrong_password_on_an_old_hash_takes_as_long_as_nobodys() {
    let hashers = Hashers {
        pbkdf2_iterations: 40_000,
        ..Hashers::default()
    };
    let nobody = time_of(|| password::dummy_work(&hashers));
    for algorithm in [Algorithm::Md5, Algorithm::Sha1, Algorithm::Pbkdf2Sha1] {
        let column = password::hash_with_salt(PASSWORD, "salt", algorithm, &super::hashers());
        let column = column.unwrap();
        let wrong = time_of(|| {
            assert!(!password::verify("wrong horse 9", &column, &hashers).matches);
        });
        assert!(wrong > nobody / 2, "{algorithm}: {wrong:?} for {nobody:?}");
    }
}

// 2.2: the counters above do not see whether a job of the pool does a hash's work. A busy machine only makes
// the shortest of some times longer, so there is no upper bound.
#[tokio::test]
async fn every_log_in_that_fails_does_the_work_of_a_hash() {
    const ITERATIONS: u32 = 60_000;
    let client = Client::with_iterations(&super::surroundings(), ITERATIONS).await;
    let costly = Hashers {
        pbkdf2_iterations: ITERATIONS,
        ..Hashers::default()
    };
    let column = password::hash(PASSWORD, &costly).unwrap();
    user_with(&client, "wrong", &column).await;
    let closed = user_with(&client, "closed", &column).await;
    client.store.set_active(&closed.id, false).await.unwrap();
    user_with(&client, "unusable", &password::unusable()).await;
    user_with(&client, "md5", &hashed(Algorithm::Md5, "salt")).await;
    user_with(
        &client,
        "quick",
        &password::hash(PASSWORD, &hashers()).unwrap(),
    )
    .await;
    user_with(&client, "damaged", "pbkdf2_sha256$$$").await;
    let cases = [
        ("unknown", PASSWORD),
        ("wrong", "wrong horse 9"),
        ("closed", PASSWORD),
        ("closed", "wrong horse 9"),
        ("unusable", PASSWORD),
        ("md5", "wrong horse 9"),
        ("quick", "wrong horse 9"),
        ("damaged", PASSWORD),
    ];
    let hash = time_of(|| password::dummy_work(&costly));
    for way in ALL {
        let mut shortest = [Duration::MAX; 8];
        for _ in 0..4 {
            for (shortest, (name, password)) in shortest.iter_mut().zip(cases) {
                let start = Instant::now();
                let answer = way.send(&client, name, password).await;
                *shortest = start.elapsed().min(*shortest);
                assert_eq!(answer.status, way.refused());
            }
            client.clock.advance(time::Duration::minutes(10));
        }
        for (time, case) in shortest.iter().zip(cases) {
            assert!(
                *time > hash / 2,
                "{case:?} by {way:?}: {time:?} for {hash:?}"
            );
        }
    }
}

// 2.6: credentials in the query are none.
#[tokio::test]
async fn credentials_in_the_query_are_not_read() {
    let client = Client::new().await;
    let token = client.signup("ada@example.com", PASSWORD).await;
    let query = "email=ada%40example.com&username=ada%40example.com&password=correct%20horse%209";
    for path in ["/api/token/", "/api/auth/login/", "/api/signup/"] {
        let answer = client.post(&format!("{path}?{query}"), json!({})).await;
        assert_eq!(answer.status, 400);
        assert_eq!(answer.body["password"], json!(["This field is required."]));
    }
    for name in [
        "token",
        "Token",
        "authorization",
        "access_token",
        "auth",
        "key",
    ] {
        let path = format!("/api/user/?{name}={token}");
        assert_eq!(client.get(&path, "").await.status, 401, "{name}");
    }
}

// 2.8: what cannot be seen, or looks like something else, is no part of a new name.
#[tokio::test]
async fn names_that_look_like_others_are_refused_or_are_the_others() {
    let client = Client::new().await;
    client.signup("ada@example.com", PASSWORD).await;
    for email in [
        "ada@exam\u{200b}ple.com",
        "ada@example\u{ad}.com",
        "ada@\u{202e}example.com",
        "ada@\u{2066}example.com",
        "ada@exam\u{feff}ple.com",
        "ada@exam\u{2060}ple.com",
        "ada@exam\u{3164}ple.com",
        "ada@exam\u{fe0f}ple.com",
        "ada@exam\u{e000}ple.com",
        "\"ada\u{1}\"@example.com",
        "\"ada\\ \"@example.com",
        "\"ada\\\u{7f}\"@example.com",
        "ada@a.com\u{ff20}example.com",
        "ada@exam\u{a0}ple.com",
        "ada@example\u{ff0e}com",
    ] {
        let body = json!({ "email": email, "password": PASSWORD });
        let answer = client.post("/api/signup/", body).await;
        let text = "Enter a valid email address.";
        let expected = (400, json!({ "email": [text] }));
        assert_eq!((answer.status.as_u16(), answer.body), expected, "{email:?}");
    }
    for email in [
        "ADA@example.com",
        "ada@\u{ff45}xample.com",
        " ada@example.com\u{2003}",
    ] {
        let body = json!({ "email": email, "password": PASSWORD });
        let answer = client.post("/api/signup/", body).await;
        let text = "An account with this e-mail address already exists.";
        let expected = (400, json!({ "email": [text] }));
        assert_eq!((answer.status.as_u16(), answer.body), expected, "{email:?}");
    }
}
