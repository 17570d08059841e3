//! How much one client may ask, and how slowly.

use std::time::Instant;

use crate::process::{Raw, Server, count, status};

const OK: &str = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n";

fn start(words: &[&str]) -> (Server, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    (Server::start_with(folder.path(), words), folder)
}

#[test]
fn header_lines_over_the_limits_are_431() {
    let (server, _folder) = start(&[]);
    // Host and Connection are the other two lines; each of these is 327 or 328 bytes.
    let line = |number: usize| format!("X-{number}: {}\r\n", "a".repeat(320));
    let lines = |count: usize| (0..count).map(line).collect::<String>();
    let short = |count: usize| {
        (0..count)
            .map(|n| format!("X-{n}: a\r\n"))
            .collect::<String>()
    };
    for (lines, expected) in [
        (short(98), 200),
        (short(99), 431),
        (lines(98), 200),
        (lines(98) + &"a".repeat(1000), 431),
        (format!("X: {}\r\n", "a".repeat(32_700)), 200),
        (format!("X: {}\r\n", "a".repeat(32_768)), 431),
        (format!("X: {}", "a".repeat(2_000_000)), 431),
    ] {
        let answer = server.raw(format!("{OK}{lines}\r\n"));
        assert_eq!(status(&answer), expected, "{} bytes", lines.len());
        assert_eq!(count(&answer), 1);
    }
}

#[test]
fn addresses_over_the_limit_are_414() {
    let (server, _folder) = start(&[]);
    for (length, expected) in [(8192, 200), (8193, 414), (100_000, 414)] {
        let query = "a".repeat(length - "/healthz?".len());
        let answer = server.send("GET", &format!("/healthz?{query}"), "", "");
        assert_eq!(status(&answer), expected, "{length}");
    }
    // Also one that never ends.
    let answer = server.raw(format!("GET /{}", "a".repeat(9000)));
    assert_eq!(status(&answer), 414);
}

#[test]
fn heads_that_do_not_end_in_time_are_408() {
    let (server, _folder) = start(&["--http-header-time", "0.3"]);
    let started = Instant::now();
    let answer = server.raw("GET /healthz HTTP/1.1\r\nHost: loc");
    assert_eq!(status(&answer), 408, "{answer}");
    assert!(answer.contains("connection: close") && answer.contains("x-frame-options: DENY"));
    // A connection on which nothing comes is closed without a word.
    assert_eq!(server.raw(""), "");
    assert!(started.elapsed().as_millis() >= 600);
}

#[test]
fn kept_connections_are_closed_when_they_are_idle() {
    let (server, _folder) = start(&["--http-idle-time", "0.3"]);
    let mut connection = server.connect();
    for _ in 0..3 {
        connection.write("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
        assert_eq!(status(&connection.read_until("\"ok\"")), 200);
    }
    assert_eq!(connection.read_to_end(), "");
}

#[test]
fn bodies_that_come_too_slowly_are_408() {
    let words = ["--http-body-grace", "0.3", "--http-body-rate", "100000"];
    let (server, _folder) = start(&words);
    let head = "POST /api/token/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
    for framing in [
        "Content-Length: 100\r\n\r\n{",
        "Transfer-Encoding: chunked\r\n\r\n5\r\n{",
    ] {
        let answer = server.raw(format!("{head}{framing}"));
        assert_eq!(status(&answer), 408, "{answer}");
        assert!(answer.contains("{\"detail\":\"The request took too long.\"}"));
    }
    // 500,000 bytes would pay for five seconds; what counts is the average.
    let start = format!("{head}Content-Length: 500000\r\n\r\n{}", " ".repeat(10_000));
    assert_eq!(status(&server.raw(start)), 408);
}

#[test]
fn bodies_declared_over_the_cap_are_413_before_they_are_sent() {
    let (server, _folder) = start(&[]);
    let head = "POST /api/token/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3000000\r\n\r\n";
    assert_eq!(status(&server.raw(head)), 413);
    // The answer also reaches a client that sends all the same.
    let mut connection = server.connect();
    connection.write(head);
    assert_eq!(status(&connection.read_until("}")), 413);
    // Closed at once, it would lose the answer to the first of these.
    let part = "a".repeat(100_000);
    assert!((0..20).all(|_| connection.write(&part)));
    assert_eq!(connection.read_to_end(), "");
}

#[test]
fn requests_that_take_too_long_are_ended() {
    let (server, _folder) = start(&["--http-request-time", "0.3"]);
    let head = "POST /api/token/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{";
    assert_eq!(status(&server.raw(head)), 408);
}

#[test]
fn one_address_has_a_limited_number_of_connections() {
    let (server, _folder) = start(&["--http-connections-per-address", "2"]);
    let held: Vec<Raw> = [(); 2].map(|()| held_connection(&server)).into();
    let answer = server.raw(format!("{OK}\r\n"));
    assert_eq!(status(&answer), 429, "{answer}");
    assert!(answer.contains("retry-after: 2"));
    drop(held);
    until_served(&server);
}

#[test]
fn connections_over_the_total_are_503_with_retry_after() {
    let (server, _folder) = start(&["--http-connections", "2"]);
    let held: Vec<Raw> = [(); 2].map(|()| held_connection(&server)).into();
    let answer = server.raw(format!("{OK}\r\n"));
    assert_eq!(status(&answer), 503, "{answer}");
    assert!(answer.contains("retry-after: 2") && answer.contains("connection: close"));
    drop(held);
    until_served(&server);
}

#[test]
fn trusted_proxies_may_have_more_connections() {
    let words = [
        "--http-connections-per-address",
        "1",
        "--trusted-proxies",
        "127.0.0.1",
    ];
    let (server, _folder) = start(&words);
    let _held = [(); 4].map(|()| held_connection(&server));
}

#[test]
fn answers_name_no_server_and_say_hsts_on_https_only() {
    let (server, _folder) = start(&[]);
    let answer = server.send("GET", "/healthz", "", "").to_lowercase();
    assert!(!answer.contains("\r\nserver:") && !answer.contains("strict-transport-security"));
    let (server, _folder) = start(&["--public-url", "https://example.com"]);
    let hsts = "\r\nstrict-transport-security: max-age=31536000; includeSubDomains\r\n";
    for path in ["/healthz", "/nowhere/", "/api/user/"] {
        assert!(server.send("GET", path, "", "").contains(hsts), "{path}");
    }
    assert!(server.raw("BAD\r\n\r\n").contains(hsts));
}

/// A connection that has had an answer, and is kept.
fn held_connection(server: &Server) -> Raw {
    let mut connection = server.connect();
    connection.write("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert_eq!(status(&connection.read_until("\"ok\"")), 200);
    connection
}

/// Asks until there is a place again: the server learns of a closed connection in its own time.
fn until_served(server: &Server) {
    let started = Instant::now();
    while status(&server.raw(format!("{OK}\r\n"))) != 200 {
        assert!(
            started.elapsed().as_secs() < 10,
            "places are not given back"
        );
    }
}
