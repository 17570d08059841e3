//! Absent, malformed, unknown, expired, of an inactive user, valid: each scheme at one door.

use std::sync::Arc;

use axum::Router;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use portcullis::core::{Device, NewLogin, NewSession};
use portcullis::django::jwt::{Algorithm, Backend, Claims, Key, Settings, Subject, TokenType};
use portcullis::django::session::{self, BACKEND, HASH, MODEL_BACKEND, Secrets, USER_ID};
use portcullis::web::{
    BasicAuthentication, DeviceTokenAuthentication, JwtAuthentication, SessionAuthentication,
    TokenAuthentication,
};
use portcullis::{Authenticator, CurrentUser, Gate, User, get};
use portcullis_test::{Answer, TestApp, TestParts};
use serde_json::Map;
use time::Duration;

const JWT_SECRET: &str = "a secret of the tests, with more than 32 bytes";

fn backend() -> Backend {
    Backend::new(Key::secret(Algorithm::Hs256, JWT_SECRET).unwrap())
}

/// One door a scheme: `/token/`, `/device/`, `/basic/`, `/jwt/`, `/session/`.
pub(crate) fn service(parts: TestParts) -> Router {
    let (store, clock) = (parts.store.clone(), parts.clock.clone());
    let jwt = JwtAuthentication::new(backend(), Settings::default(), store.clone(), clock.clone());
    let schemes: [(&str, Arc<dyn Authenticator>); 5] = [
        ("/token/", Arc::new(TokenAuthentication(store.clone()))),
        (
            "/device/",
            Arc::new(DeviceTokenAuthentication::new(store, clock)),
        ),
        (
            "/basic/",
            Arc::new(BasicAuthentication(parts.passwords.clone())),
        ),
        ("/jwt/", Arc::new(jwt)),
        (
            "/session/",
            Arc::new(SessionAuthentication(parts.sessions.clone())),
        ),
    ];
    let mut doors = Gate::new(Vec::new())
        .with_csrf(parts.sessions.csrf().clone())
        .doors();
    for (path, authenticator) in schemes {
        doors = doors
            .route(path, get(whoami))
            .authenticated_by(vec![authenticator]);
    }
    doors.into_router()
}

async fn whoami(CurrentUser(user): CurrentUser) -> String {
    user.username
}

pub(crate) async fn with_header(app: &TestApp, path: &str, value: impl AsRef<[u8]>) -> Answer {
    let request = app.anonymous();
    request
        .request(Method::GET, path)
        .header("authorization", value)
        .send()
        .await
}

async fn with_cookie(app: &TestApp, key: &str) -> Answer {
    let client = app.anonymous();
    client.add_cookie("sessionid", key);
    client.get("/session/").await
}

/// A credential of a user for each scheme but the session's, as header and path.
pub(crate) async fn headers_of(app: &TestApp, user: &User) -> Vec<(&'static str, String)> {
    let parts = app.parts();
    let name = &user.username;
    let login = NewLogin::Token {
        key: format!("{name:0<40}"),
        device: Device::default(),
        now: parts.clock_now(),
    };
    parts
        .store
        .log_in(user, login, None)
        .await
        .unwrap()
        .unwrap();
    let basic = base64(&format!("{name}:password of {name}"));
    let subject = Subject {
        user_id: &user.id.to_string(),
        password_column: user.password.expose_secret(),
    };
    let now = parts.clock_now().unix_timestamp();
    let claims = Claims::for_user(TokenType::Access, subject, &Settings::default(), now);
    vec![
        ("/token/", format!("Token {name:0<40}")),
        ("/basic/", format!("Basic {basic}")),
        (
            "/jwt/",
            format!("Bearer {}", backend().encode(&claims).unwrap()),
        ),
    ]
}

trait Now {
    fn clock_now(&self) -> time::OffsetDateTime;
}

impl Now for TestParts {
    fn clock_now(&self) -> time::OffsetDateTime {
        portcullis::core::Clock::now(&*self.clock)
    }
}

fn base64(text: &str) -> String {
    STANDARD.encode(text)
}

/// A session of a user, expiring after so many seconds.
async fn session_of(app: &TestApp, user: &User, seconds: i64) -> String {
    let parts = app.parts();
    let (now, key) = (parts.clock_now(), session::new_key());
    let secret = parts.secret_keys.expose_current();
    let hash = session::auth_hash(user.password.expose_secret(), secret);
    let pairs = [
        (USER_ID, user.id.to_string()),
        (BACKEND, MODEL_BACKEND.to_owned()),
        (HASH, hash),
    ];
    let data: Map<_, _> = pairs
        .map(|(name, value)| (name.to_owned(), value.into()))
        .into_iter()
        .collect();
    let secrets = Secrets {
        key: secret,
        fallbacks: &[],
    };
    let login = NewLogin::Session(NewSession {
        key: key.clone(),
        data: session::encode(&data, secrets, now.unix_timestamp()),
        replaces: None,
        device: Device::default(),
        now,
        expires: now + Duration::seconds(seconds),
    });
    parts
        .store
        .log_in(user, login, None)
        .await
        .unwrap()
        .unwrap();
    key
}

