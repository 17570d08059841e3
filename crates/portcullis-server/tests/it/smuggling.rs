//! What two servers in a row could read differently is refused, and nothing after it is read.

use crate::process::{Server, count, status};

/// A request that must never be answered when it is hidden behind another one.
const HIDDEN: &str = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";

fn start() -> (Server, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    (Server::start(folder.path()), folder)
}

#[test]
fn ambiguous_requests_are_400_and_the_connection_is_closed() {
    let (server, _folder) = start();
    // Understood, it would be answered 404.
    let host = "POST /nowhere/ HTTP/1.1\r\nHost: localhost\r\n";
    let chunked = "Transfer-Encoding: chunked\r\n";
    let with = |lines: &str| format!("{host}{lines}\r\n0\r\n\r\n");
    let mut cases = vec![
        with(&format!("Content-Length: 5\r\n{chunked}")),
        with(&format!("{chunked}Content-Length: 5\r\n")),
        with("Content-Length: 5\r\nContent-Length: 5\r\n"),
        with("Content-Length: 5\r\nContent-Length: 6\r\n"),
        with("Content-Length: 5\r\ncontent-length:\r\n"),
    ];
    for length in [
        "",
        "+5",
        "-5",
        "5, 5",
        "5 5",
        "0x5",
        "5.0",
        "５",
        "99999999999999999999",
        "5\u{b}",
    ] {
        cases.push(with(&format!("Content-Length: {length}\r\n")));
    }
    for coding in [
        "",
        "gzip",
        "identity",
        "gzip, chunked",
        "chunked, chunked",
        "chunked;a=b",
        "\"chunked\"",
        "chunked\u{b}",
        "x chunked",
        ",chunked",
        "chunke\u{212a}",
    ] {
        cases.push(with(&format!("Transfer-Encoding: {coding}\r\n")));
    }
    for lines in [
        "Transfer-Encoding : chunked\r\n",
        " Transfer-Encoding: chunked\r\n",
        "Transfer-Encoding\t: chunked\r\n",
        "Transfer-Encoding\u{b}: chunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
        "Content-Length : 5\r\n",
        "X: a\r\n Content-Length: 5\r\n",
        "X: a\nContent-Length: 5\r\n",
        "X: a\rContent-Length: 5\r\n",
        "X: a\u{0}b\r\n",
        "X\u{0}: a\r\n",
        ": a\r\n",
        "no colon\r\n",
        "Host: localhost\r\n",
        "host: other\r\n",
    ] {
        cases.push(with(lines));
    }
    for head in [
        "GET /healthz HTTP/1.1\r\n",
        "GET http://other/healthz HTTP/1.1\r\nHost: localhost\r\n",
        "GET http://localhost@other/healthz HTTP/1.1\r\nHost: localhost\r\n",
        "GET http:///healthz HTTP/1.1\r\nHost: localhost\r\n",
        "GET ftp://localhost/healthz HTTP/1.1\r\nHost: localhost\r\n",
        "GET healthz HTTP/1.1\r\nHost: localhost\r\n",
        "GET * HTTP/1.1\r\nHost: localhost\r\n",
        "CONNECT localhost:80 HTTP/1.1\r\nHost: localhost:80\r\n",
        "GET  /healthz HTTP/1.1\r\nHost: localhost\r\n",
        "GET /healthz  HTTP/1.1\r\nHost: localhost\r\n",
        "GET /healthz HTTP/1.1 \r\nHost: localhost\r\n",
        "GET\t/healthz HTTP/1.1\r\nHost: localhost\r\n",
        "GET /healthz#a HTTP/1.1\r\nHost: localhost\r\n",
        "GET /a\u{0}b HTTP/1.1\r\nHost: localhost\r\n",
        "GET /a\u{7f}b HTTP/1.1\r\nHost: localhost\r\n",
        "GET /a<b HTTP/1.1\r\nHost: localhost\r\n",
        "GET http://[/healthz HTTP/1.1\r\nHost: [\r\n",
        "G\u{0}T /healthz HTTP/1.1\r\nHost: localhost\r\n",
        "GET /healthz HTTP/1.2\r\nHost: localhost\r\n",
        "GET /healthz HTTP/2.0\r\nHost: localhost\r\n",
        "GET /healthz\r\nHost: localhost\r\n",
        "POST /nowhere/ HTTP/1.0\r\nTransfer-Encoding: chunked\r\n",
    ] {
        cases.push(format!("{head}\r\n"));
    }
    for case in cases {
        let answer = server.raw(format!("{case}{HIDDEN}"));
        assert_eq!(
            (status(&answer), count(&answer)),
            (400, 1),
            "{case:?}: {answer}"
        );
        assert!(answer.contains("connection: close"), "{case:?}: {answer}");
    }
}

