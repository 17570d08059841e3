//! Told to stop, the server finishes what is under way, and nothing else.

use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::process::{Server, status};

const HEAD: &str =
    "POST /api/signup/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
const BODY: &str = r#"{"email": "ada@example.com", "password": "correct horse 9"}"#;

#[test]
fn slow_request_under_way_is_finished_and_the_exit_is_clean() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let mut idle = server.connect();
    idle.write("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    idle.read_until("\"ok\"");
    let mut silent = server.connect();
    let mut slow = server.connect();
    let length = BODY.len();
    slow.write(format!(
        "{HEAD}Content-Length: {length}\r\nExpect: 100-continue\r\n\r\n"
    ));
    // Now the handler waits for the body.
    assert_eq!(status(&slow.read_until("\r\n\r\n")), 100);
    slow.write(&BODY[..20]);

    server.terminate();
    let started = Instant::now();
    while TcpStream::connect(&server.address).is_ok() {
        assert!(
            started.elapsed() < Duration::from_secs(10),
            "still accepting"
        );
    }
    assert_eq!(
        (idle.read_to_end(), silent.read_to_end()),
        Default::default()
    );
    slow.write(&BODY[20..]);
    let answer = slow.read_to_end();
    assert_eq!(status(&answer), 201, "{answer}");
    assert!(answer.contains("connection: close"), "{answer}");
    assert_eq!(server.wait().code(), Some(0));

    // The acknowledged account is there.
    let server = Server::start(folder.path());
    let answer = server.send(
        "POST",
        "/api/token/",
        "Content-Type: application/json\r\n",
        BODY,
    );
    assert_eq!(status(&answer), 200, "{answer}");
}

#[test]
fn request_that_does_not_end_is_broken_off_after_the_stop_time() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start_with(folder.path(), &["--http-stop-time", "0.3"]);
    let mut slow = server.connect();
    slow.write(format!(
        "{HEAD}Content-Length: 10\r\nExpect: 100-continue\r\n\r\n"
    ));
    slow.read_until("\r\n\r\n");
    server.terminate();
    assert_eq!(server.wait().code(), Some(0));
}
