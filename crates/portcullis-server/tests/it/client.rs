//! A client of the application: one request, one answer, no network.

use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, StatusCode, header};
use http_body_util::BodyExt;
use portcullis::accounts::mail::{ConsoleTransport, MailSettings};
use portcullis::accounts::{Mailer, SetupKey};
use portcullis::core::{Clock, ManualClock, OutboxStore, OutgoingMail, SecretKeys};
use portcullis::django::jwt::{Algorithm, Backend, Key};
use portcullis::django::password::Hashers;
use portcullis::sql::Database;
use portcullis::web::HashingPool;
use portcullis_server::{Services, SocialProviders, Surroundings};
use serde_json::Value;
use tempfile::TempDir;
use time::macros::datetime;
use tower::ServiceExt;

/// The application on a database of its own.
pub(crate) struct Client {
    pub(crate) app: Router,
    pub(crate) clock: Arc<ManualClock>,
    /// By what the first administrator is made.
    pub(crate) setup_key: String,
    pub(crate) store: Database,
    pub(crate) hashing: HashingPool,
    folder: TempDir,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
    pub(crate) bytes: Bytes,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }
}

/// What signs the JWTs of the tests.
pub(crate) fn jwt_backend() -> Backend {
    let secret = "a secret of the tests, with more than 32 bytes";
    Backend::new(Key::secret(Algorithm::Hs256, secret).unwrap())
}

impl Client {
    pub(crate) async fn new() -> Self {
        Self::with(&Surroundings::default()).await
    }

    pub(crate) async fn with(surroundings: &Surroundings) -> Self {
        let keys = SecretKeys::new("a secret of the tests", Vec::new());
        Self::with_keys(surroundings, keys).await
    }

    pub(crate) async fn with_keys(surroundings: &Surroundings, keys: SecretKeys) -> Self {
        // Cheap hashes: what most tests are about is not the hash.
        Self::built(surroundings, keys, 1000, jwt_backend(), None).await
    }

    /// With providers of social log-in.
    pub(crate) async fn with_providers(
        surroundings: &Surroundings,
        providers: SocialProviders,
    ) -> Self {
        let keys = SecretKeys::new("a secret of the tests", Vec::new());
        Self::built(surroundings, keys, 1000, jwt_backend(), Some(providers)).await
    }

    /// With hashes of that cost.
    pub(crate) async fn with_iterations(surroundings: &Surroundings, iterations: u32) -> Self {
        let keys = SecretKeys::new("a secret of the tests", Vec::new());
        Self::built(surroundings, keys, iterations, jwt_backend(), None).await
    }

    /// With what signs its JWTs.
    pub(crate) async fn with_jwt(surroundings: &Surroundings, jwt: Backend) -> Self {
        let keys = SecretKeys::new("a secret of the tests", Vec::new());
        Self::built(surroundings, keys, 1000, jwt, None).await
    }

    async fn built(
        surroundings: &Surroundings,
        secret_keys: SecretKeys,
        pbkdf2_iterations: u32,
        jwt: Backend,
        social: Option<SocialProviders>,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new(datetime!(2026-01-02 03:04:05 UTC)));
        let (database, _) = Database::open_sqlite(&folder.path().join("test.db")).unwrap();
        database.migrate(clock.now()).await.unwrap();
        let (key, setup_key) = SetupKey::new(&*clock);
        let hashing = HashingPool::start(2, 64).unwrap();
        let settings = MailSettings::new("noreply@example.com", "https://example.com");
        let mailer = Mailer::new(settings, Arc::new(ConsoleTransport), clock.clone()).unwrap();
        let services = Services {
            store: Arc::new(database.clone()),
            clock: clock.clone(),
            hashing: hashing.clone(),
            hashers: Hashers {
                pbkdf2_iterations,
                ..Hashers::default()
            },
            secret_keys,
            jwt,
            setup_key: key,
            mailer: Some(mailer),
            social,
            channels: portcullis::channels::Channels::memory(),
        };
        let doors = portcullis_server::doors(services, surroundings);
        Self {
            app: portcullis_server::app(doors, surroundings),
            clock,
            setup_key,
            store: database,
            hashing,
            folder,
        }
    }

    pub(crate) fn database(&self) -> std::path::PathBuf {
        self.folder.path().join(Path::new("test.db"))
    }

    pub(crate) async fn send(&self, mut request: Request<Body>) -> Answer {
        let host = HeaderValue::from_static("localhost");
        request.headers_mut().entry(header::HOST).or_insert(host);
        let response = self.app.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let body = serde_json::from_slice(&bytes)
            .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&bytes).into_owned()));
        Answer {
            status: parts.status,
            headers: parts.headers,
            body,
            bytes,
        }
    }

    pub(crate) async fn get(&self, path: &str, authorization: &str) -> Answer {
        self.call("GET", path, authorization).await
    }

    pub(crate) async fn call(&self, method: &str, path: &str, authorization: &str) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if !authorization.is_empty() {
            request = request.header("Authorization", authorization);
        }
        self.send(request.body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.post_as(path, "application/json", body.to_string())
            .await
    }

    /// JSON with an `Authorization` header.
    pub(crate) async fn send_json(
        &self,
        method: &str,
        path: &str,
        authorization: &str,
        body: &Value,
    ) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("Authorization", authorization)
            .header("Content-Type", "application/json")
            .body(Body::from(body.to_string()))
            .unwrap();
        self.send(request).await
    }

    pub(crate) async fn post_as(
        &self,
        path: &str,
        content_type: &str,
        body: impl Into<Body>,
    ) -> Answer {
        let request = Request::builder()
            .method("POST")
            .uri(path)
            .header("Content-Type", content_type)
            .body(body.into())
            .unwrap();
        self.send(request).await
    }

    /// The mail that waits to be sent, once.
    pub(crate) async fn mails(&self) -> Vec<OutgoingMail> {
        let due = self.store.due_mail(self.clock.now(), 100).await.unwrap();
        due.into_iter().map(|due| due.mail).collect()
    }

    /// Signs up and returns the token.
    pub(crate) async fn signup(&self, email: &str, password: &str) -> String {
        let body = serde_json::json!({ "email": email, "password": password });
        let answer = self.post("/api/signup/", body).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.body["token"].as_str().unwrap().to_owned()
    }
}