#[test]
fn malformed_chunks_are_400_and_the_connection_is_closed() {
    let (server, _folder) = start();
    let head = "POST /api/token/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
                Transfer-Encoding: chunked\r\n\r\n";
    for body in [
        "x\r\n{}\r\n0\r\n\r\n",
        "\r\n{}\r\n0\r\n\r\n",
        "-2\r\n{}\r\n0\r\n\r\n",
        "0x2\r\n{}\r\n0\r\n\r\n",
        "2\n{}\r\n0\r\n\r\n",
        "2;a\n{}\r\n0\r\n\r\n",
        "2\r\n{}0\r\n\r\n",
        "1\r\n{}\r\n0\r\n\r\n",
        "10000000000000000\r\n{}\r\n0\r\n\r\n",
        "2\r\n{}\r\n0\r\nX",
    ] {
        // The hidden request would be read if the end of the body were taken to be there.
        let answer = server.raw(format!("{head}{body}{HIDDEN}"));
        assert_eq!(
            (status(&answer), count(&answer)),
            (400, 1),
            "{body:?}: {answer}"
        );
        assert!(
            answer.contains("The request body ended early."),
            "{body:?}: {answer}"
        );
    }
}

#[test]
fn chunked_requests_are_answered_and_are_the_last_of_their_connection() {
    let (server, _folder) = start();
    let head = "POST /api/token/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
                Transfer-Encoding: Chunked\r\n\r\n";
    let answer = server.raw(format!("{head}1\r\n{{\r\n1;a=b\r\n}}\r\n0\r\n\r\n{HIDDEN}"));
    assert!(answer.contains("This field is required."), "{answer}");
    assert_eq!((status(&answer), count(&answer)), (400, 1), "{answer}");
}

#[test]
fn requests_in_a_row_are_answered_in_order_and_bodies_are_no_requests() {
    let (server, _folder) = start();
    let length = HIDDEN.len();
    let post = format!(
        "POST /api/token/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n\r\n{HIDDEN}"
    );
    let unread = format!(
        "GET /nowhere/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n{HIDDEN}"
    );
    let answer = server.raw(format!("{HIDDEN}{post}\r\n{unread}BAD\r\n\r\n{HIDDEN}"));
    let statuses: Vec<&str> = answer.split("HTTP/1.1 ").skip(1).collect();
    let statuses: Vec<&str> = statuses.iter().map(|part| &part[..3]).collect();
    assert_eq!(statuses, ["200", "400", "404", "400"], "{answer}");
}

#[test]
fn requests_byte_by_byte_are_read_the_same() {
    let (server, _folder) = start();
    let mut connection = server.connect();
    for byte in HIDDEN.replace("Host", "Connection: close\r\nHost").bytes() {
        connection.write([byte]);
    }
    let answer = connection.read_to_end();
    assert_eq!((status(&answer), count(&answer)), (200, 1));
}

#[test]
fn absolute_targets_and_old_versions_are_understood() {
    let (server, _folder) = start();
    for request in [
        "GET http://localhost/healthz HTTP/1.1\r\nHost: LOCALHOST\r\nConnection: close\r\n\r\n",
        "GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n",
        "\r\nGET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n",
    ] {
        let answer = server.raw(request);
        assert!(answer.ends_with("\"ok\""), "{request:?}: {answer}");
    }
}
