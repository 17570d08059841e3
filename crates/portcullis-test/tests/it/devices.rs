//! Device tokens at knox' doors: several, a limit, expiry, more time on use, prefix and checksum.

use std::sync::Arc;

use axum::Router;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use portcullis::accounts::DeviceTokens;
use portcullis::core::UserId;
use portcullis::django::api_token::{is_checked_token, knox_digest, knox_key, new_knox_token};
use portcullis::web::{Api, DeviceRenewal};
use portcullis::{AccountSettings, Accounts, CurrentUser, get};
use portcullis_test::{Answer, TestApp, TestParts};
use serde_json::json;
use time::Duration;

/// knox' doors and `/whoami/`.
fn service(tokens: DeviceTokens) -> impl FnOnce(TestParts) -> Router {
    move |parts| {
        let device = tokens.authentication(parts.store.clone(), parts.clock.clone());
        let settings = AccountSettings {
            device: tokens,
            ..AccountSettings::default()
        };
        let accounts = Accounts::new(
            parts.passwords.clone(),
            parts.sessions.clone(),
            parts.clock.clone(),
            settings,
        );
        accounts
            .device_doors(&parts.gate, "/knox/", Api::new)
            .merge(
                parts
                    .gate
                    .doors()
                    .route("/whoami/", get(whoami))
                    .authenticated_by(vec![Arc::new(device)]),
            )
            .into_router()
    }
}

async fn whoami(CurrentUser(user): CurrentUser) -> String {
    user.username
}

async fn app(tokens: DeviceTokens) -> TestApp {
    let app = TestApp::new(service(tokens)).await;
    app.user("ada").await;
    app
}

async fn log_in(app: &TestApp) -> Answer {
    let basic = format!("Basic {}", STANDARD.encode("ada:password of ada"));
    let client = app.with_authorization(&basic);
    client.request(Method::POST, "/knox/login/").send().await
}

async fn token(app: &TestApp) -> String {
    let answer = log_in(app).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["token"].as_str().unwrap().to_owned()
}

async fn call(app: &TestApp, method: Method, path: &str, token: &str) -> Answer {
    let client = app.with_authorization(&format!("Token {token}"));
    client.request(method, path).send().await
}

async fn whose(app: &TestApp, token: &str) -> u16 {
    call(app, Method::GET, "/whoami/", token)
        .await
        .status
        .as_u16()
}

#[tokio::test]
async fn each_login_is_a_device_and_ends_by_itself_or_with_all() {
    let app = app(DeviceTokens::default()).await;
    let (a, b, c) = (token(&app).await, token(&app).await, token(&app).await);
    let ended = call(&app, Method::POST, "/knox/logout/", &a).await;
    assert_eq!((ended.status.as_u16(), ended.text.as_str()), (204, ""));
    assert_eq!((whose(&app, &a).await, whose(&app, &b).await), (401, 200));
    let ended = call(&app, Method::POST, "/knox/logoutall/", &b).await;
    assert_eq!(ended.status, 204);
    assert_eq!((whose(&app, &b).await, whose(&app, &c).await), (401, 401));
    let logins = app.parts().store.list_logins(&UserId::Integer(1)).await;
    assert!(logins.unwrap().is_empty());
}

#[tokio::test]
async fn login_says_the_expiry_as_drf_writes_it() {
    let app = app(DeviceTokens {
        shows_user: true,
        ..DeviceTokens::default()
    })
    .await;
    let answer = log_in(&app).await.json();
    assert_eq!(answer["expiry"], "2026-02-01T03:04:05Z");
    assert_eq!(answer["user"], json!({ "username": "ada" }));
    let body = json!({ "username": "ada", "password": "password of ada" });
    let answer = app.anonymous().post("/knox/login-json/", &body).await;
    assert_eq!(answer.json()["user"], json!({ "username": "ada" }));

    let app = app_for_ever().await;
    assert_eq!(log_in(&app).await.json()["expiry"], json!(null));
    let token = token(&app).await;
    app.clock().advance(Duration::days(10_000));
    assert_eq!(whose(&app, &token).await, 200);
}

async fn app_for_ever() -> TestApp {
    app(DeviceTokens {
        ttl: None,
        ..DeviceTokens::default()
    })
    .await
}

#[tokio::test]
async fn login_over_the_limit_is_403_until_a_token_ends() {
    let app = app(DeviceTokens {
        limit_per_user: Some(2),
        ..DeviceTokens::default()
    })
    .await;
    let first = token(&app).await;
    token(&app).await;
    let text = "Maximum amount of tokens allowed per user exceeded.";
    log_in(&app)
        .await
        .assert_json(403, &json!({ "error": text }));
    call(&app, Method::POST, "/knox/logout/", &first).await;
    token(&app).await;
    log_in(&app)
        .await
        .assert_json(403, &json!({ "error": text }));
    // Those that are over do not count.
    app.clock().advance(Duration::days(31));
    token(&app).await;
}

