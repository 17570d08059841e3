//! The document against the running server, by schemathesis: every door, with thousands of made-up requests.
//!
//! In the long tier, and where `schemathesis` is installed (`pip install schemathesis`, 4.32 or newer).

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::process::Server;

/// What is looked at: no 5xx, and no status, media type, header or body that the document does not name.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
                      response_headers_conformance,response_schema_conformance";

/// Its settings: it would sign up by itself, and this test does.
const SETTINGS: &str = "[auth]\nauto-signup = false\n";

fn is_wanted() -> bool {
    let found = Command::new("schemathesis").arg("--version").output();
    std::env::var_os("PORTCULLIS_LONG").is_some() && found.is_ok()
}

fn token(server: &Server) -> String {
    let form = "Content-Type: application/x-www-form-urlencoded\r\n";
    let body = "email=ada%40example.com&password=correct+horse+9";
    let stream = std::net::TcpStream::connect(&server.address).unwrap();
    let answer = Server::ask(stream, "POST", "/api/signup/", form, body);
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    let body: Value = serde_json::from_str(body).unwrap();
    body["token"].as_str().unwrap().to_owned()
}

/// Runs it with further words.
///
/// # Panics
/// With what it says, when the server and the document differ.
fn check(folder: &Path, server: &Server, words: &[&str]) {
    let run = Command::new("schemathesis")
        .current_dir(folder)
        .arg("run")
        .arg(format!("http://{}/docs/openapi.json", server.address))
        .args(["--checks", CHECKS, "--phases", "coverage,fuzzing"])
        .args(["--max-examples", "20", "--generation-deterministic"])
        .args(["--generation-with-security-parameters", "false"])
        .args(["--continue-on-failure", "--warnings", "off", "--no-color"])
        .args(words)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success(), "{said}");
}

#[test]
fn document_and_server_agree_under_schemathesis() {
    if !is_wanted() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("schemathesis.toml"), SETTINGS).unwrap();
    let server = Server::start(folder.path());
    let authorization = format!("Authorization: Token {}", token(&server));
    check(folder.path(), &server, &[]);
    // But for the doors that end the token.
    let words = ["--header", &authorization, "--exclude-path-regex", "logout"];
    check(folder.path(), &server, &words);
}
