//! What the log holds of a request, and what it never holds.

use std::fs::File;
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use crate::process::{Server, status};

const JSON: &str = "Content-Type: application/json\r\n";
const FORM: &str = "Content-Type: application/x-www-form-urlencoded\r\n";

/// Starts a server with a log of this level in a file.
fn start(folder: &Path, level: &str) -> Server {
    let log = File::create(folder.join("log")).unwrap();
    Server::start_logging(folder, &[], level, Stdio::from(log))
}

/// Stops the server and reads its log.
fn log_of(server: Server, folder: &Path) -> String {
    server.terminate();
    assert_eq!(server.wait().code(), Some(0));
    std::fs::read_to_string(folder.join("log")).unwrap()
}

/// The value of a cookie that an answer sets.
fn cookie<'a>(answer: &'a str, name: &str) -> &'a str {
    let start = format!("set-cookie: {name}=");
    let value = answer.split(start.as_str()).nth(1).unwrap();
    value.split([';', '\r']).next().unwrap()
}

#[test]
fn no_secret_is_in_the_log_whatever_its_level_and_wherever_it_was_sent() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path(), "trace");
    let password = "canary-password-7";
    let mut canaries = vec![password.to_owned(), "canary".to_owned()];
    canaries.push(server.signup("ada@example.com", password));
    let body = format!(r#"{{"email": "ada@example.com", "password": "{password}"}}"#);
    let form = format!("email=ada%40example.com&password={password}");
    let wrong = r#"{"email": "ada@example.com", "password": "canary-wrong-7"}"#;
    for (kind, body) in [
        (JSON, body.as_str()),
        (FORM, &form),
        (JSON, wrong),
        (JSON, "{\"canary"),
        (JSON, ""),
    ] {
        for path in ["/api/token/", "/api/signup/"] {
            let answer = server.send("POST", path, kind, body);
            if let Some(token) = answer.split("\"token\":\"").nth(1) {
                canaries.push(token.split('"').next().unwrap().to_owned());
            }
        }
    }

    // A session, its key and its CSRF token.
    let answer = server.send("GET", "/api/login-set-cookie/", "", "");
    let csrf = cookie(&answer, "csrftoken").to_owned();
    let headers = format!(
        "{JSON}Cookie: csrftoken={csrf}\r\nX-CSRFToken: {csrf}\r\nOrigin: http://localhost\r\n"
    );
    let answer = server.send("POST", "/api/login/", &headers, &body);
    assert!(status(&answer) < 300, "{answer}");
    let session = cookie(&answer, "sessionid").to_owned();
    canaries.extend([csrf, session.clone()]);
    let signed_in = format!("Cookie: sessionid={session}\r\n");
    assert_eq!(
        status(&server.send("GET", "/api/user/", &signed_in, "")),
        200
    );

    // Everything in every place, at doors that are there and at one that is not.
    for canary in canaries.clone() {
        for path in ["/api/user/", "/api/token/", "/healthz", "/nowhere/", "/"] {
            for (method, path, headers, body) in [
                ("GET", format!("{path}?token={canary}"), String::new(), ""),
                ("GET", format!("{path}{canary}/"), String::new(), ""),
                (
                    "GET",
                    path.to_owned(),
                    format!("Authorization: Token {canary}\r\n"),
                    "",
                ),
                (
                    "GET",
                    path.to_owned(),
                    format!("Authorization: {canary}\r\n"),
                    "",
                ),
                (
                    "GET",
                    path.to_owned(),
                    format!("Authorization: Basic {canary}\r\n"),
                    "",
                ),
                (
                    "GET",
                    path.to_owned(),
                    format!("Cookie: sessionid={canary}; {canary}=1\r\n"),
                    "",
                ),
                (
                    "GET",
                    path.to_owned(),
                    format!("X-Forwarded-For: {canary}\r\nReferer: http://localhost/{canary}\r\n"),
                    "",
                ),
                (
                    "GET",
                    path.to_owned(),
                    format!("X-Request-Id: {canary} {canary}\r\nUser-Agent: {canary}\r\n"),
                    "",
                ),
                (
                    "GET",
                    path.to_owned(),
                    format!("{canary}: {canary}\r\nAccept: {canary}\r\n"),
                    "",
                ),
                (
                    "GET",
                    path.to_owned(),
                    format!("X-CSRFToken: {canary}\r\nOrigin: http://{canary}\r\n"),
                    "",
                ),
                ("GET", path.to_owned(), format!("X\u{0}: {canary}\r\n"), ""),
                (
                    "POST",
                    path.to_owned(),
                    format!("Content-Type: {canary}\r\n"),
                    canary.as_str(),
                ),
                (
                    "POST",
                    path.to_owned(),
                    format!("Content-Encoding: {canary}\r\n"),
                    canary.as_str(),
                ),
                ("POST", path.to_owned(), JSON.to_owned(), canary.as_str()),
                ("PUT", path.to_owned(), FORM.to_owned(), canary.as_str()),
            ] {
                assert!(status(&server.send(method, &path, &headers, body)) < 500);
            }
        }
        server.raw(format!(
            "{canary} {canary} HTTP/1.1\r\nHost: {canary}\r\n\r\n"
        ));
        server.raw(format!(
            "GET / HTTP/1.1\r\nHost: {canary}\r\nConnection: close\r\n\r\n"
        ));
    }
    let log = log_of(server, folder.path());
    assert!(log.lines().count() > 300, "the log holds each request");
    for canary in canaries {
        let line = log.lines().find(|line| line.contains(&canary));
        assert_eq!(line, None, "{canary}");
    }
}