#[tokio::test]
async fn expired_token_is_401_and_removed_with_the_others_that_are_over() {
    let app = app(DeviceTokens::default()).await;
    let (old, older) = (token(&app).await, token(&app).await);
    app.clock().advance(Duration::days(30));
    assert_eq!(whose(&app, &old).await, 200);
    app.clock().advance(Duration::SECOND);
    let answer = call(&app, Method::GET, "/whoami/", &old).await;
    answer.assert_refused(401, "Invalid token.");
    assert_eq!(answer.header("www-authenticate"), "Token");
    let store = &app.parts().store;
    for token in [&old, &older] {
        assert!(
            store
                .device_logins(knox_key(token), &knox_digest(token))
                .await
                .unwrap()
                .is_empty()
        );
    }
}

#[tokio::test]
async fn token_that_is_used_gets_more_time_up_to_its_end() {
    let ttl = Duration::hours(2);
    let app = app(DeviceTokens {
        ttl: Some(ttl),
        renewal: Some(DeviceRenewal {
            ttl,
            max_ttl: Some(Duration::hours(5)),
            min_interval: Duration::minutes(1),
        }),
        ..DeviceTokens::default()
    })
    .await;
    let token = token(&app).await;
    let store = &app.parts().store;
    let expires = async || {
        let logins = store
            .device_logins(knox_key(&token), &knox_digest(&token))
            .await
            .unwrap();
        logins[0].expires.unwrap()
    };
    let made = expires().await - ttl;
    // A gain of a minute is not worth a write.
    app.clock().advance(Duration::minutes(1));
    assert_eq!(whose(&app, &token).await, 200);
    assert_eq!(expires().await, made + ttl);
    app.clock().advance(Duration::SECOND);
    assert_eq!(whose(&app, &token).await, 200);
    let gained = made + Duration::seconds(61) + ttl;
    assert_eq!(expires().await, gained);
    let listed = store.list_logins(&UserId::Integer(1)).await.unwrap();
    assert_eq!(listed[0].expires, Some(gained));
    for _ in 0..2 {
        app.clock().advance(Duration::hours(2));
        assert_eq!(whose(&app, &token).await, 200);
    }
    assert_eq!(expires().await, made + Duration::hours(5));
    app.clock().advance(Duration::hours(1));
    assert_eq!(whose(&app, &token).await, 401);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_uses_at_once_all_get_in_and_more_time() {
    let ttl = Duration::hours(2);
    let tokens = DeviceTokens {
        ttl: Some(ttl),
        renewal: Some(DeviceRenewal {
            ttl,
            max_ttl: None,
            min_interval: Duration::minutes(1),
        }),
        ..DeviceTokens::default()
    };
    let app = Arc::new(app(tokens).await);
    let tokens = [token(&app).await, token(&app).await, token(&app).await];
    app.clock().advance(Duration::hours(1));
    let storm: Vec<_> = (0..60)
        .map(|number| {
            let (app, token) = (Arc::clone(&app), tokens[number % 3].clone());
            tokio::spawn(async move { whose(&app, &token).await })
        })
        .collect();
    for one in storm {
        assert_eq!(one.await.unwrap(), 200);
    }
    app.clock().advance(Duration::minutes(119));
    for token in &tokens {
        assert_eq!(whose(&app, token).await, 200);
    }
}

#[tokio::test]
async fn prefixed_tokens_with_a_checksum_are_recognised_and_older_ones_too() {
    let app = app(DeviceTokens {
        prefix: "shop_".to_owned(),
        has_checksum: true,
        ..DeviceTokens::default()
    })
    .await;
    let token = token(&app).await;
    assert!(is_checked_token(&token, "shop_"));
    assert_eq!(whose(&app, &token).await, 200);
    // knox finds it by the same digest.
    let found = app
        .parts()
        .store
        .device_logins(knox_key(&token), &knox_digest(&token))
        .await;
    assert_eq!(found.unwrap()[0].digest, knox_digest(&token));
    let mistyped = format!("{}x", &token[..token.len() - 1]);
    assert_eq!(whose(&app, &mistyped).await, 401);
    let ada = app.parts().store.user_by_login_name("ada").await.unwrap();
    let (old, login) =
        DeviceTokens::default().new_token(portcullis::core::Device::default(), ada_time(&app));
    let login = portcullis::core::NewLogin::Device(login);
    app.parts()
        .store
        .log_in(&ada.unwrap(), login, None)
        .await
        .unwrap();
    assert_eq!(whose(&app, &old).await, 200);
    assert_eq!(whose(&app, &new_knox_token("")).await, 401);
}

fn ada_time(app: &TestApp) -> time::OffsetDateTime {
    portcullis::core::Clock::now(app.clock())
}

#[tokio::test]
async fn login_with_an_outdated_hash_opens_and_writes_the_new_hash() {
    let app = app(DeviceTokens::default()).await;
    let store = &app.parts().store;
    let old = portcullis::django::password::Hashers {
        pbkdf2_iterations: 1,
        ..Default::default()
    };
    let hash = portcullis::django::password::hash("password of ada", &old).unwrap();
    let user = app.user("ada").await;
    let changed = store.change_password(
        &user,
        portcullis::core::NewPassword::new(portcullis::core::PasswordHash::new(hash)),
    );
    assert!(changed.await.unwrap().is_some());
    let before = app.user("ada").await.password;
    token(&app).await;
    assert_ne!(app.user("ada").await.password, before);
}
