//! The real binary: starts on nothing, serves, is killed, and has lost nothing.

use crate::process::Server;

#[test]
fn acknowledged_signup_survives_kill() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let form = "Content-Type: application/x-www-form-urlencoded\r\n";
    let body = "email=ada%40example.com&password=correct+horse+9";
    let answer = server.send("POST", "/api/signup/", form, body);
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    let token = answer
        .split("\"token\":\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned();
    drop(server); // SIGKILL

    let server = Server::start(folder.path());
    let header = format!("Authorization:Token {token}\r\n");
    let answer = server.send("GET", "/api/user/", &header, "");
    assert!(
        answer.ends_with("{\"email\":\"ada@example.com\"}"),
        "{answer}"
    );
    for part in ["x-frame-options: DENY", "x-content-type-options: nosniff"] {
        assert!(answer.contains(part), "{part} is missing: {answer}");
    }
    let page = server.send("GET", "/", "", "");
    assert!(page.contains("<title>Portcullis</title>"), "{page}");
    assert!(server.send("GET", "/healthz", "", "").ends_with("\"ok\""));
}
