//! A browser, or an app with a token, that visits both servers: they share one jar of cookies, as ports do.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

/// No answer takes this long.
const PATIENCE: Duration = Duration::from_secs(20);

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Value,
    cookies: Vec<String>,
}

impl Answer {
    /// A text of the body.
    pub(super) fn text(&self, field: &str) -> String {
        let text = self.body[field].as_str();
        text.unwrap_or_else(|| panic!("{field} in {self:?}"))
            .to_owned()
    }

    /// Stops the scenario unless the status is this.
    #[track_caller]
    pub(super) fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        self
    }
}

/// Somebody with a jar of cookies.
#[derive(Default)]
pub(super) struct Visitor {
    pub(super) cookies: BTreeMap<String, String>,
}

impl Visitor {
    pub(super) fn get(&mut self, address: &str, path: &str) -> Answer {
        self.send(address, "GET", path, "", &Value::Null)
    }

    /// Sends JSON, with the CSRF token of the jar where there is one.
    pub(super) fn post(&mut self, address: &str, path: &str, body: &Value) -> Answer {
        self.send(address, "POST", path, "", body)
    }

    pub(super) fn send(
        &mut self,
        address: &str,
        method: &str,
        path: &str,
        authorization: &str,
        body: &Value,
    ) -> Answer {
        let mut head =
            format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n");
        if !authorization.is_empty() {
            head += &format!("Authorization: {authorization}\r\n");
        }
        if !self.cookies.is_empty() {
            let jar = self
                .cookies
                .iter()
                .map(|(name, value)| format!("{name}={value}"));
            head += &format!("Cookie: {}\r\n", jar.collect::<Vec<_>>().join("; "));
        }
        if let Some(token) = self.cookies.get("csrftoken").filter(|_| method != "GET") {
            head += &format!("X-CSRFToken: {token}\r\n");
        }
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        head += &format!(
            "Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        let answer = exchange(address, &(head + &body));
        for cookie in &answer.cookies {
            self.keep(cookie);
        }
        answer
    }

    fn keep(&mut self, cookie: &str) {
        let (pair, rest) = cookie.split_once(';').unwrap_or((cookie, ""));
        let (name, value) = pair.split_once('=').unwrap();
        if rest.to_lowercase().contains("max-age=0") {
            self.cookies.remove(name);
        } else {
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }
}

/// One request on a connection of its own.
fn exchange(address: &str, request: &str) -> Answer {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    let text = String::from_utf8_lossy(&bytes);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head
        .get(9..12)
        .and_then(|status| status.parse().ok())
        .unwrap_or(0);
    let lines = head.lines().filter_map(|line| line.split_once(": "));
    let cookies = lines.filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"));
    Answer {
        status,
        cookies: cookies.map(|(_, value)| value.to_owned()).collect(),
        body: serde_json::from_str(body).unwrap_or_else(|_| Value::String(body.to_owned())),
    }
}
