//! Section 16: a log-out that was acknowledged is not undone by a kill.

use std::time::Duration;

use serde_json::json;

use crate::process::{Server, status};

const JSON: &str = "Content-Type: application/json\r\n";

/// Quick hashes, and no limit that the test would meet.
const WORDS: [&str; 8] = [
    "--token-limit-tries",
    "1000000",
    "--pbkdf2-iterations",
    "1000",
    "--login-limit-tries-per-address",
    "1000000",
    "--signup-limit-tries",
    "1000000",
];

/// Tokens whose log-out was acknowledged, and tokens that were not logged out.
#[derive(Default)]
struct Seen {
    ended: Vec<String>,
    good: Vec<String>,
}

/// One request on a connection of its own; empty when the server is gone.
fn ask(address: &str, path: &str, headers: &str, body: &str) -> String {
    match std::net::TcpStream::connect(address) {
        Ok(stream) => Server::ask(stream, "POST", path, headers, body),
        Err(_) => String::new(),
    }
}

/// Logs in, and out of every second log-in, until the server is gone.
fn log_in_and_out(address: &str, email: &str) -> Seen {
    let mut seen = Seen::default();
    let body = json!({ "email": email, "password": "correct horse 9" }).to_string();
    loop {
        let mut tokens = Vec::new();
        for _ in 0..2 {
            let answer = ask(address, "/api/token/", JSON, &body);
            let Some((_, rest)) = answer.split_once("\"token\":\"") else {
                return seen;
            };
            tokens.push(rest.split('"').next().unwrap().to_owned());
        }
        let last = tokens.remove(1);
        seen.good.append(&mut tokens);
        let header = format!("Authorization: Token {last}\r\n");
        if status(&ask(address, "/api/auth/logout/", &header, "")) != 204 {
            return seen;
        }
        seen.ended.push(last);
    }
}

// 16.1, 16.2
#[test]
fn acknowledged_log_outs_and_tokens_survive_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let mut all = Seen::default();
    for round in 0..3 {
        let server = Server::start_with(folder.path(), &WORDS);
        let workers: Vec<_> = (0..4)
            .map(|worker| {
                let email = format!("u{round}-{worker}@example.com");
                server.signup(&email, "correct horse 9");
                let address = server.address.clone();
                std::thread::spawn(move || log_in_and_out(&address, &email))
            })
            .collect();
        std::thread::sleep(Duration::from_millis(700 + 130 * round));
        drop(server); // SIGKILL
        for worker in workers {
            let mut seen = worker.join().unwrap();
            all.ended.append(&mut seen.ended);
            all.good.append(&mut seen.good);
        }
    }
    assert!(all.ended.len() >= 3, "{}", all.ended.len());
    let server = Server::start_with(folder.path(), &WORDS);
    for (tokens, expected) in [(all.ended, 401), (all.good, 200)] {
        for token in tokens {
            let header = format!("Authorization: Token {token}\r\n");
            let answer = server.send("GET", "/api/user/", &header, "");
            assert_eq!(status(&answer), expected, "{token}");
        }
    }
}
