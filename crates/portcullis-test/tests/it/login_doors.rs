//! The log-ins of simplejwt's and knox' doors: they tell nothing, and share the counters of all others.

use axum::Router;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use portcullis::accounts::{Jwt, JwtSettings};
use portcullis::core::Limit;
use portcullis::django::jwt::{Algorithm, Backend, Key};
use portcullis::web::{Api, LoginLimits, Passwords};
use portcullis::{AccountSettings, Accounts};
use portcullis_test::{Answer, TestApp, TestParts};
use serde_json::json;
use time::Duration;

const SECRET: &str = "a secret of the tests, with more than 32 bytes";

/// `/jwt/token/`, `/knox/login/` and `/knox/login-json/`, with ten tries of an account.
fn service(parts: TestParts) -> Router {
    let limit = |tries, window| Limit { tries, window };
    let limits = LoginLimits {
        of_account: limit(10, Duration::minutes(10)),
        of_account_in_the_long_run: limit(100, Duration::DAY),
        of_address: limit(100, Duration::minutes(10)),
    };
    let (store, hashing) = (parts.store.clone(), parts.hashing.clone());
    let clock = parts.clock.clone();
    let hashers = parts.hashers.clone();
    let passwords = Passwords::new(store, clock.clone(), hashing, hashers, Some(limits));
    let backend = Backend::new(Key::secret(Algorithm::Hs256, SECRET).unwrap());
    let jwt = Jwt::new(
        passwords.clone(),
        clock.clone(),
        backend,
        JwtSettings::default(),
    );
    let settings = AccountSettings::default();
    let accounts = Accounts::new(passwords, parts.sessions, clock, settings);
    jwt.doors(&parts.gate, "/jwt/", Api::new)
        .merge(accounts.device_doors(&parts.gate, "/knox/", Api::new))
        .into_router()
}

const PATHS: [&str; 3] = ["/jwt/token/", "/knox/login-json/", "/knox/login/"];

async fn log_in(app: &TestApp, path: &str, name: &str, password: &str) -> Answer {
    let client = app.anonymous();
    let request = client.request(Method::POST, path);
    let request = if path == "/knox/login/" {
        let pair = STANDARD.encode(format!("{name}:{password}"));
        request.header("authorization", format!("Basic {pair}"))
    } else {
        request.json(&json!({ "username": name, "password": password }))
    };
    request.send().await
}

#[tokio::test]
async fn failing_log_ins_of_every_door_look_the_same_and_hash_once() {
    let app = TestApp::new(service).await;
    app.user("ada").await;
    let closed = app.user("closed").await;
    app.parts()
        .store
        .set_active(&closed.id, false)
        .await
        .unwrap();
    for path in PATHS {
        let mut seen = Vec::new();
        for (name, password) in [
            ("nobody", "password of nobody"),
            ("ada", "wrong"),
            ("ada@example.com", "wrong"),
            ("closed", "password of closed"),
            ("closed", "wrong"),
        ] {
            let jobs = app.parts().hashing.jobs();
            let answer = log_in(&app, path, name, password).await;
            let jobs = app.parts().hashing.jobs() - jobs;
            assert_eq!(jobs, 1, "{path} {name}");
            assert!(answer.status.is_client_error(), "{path} {name}");
            seen.push((answer.status, answer.headers, answer.text));
        }
        assert!(
            seen.iter().all(|other| *other == seen[0]),
            "{path}: {seen:?}"
        );
        assert_eq!(
            log_in(&app, path, "ada", "password of ada").await.status,
            200
        );
    }
}

#[tokio::test]
async fn guesses_at_every_door_are_counted_together() {
    let app = TestApp::new(service).await;
    app.user("ada").await;
    for guess in 0..10 {
        let name = if guess % 2 == 0 {
            "ada"
        } else {
            "ADA@example.com"
        };
        let answer = log_in(&app, PATHS[guess % 3], name, "wrong").await;
        assert_ne!(answer.status, 429, "{guess}");
    }
    for path in PATHS {
        let answer = log_in(&app, path, "ada", "password of ada").await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("retry-after")),
            (429, "600"),
            "{path}"
        );
    }
}
