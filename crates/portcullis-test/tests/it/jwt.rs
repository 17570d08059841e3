//! JWTs at their doors: families, grace, reuse, revocation, odd claims; the clock stands still.

use std::sync::Arc;

use axum::Router;
use http::Method;
use portcullis::accounts::{Families, Jwt, JwtSettings};
use portcullis::core::{PasswordHash, Scheme, UserId};
use portcullis::django::jwt::{Algorithm, Backend, Claims, Key};
use portcullis::django::signing::base64url_decode;
use portcullis::web::Api;
use portcullis::{CurrentUser, get};
use portcullis_test::{Answer, TestApp, TestParts};
use serde_json::{Map, Value, json};
use time::Duration;

const SECRET: &str = "a secret of the tests, with more than 32 bytes";

fn backend() -> Backend {
    let key = Key::secret(Algorithm::Hs256, SECRET).unwrap();
    Backend::new(key)
        .with_issuer("https://shop.example")
        .with_audience("shop")
}

/// simplejwt's doors and `/whoami/`.
fn service(settings: JwtSettings) -> impl FnOnce(TestParts) -> Router {
    move |parts| {
        let clock = parts.clock.clone();
        let jwt = Jwt::new(parts.passwords.clone(), clock, backend(), settings);
        jwt.doors(&parts.gate, "/jwt/", Api::new)
            .merge(jwt.jwks_door(&parts.gate))
            .merge(
                parts
                    .gate
                    .doors()
                    .route("/whoami/", get(whoami))
                    .authenticated_by(vec![Arc::new(jwt.authentication())]),
            )
            .into_router()
    }
}

async fn whoami(CurrentUser(user): CurrentUser) -> String {
    user.username
}

async fn app() -> TestApp {
    let app = TestApp::new(service(JwtSettings::default())).await;
    app.user("ada").await;
    app
}

/// simplejwt's way.
async fn app_without_families() -> TestApp {
    let mut settings = JwtSettings {
        families: None,
        ..JwtSettings::default()
    };
    settings.tokens.rotate_refresh_tokens = true;
    settings.tokens.blacklist_after_rotation = true;
    let app = TestApp::new(service(settings)).await;
    app.user("ada").await;
    app
}

/// Access and refresh token.
type Pair = (String, String);

async fn log_in(app: &TestApp) -> Pair {
    let body = json!({ "username": "ada", "password": "password of ada" });
    pair(&app.anonymous().post("/jwt/token/", &body).await)
}

fn pair(answer: &Answer) -> Pair {
    assert_eq!(answer.status, 200, "{}", answer.text);
    let body = answer.json();
    let text = |name: &str| body[name].as_str().unwrap().to_owned();
    (text("access"), text("refresh"))
}

async fn refresh(app: &TestApp, token: &str) -> Answer {
    let client = app.anonymous();
    client
        .post("/jwt/refresh/", &json!({ "refresh": token }))
        .await
}

async fn whose(app: &TestApp, access: &str) -> u16 {
    let client = app.with_authorization(&format!("Bearer {access}"));
    client.get("/whoami/").await.status.as_u16()
}

fn claims(token: &str) -> Map<String, Value> {
    let part = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&base64url_decode(part).unwrap()).unwrap()
}

/// A token with other claims, and the right signature.
fn forged(token: &str, change: impl FnOnce(&mut Map<String, Value>)) -> String {
    let mut claims = claims(token);
    change(&mut claims);
    backend().encode(&Claims::from_map(claims)).unwrap()
}

fn assert_blacklisted(answer: &Answer) {
    let body = json!({ "detail": "Token is blacklisted", "code": "token_not_valid" });
    answer.assert_json(401, &body);
    assert_eq!(answer.header("www-authenticate"), "Bearer realm=\"api\"");
}