#[test]
fn each_request_is_one_line_with_its_name_route_address_user_and_outcome() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path(), "debug");
    let token = server.signup("ada@example.com", "correct horse 9");
    let named = "X-Request-Id: my.name-1\r\n";
    let answer = server.send(
        "GET",
        "/api/user/",
        &format!("{named}Authorization: Token {token}\r\n"),
        "",
    );
    assert!(answer.contains("x-request-id: my.name-1"), "{answer}");
    server.send("GET", "/api/user/", "X-Request-Id: my.name-2\r\n", "");
    server.send("GET", "/nowhere/", "X-Request-Id: my.name-3\r\n", "");
    let log = log_of(server, folder.path());
    let lines = |name: &str| {
        let all = log
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap());
        let of_it = all.filter(|line| line["span"]["request_id"] == name);
        of_it.collect::<Vec<Value>>()
    };
    let [line] = lines("my.name-1").try_into().unwrap();
    assert_eq!(
        (&line["level"], &line["fields"]["door"]),
        (&"DEBUG".into(), &"rest".into())
    );
    assert_eq!(
        (&line["fields"]["status"], &line["fields"]["outcome"]),
        (&200.into(), &"ok".into())
    );
    let span = &line["span"];
    assert_eq!(
        (&span["route"], &span["address"]),
        (&"/api/user/".into(), &"127.0.0.1".into())
    );
    assert_eq!(
        (&span["user"], &span["method"]),
        (&"1".into(), &"GET".into())
    );

    for (name, status) in [("my.name-2", 401), ("my.name-3", 404)] {
        let all = lines(name);
        let [line] = &all
            .iter()
            .filter(|line| line["level"] == "INFO")
            .collect::<Vec<_>>()[..]
        else {
            panic!("one line of a refusal: {all:?}")
        };
        assert_eq!(line["fields"]["outcome"], "refused");
        assert_eq!(line["fields"]["status"], status);
        assert!(line["span"]["user"].is_null());
    }
}

#[test]
fn control_characters_are_escaped_in_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path(), "trace");
    for body in [
        "\u{1b}[2J\n\u{7}",
        "{\"email\": \"\\u001b[2J\\n{}\", \"password\": \"\\u0007\"}",
    ] {
        server.send("POST", "/api/token/", JSON, body);
        server.send("POST", "/api/signup/", JSON, body);
    }
    let answer = server.send("GET", "/healthz", "X-Request-Id: a\u{1b}[2J\r\n", "");
    assert_eq!(status(&answer), 400);
    let log = log_of(server, folder.path());
    assert!(!log.chars().any(|c| c.is_control() && c != '\n'), "{log:?}");
    for line in log.lines() {
        assert!(serde_json::from_str::<Value>(line).is_ok(), "{line}");
    }
}
