//! A server on a socket in this process, and what only its inside can bring about.

use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use axum::Router;
use http::{HeaderMap, HeaderName};
use portcullis::core::{SecretKeys, SystemClock};
use portcullis::django::password::Hashers;
use portcullis::sql::Database;
use portcullis::web::{HashingPool, Methods};
use portcullis::{Gate, get};
use portcullis_server::{HttpLimits, Services, Surroundings, app, doors, serve_http};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Services on a database of their own.
pub(crate) async fn services(hashing: HashingPool) -> (Services, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let (database, _) = Database::open_sqlite(&folder.path().join("test.db")).unwrap();
    let clock = SystemClock;
    database
        .migrate(portcullis::core::Clock::now(&clock))
        .await
        .unwrap();
    let services = Services {
        store: Arc::new(database),
        clock: Arc::new(clock),
        hashing,
        hashers: Hashers::default(),
        secret_keys: SecretKeys::new(
            "a test's secret key, long enough to be one: 0123456789",
            Vec::new(),
        ),
        jwt: crate::client::jwt_backend(),
        setup_key: portcullis::accounts::SetupKey::default(),
        mailer: None,
        social: None,
        channels: portcullis::channels::Channels::memory(),
    };
    (services, folder)
}

/// Serves an application until the test ends; gives its address.
pub(crate) async fn serve(app: Router) -> String {
    serve_with(app, HttpLimits::default()).await
}

async fn serve_with(app: Router, limits: HttpLimits) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        serve_http(listener, app, limits, &[], std::future::pending()).await;
    });
    address
}

/// One request, one answer.
pub(crate) async fn ask(address: &str, head: &str, body: &str) -> String {
    let mut socket = TcpStream::connect(address).await.unwrap();
    let length = body.len();
    let request = format!(
        "{head} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX-Request-Id: name-of-it\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn full_hashing_queue_is_503_with_retry_after_over_http() {
    let pool = HashingPool::start(1, 1).unwrap();
    let (services, _folder) = services(pool.clone()).await;
    let surroundings = Surroundings::default();
    let address = serve(app(doors(services, &surroundings), &surroundings)).await;

    // One job holds the only thread, one the only place in the queue.
    let (started, has_started) = mpsc::channel();
    let (release, gate) = mpsc::channel::<()>();
    let holding = tokio::spawn({
        let pool = pool.clone();
        async move {
            pool.run(move || (started.send(()).unwrap(), gate.recv().unwrap()))
                .await
        }
    });
    tokio::task::spawn_blocking(move || has_started.recv().unwrap())
        .await
        .unwrap();
    let mut waiting = Box::pin(pool.run(|| ()));
    assert!(futures_now(&mut waiting).await.is_none());

    let body = r#"{"email": "ada@example.com", "password": "correct horse 9"}"#;
    let answer = ask(&address, "POST /api/token/", body).await;
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    assert!(answer.contains("retry-after: 2"), "{answer}");
    // What hashes nothing is served all the while.
    let answer = ask(&address, "GET /healthz", "").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");

    release.send(()).unwrap();
    assert!(holding.await.unwrap().is_ok() && waiting.await.is_ok());
    let answer = ask(&address, "POST /api/token/", body).await;
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
}

/// An application with one open door more, at `/more/`.
async fn app_with(handler: Methods) -> (Router, TempDir) {
    let (services, folder) = services(HashingPool::start(1, 1).unwrap()).await;
    let surroundings = Surroundings::default();
    let more = Gate::new(Vec::new())
        .doors()
        .route("/more/", handler)
        .open();
    (
        app(doors(services, &surroundings).merge(more), &surroundings),
        folder,
    )
}

#[tokio::test]
async fn headers_with_underscores_are_dropped() {
    let names = |headers: HeaderMap| async move {
        let names: Vec<&str> = headers.keys().map(HeaderName::as_str).collect();
        names.join(" ")
    };
    let (app, _folder) = app_with(get(names)).await;
    let lines = "X_Forwarded_For: a\r\nContent_Length: 7\r\nTransfer_Encoding: chunked\r\nX-A: _";
    let head = format!("GET /more/ HTTP/1.1\r\n{lines}\r\nX:");
    let answer = ask(&serve(app).await, &head, "").await;
    let names = answer.rsplit("\r\n").next().unwrap();
    assert_eq!(
        names,
        "x-a x host connection x-request-id content-type content-length"
    );
}

#[tokio::test]
async fn handler_that_takes_too_long_is_503_with_retry_after() {
    let (app, _folder) = app_with(get(std::future::pending::<()>)).await;
    let limits = HttpLimits {
        http_request_time: Duration::from_millis(200),
        ..HttpLimits::default()
    };
    let answer = ask(&serve_with(app, limits).await, "GET /more/", "").await;
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    for part in [
        "retry-after: 2",
        "connection: close",
        "x-request-id: name-of-it",
    ] {
        assert!(answer.contains(part), "{part}: {answer}");
    }
}

#[tokio::test]
async fn client_that_does_not_read_its_answer_is_dropped() {
    const SIZE: usize = 64 * 1024 * 1024;
    let (app, _folder) = app_with(get(|| async { vec![b'a'; SIZE] })).await;
    let limits = HttpLimits {
        http_write_time: Duration::from_millis(200),
        ..HttpLimits::default()
    };
    let address = serve_with(app, limits).await;
    let mut socket = TcpStream::connect(address).await.unwrap();
    let request = "GET /more/ HTTP/1.1\r\nHost: localhost\r\n\r\n";
    socket.write_all(request.as_bytes()).await.unwrap();
    // Nothing is read for longer than the limit.
    tokio::time::sleep(Duration::from_millis(1000)).await;
    let mut answer = Vec::new();
    let _ = socket.read_to_end(&mut answer).await;
    assert!(answer.starts_with(b"HTTP/1.1 200"));
    assert!(answer.len() < SIZE, "all {SIZE} bytes came");
}

/// What a future says when it is asked once.
async fn futures_now<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
    tokio::select! {
        biased;
        output = future => Some(output),
        () = std::future::ready(()) => None,
    }
}