#[tokio::test]
async fn pair_names_issuer_audience_login_and_nothing_personal() {
    let app = app().await;
    let (access, refresh) = log_in(&app).await;
    for (token, kind, seconds) in [(&access, "access", 300), (&refresh, "refresh", 86_400)] {
        let claims = claims(token);
        let names: Vec<&str> = claims.keys().map(String::as_str).collect();
        let expected = [
            "token_type",
            "exp",
            "iat",
            "jti",
            "user_id",
            "sid",
            "aud",
            "iss",
        ];
        assert_eq!(names, expected);
        assert_eq!(
            (&claims["token_type"], &claims["user_id"]),
            (&kind.into(), &"1".into())
        );
        assert_eq!(
            (&claims["iss"], &claims["aud"]),
            (&"https://shop.example".into(), &"shop".into())
        );
        let lifetime = claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap();
        assert_eq!(lifetime, seconds);
    }
    assert_eq!(whose(&app, &access).await, 200);
    assert_eq!(whose(&app, &refresh).await, 401);
    app.clock().advance(Duration::seconds(300));
    assert_eq!(whose(&app, &access).await, 401);
}

#[tokio::test]
async fn issuer_and_audience_are_checked() {
    let app = app().await;
    let (access, _) = log_in(&app).await;
    for name in ["iss", "aud"] {
        let key = Key::secret(Algorithm::Hs256, SECRET).unwrap();
        let mut other = claims(&access);
        other.insert(name.to_owned(), "bank".into());
        let token = Backend::new(key).encode(&Claims::from_map(other)).unwrap();
        assert_eq!(whose(&app, &token).await, 401, "{name}");
    }
}

#[tokio::test]
async fn refresh_rotates_and_the_same_refresh_gets_the_same_successor_for_ten_seconds() {
    let app = app().await;
    let (_, first) = log_in(&app).await;
    app.clock().advance(Duration::minutes(1));
    let (access, second) = pair(&refresh(&app, &first).await);
    assert_ne!(first, second);
    assert_eq!(whose(&app, &access).await, 200);
    app.clock().advance(Duration::seconds(9));
    let (access, again) = pair(&refresh(&app, &first).await);
    assert_eq!(again, second);
    assert_eq!(whose(&app, &access).await, 200);
    let (_, third) = pair(&refresh(&app, &second).await);
    assert_ne!(third, second);
}

#[tokio::test]
async fn reuse_after_the_grace_ends_the_login_at_once() {
    let app = app().await;
    let (_, first) = log_in(&app).await;
    let (access, second) = pair(&refresh(&app, &first).await);
    let other = log_in(&app).await;
    app.clock().advance(Duration::seconds(10));
    assert_blacklisted(&refresh(&app, &first).await);
    assert_eq!(whose(&app, &access).await, 401);
    assert_blacklisted(&refresh(&app, &second).await);
    // Another login of the same user goes on.
    assert_eq!(whose(&app, &other.0).await, 200);
    pair(&refresh(&app, &other.1).await);
}

#[tokio::test]
async fn reuse_once_the_successor_was_used_ends_the_login_at_once() {
    let app = app().await;
    let (_, first) = log_in(&app).await;
    let (_, second) = pair(&refresh(&app, &first).await);
    let (access, third) = pair(&refresh(&app, &second).await);
    assert_blacklisted(&refresh(&app, &first).await);
    assert_eq!(whose(&app, &access).await, 401);
    assert_blacklisted(&refresh(&app, &third).await);
}

