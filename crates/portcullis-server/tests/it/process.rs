//! The real binary as a process, and raw bytes to it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

/// No answer takes this long: a test that waits longer has failed.
const PATIENCE: Duration = Duration::from_secs(20);

/// A running server.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: String,
}

impl Server {
    pub(crate) fn start(folder: &Path) -> Self {
        Self::start_with(folder, &[])
    }

    /// With further words on the command line.
    pub(crate) fn start_with(folder: &Path, words: &[&str]) -> Self {
        Self::start_logging(folder, words, "error", Stdio::null())
    }

    /// With a log of this level that goes there.
    pub(crate) fn start_logging(folder: &Path, words: &[&str], level: &str, log: Stdio) -> Self {
        let listen: &[&str] = match words.contains(&"--listen") {
            true => &[],
            false => &["--listen", "127.0.0.1:0"],
        };
        let mut child = Command::new(env!("CARGO_BIN_EXE_portcullis"))
            .args(listen)
            .args(words)
            .env("RUST_LOG", level)
            .current_dir(folder)
            .stdout(Stdio::piped())
            .stderr(log)
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
        // Its last words need a reader.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, address }
    }

    pub(crate) fn connect(&self) -> Raw {
        let stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Raw(stream)
    }

    /// One request on a connection of its own.
    pub(crate) fn send(&self, method: &str, path: &str, headers: &str, body: &str) -> String {
        let length = body.len();
        self.raw(format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
             Content-Length: {length}\r\n{headers}\r\n{body}"
        ))
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

    /// Sends these bytes, and reads until the server closes.
    pub(crate) fn raw(&self, bytes: impl AsRef<[u8]>) -> String {
        let mut connection = self.connect();
        connection.write(bytes);
        connection.read_to_end()
    }

    /// Signs up, and returns the token.
    pub(crate) fn signup(&self, email: &str, password: &str) -> String {
        let body = serde_json::json!({ "email": email, "password": password }).to_string();
        let json = "Content-Type: application/json\r\n";
        let answer = self.send("POST", "/api/signup/", json, &body);
        assert_eq!(status(&answer), 201, "{answer}");
        let token = answer.split("\"token\":\"").nth(1).unwrap();
        token.split('"').next().unwrap().to_owned()
    }

    /// Sends SIGTERM.
    pub(crate) fn terminate(&self) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-TERM", &id]).status().unwrap();
        assert!(sent.success());
    }

    /// Waits until the process has ended.
    pub(crate) fn wait(mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A connection.
pub(crate) struct Raw(TcpStream);

impl Raw {
    /// Whether the server took all of it; when it has closed already, what it said before counts.
    pub(crate) fn write(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.0.write_all(bytes.as_ref()).is_ok()
    }

    /// Reads until `end` has come.
    pub(crate) fn read_until(&mut self, end: &str) -> String {
        let mut read = Vec::new();
        let mut byte = [0];
        while !read.ends_with(end.as_bytes()) {
            let count = self.0.read(&mut byte).unwrap();
            let so_far = String::from_utf8_lossy(&read);
            assert_eq!(count, 1, "closed after {so_far:?}");
            read.push(byte[0]);
        }
        String::from_utf8_lossy(&read).into_owned()
    }

    /// Reads until the server closes.
    pub(crate) fn read_to_end(&mut self) -> String {
        let mut read = Vec::new();
        match self.0.read_to_end(&mut read) {
            Ok(_) => {}
            Err(error) => {
                let so_far = String::from_utf8_lossy(&read);
                panic!("{error} instead of a close after {so_far:?}");
            }
        }
        String::from_utf8_lossy(&read).into_owned()
    }
}

/// The status of an answer's text; 0 when there is none.
pub(crate) fn status(answer: &str) -> u16 {
    let word = answer
        .strip_prefix("HTTP/1.1 ")
        .and_then(|rest| rest.get(..3));
    word.map_or(0, |word| word.parse().unwrap())
}

/// How many answers a text holds.
pub(crate) fn count(answers: &str) -> usize {
    answers.matches("HTTP/1.1 ").count()
}
