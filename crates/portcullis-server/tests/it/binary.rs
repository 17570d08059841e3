//! The real binary: starts on nothing, serves, is killed, and has lost nothing.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

pub(crate) struct Server {
    child: Child,
    pub(crate) address: String,
}

impl Server {
    pub(crate) fn start(folder: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_portcullis"))
            .args(["--listen", "127.0.0.1:0"])
            .current_dir(folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let address = lines
            .find_map(|line| {
                let line = line.unwrap();
                let rest = line
                    .trim()
                    .strip_prefix("page")?
                    .trim()
                    .strip_prefix("http://")?;
                Some(rest.split('/').next()?.to_owned())
            })
            .expect("the server prints its address");
        Self { child, address }
    }

    fn send(&self, method: &str, path: &str, headers: &str, body: &str) -> String {
        let stream = TcpStream::connect(&self.address).unwrap();
        Self::ask(stream, method, path, headers, body)
    }

    /// Sends one request; what came of it, also when the server broke off.
    pub(crate) fn ask(
        mut stream: TcpStream,
        method: &str,
        path: &str,
        headers: &str,
        body: &str,
    ) -> String {
        let length = body.len();
        let _ = write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
             Content-Length: {length}\r\n{headers}\r\n{body}"
        );
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

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