#[tokio::test]
async fn without_a_grace_the_second_refresh_is_reuse() {
    let families = Families {
        grace: Duration::ZERO,
        ..Families::default()
    };
    let settings = JwtSettings {
        families: Some(families),
        ..JwtSettings::default()
    };
    let app = TestApp::new(service(settings)).await;
    app.user("ada").await;
    let (_, first) = log_in(&app).await;
    let (access, _) = pair(&refresh(&app, &first).await);
    assert_blacklisted(&refresh(&app, &first).await);
    assert_eq!(whose(&app, &access).await, 401);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn hundred_refreshes_at_once_get_one_successor_and_log_nobody_out() {
    let app = Arc::new(app().await);
    let (_, first) = log_in(&app).await;
    let storm: Vec<_> = (0..100)
        .map(|_| {
            let (app, first) = (Arc::clone(&app), first.clone());
            tokio::spawn(async move { pair(&refresh(&app, &first).await) })
        })
        .collect();
    let mut successors = Vec::new();
    let mut last = String::new();
    for one in storm {
        let (access, successor) = one.await.unwrap();
        successors.push(successor);
        last = access;
    }
    successors.dedup();
    assert_eq!(successors.len(), 1);
    assert_eq!(whose(&app, &last).await, 200);
    pair(&refresh(&app, &successors[0]).await);
}

#[tokio::test]
async fn login_is_over_after_thirty_days_however_often_it_is_refreshed() {
    let app = app().await;
    let (_, mut token) = log_in(&app).await;
    let end = claims(&token)["iat"].as_i64().unwrap() + 30 * 86_400;
    let mut days = 0;
    loop {
        app.clock().advance(Duration::hours(23));
        let answer = refresh(&app, &token).await;
        if answer.status != 200 {
            let body = json!({ "detail": "Token is expired", "code": "token_not_valid" });
            answer.assert_json(401, &body);
            break;
        }
        let (access, next) = pair(&answer);
        for one in [&access, &next] {
            assert!(claims(one)["exp"].as_i64().unwrap() <= end);
        }
        token = next;
        days += 1;
    }
    assert_eq!(days, 31);
}

#[tokio::test]
async fn ended_login_ends_its_tokens_at_once() {
    let app = app().await;
    let (access, token) = log_in(&app).await;
    let store = &app.parts().store;
    let ada = UserId::Integer(1);
    let logins = store.list_logins(&ada).await.unwrap();
    assert_eq!(logins[0].scheme, Scheme::Jwt);
    store.end_login(logins[0].id, None, None).await.unwrap();
    let answer = app
        .with_authorization(&format!("Bearer {access}"))
        .get("/whoami/")
        .await;
    assert_eq!(answer.status, 401);
    assert_eq!(
        answer.json()["messages"][0]["message"],
        "Token is blacklisted"
    );
    assert_blacklisted(&refresh(&app, &token).await);
    let verify = app
        .anonymous()
        .post("/jwt/verify/", &json!({ "token": access }))
        .await;
    verify.assert_json(
        400,
        &json!({ "non_field_errors": ["Token is blacklisted"] }),
    );
}

#[tokio::test]
async fn changed_password_and_blacklist_end_access_tokens_too() {
    let app = app().await;
    let (access, token) = log_in(&app).await;
    let body = json!({ "refresh": token });
    let ended = app.anonymous().post("/jwt/blacklist/", &body).await;
    ended.assert_json(200, &json!({}));
    assert_eq!(whose(&app, &access).await, 401);
    assert_blacklisted(&app.anonymous().post("/jwt/blacklist/", &body).await);

    let (access, token) = log_in(&app).await;
    let user = app.user("ada").await;
    let store = &app.parts().store;
    let changed = store
        .change_password(
            &user,
            portcullis::core::NewPassword::new(PasswordHash::new("!")),
        )
        .await;
    assert!(changed.unwrap().is_some());
    assert_eq!(whose(&app, &access).await, 401);
    assert_blacklisted(&refresh(&app, &token).await);
}

#[tokio::test]
async fn tokens_of_an_inactive_user_are_401() {
    let app = app().await;
    let (access, token) = log_in(&app).await;
    let store = &app.parts().store;
    store.set_active(&UserId::Integer(1), false).await.unwrap();
    assert_eq!(whose(&app, &access).await, 401);
    let answer = refresh(&app, &token).await;
    answer.assert_refused(401, "No active account found for the given token.");
    let body = json!({ "username": "ada", "password": "password of ada" });
    let answer = app.anonymous().post("/jwt/token/", &body).await;
    answer.assert_refused(401, "No active account found with the given credentials");
}

#[tokio::test]
async fn odd_claims_are_401_everywhere() {
    let app = app().await;
    let (access, token) = log_in(&app).await;
    let long = "x".repeat(256);
    let odd = [
        ("user_id", json!("abc")),
        ("user_id", json!("99999999999999999999")),
        ("user_id", json!("4711")),
        ("user_id", json!([1])),
        ("user_id", json!(true)),
        ("user_id", json!(null)),
        ("user_id", json!({ "id": 1 })),
        ("sid", json!("")),
        ("sid", json!(7)),
        ("sid", json!("\0")),
        ("sid", json!("00000000000000000000000000000000")),
        ("exp", json!("tomorrow")),
        ("exp", json!(1e300)),
        ("iat", json!([])),
        ("token_type", json!(5)),
    ];
    for (name, value) in odd {
        let change = |claims: &mut Map<String, Value>| {
            claims.insert(name.to_owned(), value.clone());
            if name != "sid" {
                return;
            }
            // Of a token that the store does not know.
            claims.insert("jti".to_owned(), "0".repeat(32).into());
        };
        let status = whose(&app, &forged(&access, change)).await;
        assert_eq!(status, 401, "{name} {value}");
        let answer = refresh(&app, &forged(&token, change)).await;
        assert_eq!(answer.status, 401, "{name} {value}: {}", answer.text);
    }
    for jti in [long.as_str(), "\0", "a\0b"] {
        let change = |claims: &mut Map<String, Value>| {
            claims.insert("jti".to_owned(), jti.into());
        };
        let token = forged(&token, change);
        for path in ["/jwt/refresh/", "/jwt/blacklist/", "/jwt/verify/"] {
            let body = json!({ "refresh": token, "token": token });
            let answer = app.anonymous().post(path, &body).await;
            assert_eq!(answer.status, 401, "{path} {jti:?}: {}", answer.text);
        }
    }
}

#[tokio::test]
async fn token_that_django_made_is_taken_into_a_family() {
    let app = app().await;
    let (_, token) = log_in(&app).await;
    let django = |jti: &str, kind: &str| {
        forged(&token, |claims| {
            claims.remove("sid");
            claims.insert("jti".to_owned(), jti.into());
            claims.insert("token_type".to_owned(), kind.into());
        })
    };
    assert_eq!(whose(&app, &django("a", "access")).await, 200);
    let theirs = django("b", "refresh");
    let (access, next) = pair(&refresh(&app, &theirs).await);
    assert_eq!(claims(&access)["sid"], claims(&next)["sid"]);
    assert_eq!(pair(&refresh(&app, &theirs).await).1, next);
    assert_eq!(whose(&app, &access).await, 200);
    // Now it is in the list, and ends like the others.
    let logins = app.parts().store.list_logins(&UserId::Integer(1)).await;
    assert_eq!(logins.unwrap().len(), 2);
    app.clock().advance(Duration::seconds(10));
    assert_blacklisted(&refresh(&app, &theirs).await);
    assert_eq!(whose(&app, &access).await, 401);
}

#[tokio::test]
async fn without_families_an_old_token_is_refused_and_nothing_else_happens() {
    let app = app_without_families().await;
    let (access, first) = log_in(&app).await;
    assert!(claims(&access).get("sid").is_none());
    let (access, second) = pair(&refresh(&app, &first).await);
    assert_blacklisted(&refresh(&app, &first).await);
    assert_eq!(whose(&app, &access).await, 200);
    pair(&refresh(&app, &second).await);
    let logins = app.parts().store.list_logins(&UserId::Integer(1)).await;
    assert!(logins.unwrap().is_empty());
}

#[tokio::test]
async fn public_keys_are_open_and_secrets_are_not_among_them() {
    let app = app().await;
    let answer = app.anonymous().get("/.well-known/jwks.json").await;
    answer.assert_json(200, &json!({ "keys": [] }));
}

#[tokio::test]
async fn two_authorization_headers_are_refused() {
    let app = app().await;
    let (access, _) = log_in(&app).await;
    let client = app.anonymous();
    let bearer = format!("Bearer {access}");
    let request = client.request(Method::GET, "/whoami/");
    let answer = request
        .header("authorization", &bearer)
        .header("authorization", "Token x")
        .send()
        .await;
    assert_eq!(answer.status, 401);
}

#[tokio::test]
async fn answers_with_tokens_are_not_stored() {
    let app = app().await;
    let body = json!({ "username": "ada", "password": "password of ada" });
    let answer = app.anonymous().post("/jwt/token/", &body).await;
    assert_eq!(answer.header("cache-control"), "no-store");
    let answer = refresh(&app, &pair(&answer).1).await;
    assert_eq!(answer.header("cache-control"), "no-store");
}