#[tokio::test]
async fn absent_credentials_are_asked_for() {
    let app = TestApp::new(service).await;
    for (path, status, challenge) in [
        ("/token/", 401, "Token"),
        ("/device/", 401, "Token"),
        ("/basic/", 401, "Basic realm=\"api\""),
        ("/jwt/", 401, "Bearer realm=\"api\""),
        // A session has no challenge.
        ("/session/", 403, ""),
    ] {
        let answer = app.anonymous().get(path).await;
        answer.assert_refused(status, "Authentication credentials were not provided.");
        assert_eq!(answer.header("www-authenticate"), challenge);
    }
}

#[tokio::test]
async fn valid_credentials_are_let_in_until_the_user_is_closed() {
    let app = TestApp::new(service).await;
    let ada = app.user("ada").await;
    let mut headers = headers_of(&app, &ada).await;
    let key = session_of(&app, &ada, 60).await;
    let device = app.as_user("ada").await;
    headers.sort();
    for (path, header) in &headers {
        assert_eq!(with_header(&app, path, header).await.text, "ada", "{path}");
    }
    assert_eq!(device.get("/device/").await.text, "ada");
    assert_eq!(with_cookie(&app, &key).await.text, "ada");

    app.parts().store.set_active(&ada.id, false).await.unwrap();
    for (path, header) in &headers {
        assert_eq!(with_header(&app, path, header).await.status, 401, "{path}");
    }
    assert_eq!(device.get("/device/").await.status, 401);
    assert_eq!(with_cookie(&app, &key).await.status, 403);
    // The session comes back to life with its user.
    app.parts().store.set_active(&ada.id, true).await.unwrap();
    assert_eq!(with_cookie(&app, &key).await.text, "ada");
}

#[tokio::test]
async fn unknown_and_malformed_credentials_are_401() {
    let app = TestApp::new(service).await;
    app.user("ada").await;
    let unknown_basic = base64("eve:password of eve");
    let wrong_basic = base64("ada:wrong");
    let cases: [(&str, Vec<Vec<u8>>); 4] = [
        (
            "/token/",
            [&b"Token x"[..], b"Token", b"Token a b", b"Token \xff"]
                .map(<[u8]>::to_vec)
                .to_vec(),
        ),
        (
            "/device/",
            [&b"Token x"[..], b"Token", b"Token a b", b"Token \xff"]
                .map(<[u8]>::to_vec)
                .to_vec(),
        ),
        (
            "/basic/",
            vec![
                format!("Basic {unknown_basic}").into_bytes(),
                format!("Basic {wrong_basic}").into_bytes(),
                b"Basic".to_vec(),
                b"Basic !!!".to_vec(),
                b"Basic YWRh".to_vec(),
            ],
        ),
        (
            "/jwt/",
            [&b"Bearer x"[..], b"Bearer", b"Bearer a.b.c", b"Bearer \xff"]
                .map(<[u8]>::to_vec)
                .to_vec(),
        ),
    ];
    for (path, headers) in cases {
        for header in headers {
            let shown = String::from_utf8_lossy(&header).into_owned();
            let answer = with_header(&app, path, &header).await;
            assert_eq!(answer.status, 401, "{path} {shown}");
            assert!(
                !answer.header("www-authenticate").is_empty(),
                "{path} {shown}"
            );
        }
    }
    for key in [
        "",
        "short",
        &"a".repeat(32),
        "../../etc/passwd",
        &"a".repeat(5000),
    ] {
        assert_eq!(with_cookie(&app, key).await.status, 403);
    }
}

#[tokio::test]
async fn expired_credentials_are_refused() {
    let app = TestApp::new(service).await;
    let ada = app.user("ada").await;
    let headers = headers_of(&app, &ada).await;
    let (_, jwt) = headers.iter().find(|(path, _)| *path == "/jwt/").unwrap();
    let key = session_of(&app, &ada, 300).await;
    app.clock().advance(Duration::seconds(299));
    assert_eq!(with_header(&app, "/jwt/", jwt).await.status, 200);
    assert_eq!(with_cookie(&app, &key).await.status, 200);
    app.clock().advance(Duration::SECOND);
    assert_eq!(with_header(&app, "/jwt/", jwt).await.status, 401);
    assert_eq!(with_cookie(&app, &key).await.status, 403);
}

#[tokio::test]
async fn one_schemes_credentials_are_nothing_to_another() {
    let app = TestApp::new(service).await;
    let ada = app.user("ada").await;
    let headers = headers_of(&app, &ada).await;
    for (own, header) in &headers {
        for path in ["/token/", "/device/", "/basic/", "/jwt/", "/session/"] {
            let status = with_header(&app, path, header).await.status.as_u16();
            assert_eq!(status == 200, path == *own, "{header} at {path}");
            assert!([200, 401, 403].contains(&status));
        }
    }
}
