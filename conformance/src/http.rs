//! An HTTP/1.1 client that sends exactly what a case says, and hides nothing of the answer.
//!
//! Usual clients refuse or mend what cases need: repeated and malformed headers, a `Host` with a
//! blank, made-up methods. This one writes one request on one connection, follows no redirect,
//! decodes no compression, and keeps each header line apart.

use std::io::{Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use crate::answer::Answer;
use crate::error::Blocked;

const PATIENCE: Duration = Duration::from_secs(30);

/// Where a server listens: `http://host:port`, perhaps with a path before all others.
#[derive(Debug, Clone)]
pub struct Base {
    url: String,
    host: String,
    prefix: String,
}

impl Base {
    /// Reads a base address.
    ///
    /// # Errors
    /// When it is not an `http://` address.
    pub fn parse(url: &str) -> Result<Self, String> {
        let url = url.trim_end_matches('/');
        let rest = url
            .strip_prefix("http://")
            .ok_or_else(|| format!("{url:?} is not an http:// address"))?;
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        if host.is_empty() {
            return Err(format!("{url:?} names no host"));
        }
        let prefix = if path.is_empty() {
            String::new()
        } else {
            format!("/{path}")
        };
        Ok(Self {
            url: url.to_owned(),
            host: host.to_owned(),
            prefix,
        })
    }

    /// The address without a slash at its end.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Host and port, as they are sent under `Host`.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// A connection of its own.
    ///
    /// # Errors
    /// When nobody listens there.
    pub fn connect(&self) -> std::io::Result<TcpStream> {
        let address = if self.host.contains(':') {
            self.host.clone()
        } else {
            format!("{}:80", self.host)
        };
        let mut last = std::io::Error::other(format!("{address} has no address"));
        for socket in address.to_socket_addrs()? {
            match TcpStream::connect_timeout(&socket, PATIENCE) {
                Ok(stream) => {
                    stream.set_read_timeout(Some(PATIENCE))?;
                    stream.set_write_timeout(Some(PATIENCE))?;
                    return Ok(stream);
                }
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// Sends a request and reads its answer.
    ///
    /// # Errors
    /// When a name or value would break out of its line, or the connection or the answer fails.
    pub fn send(&self, outgoing: &Outgoing) -> Result<Answer, Blocked> {
        let bytes = self.write(outgoing)?;
        let mut stream = self.connect()?;
        stream.write_all(&bytes)?;
        let bodiless = outgoing.method == "HEAD";
        let mut got = Vec::new();
        let mut chunk = [0; 16 * 1024];
        loop {
            let read = stream.read(&mut chunk)?;
            got.extend_from_slice(&chunk[..read]);
            if let Some(answer) = Answer::parse(&got, bodiless, read == 0)? {
                return Ok(answer);
            }
        }
    }

    fn write(&self, outgoing: &Outgoing) -> Result<Vec<u8>, Blocked> {
        let line_safe = |text: &str| !text.chars().any(|c| c.is_ascii_control());
        if !line_safe(&outgoing.target) || outgoing.target.contains(' ') {
            let reason = format!("{:?} cannot be the target of a request", outgoing.target);
            return Err(Blocked::new(reason));
        }
        let mut head = format!(
            "{} {}{} HTTP/1.1\r\n",
            outgoing.method, self.prefix, outgoing.target
        )
        .into_bytes();
        let mut add = |name: &str, value: &str| {
            if !line_safe(name) || value.contains(['\r', '\n', '\0']) {
                let reason = format!("{name:?}: {value:?} cannot be sent as a header");
                return Err(Blocked::new(reason));
            }
            head.extend_from_slice(name.as_bytes());
            head.extend_from_slice(b": ");
            head.extend_from_slice(&header_bytes(value));
            head.extend_from_slice(b"\r\n");
            Ok(())
        };
        for (name, default) in [("Host", self.host.as_str()), ("Accept", "*/*")] {
            if !outgoing.says(name) {
                add(name, default)?;
            }
        }
        for (name, values) in &outgoing.headers {
            for value in values {
                add(name, value)?;
            }
        }
        let takes_body = matches!(outgoing.method.as_str(), "POST" | "PUT" | "PATCH");
        let body = outgoing.body.as_deref();
        if body.is_some() || takes_body {
            add("Content-Length", &body.map_or(0, <[u8]>::len).to_string())?;
        }
        add("Connection", "close")?;
        head.extend_from_slice(b"\r\n");
        head.extend_from_slice(body.unwrap_or_default());
        Ok(head)
    }
}

/// Latin-1 where the text is, so that a case can send any byte; UTF-8 otherwise.
fn header_bytes(value: &str) -> Vec<u8> {
    value
        .chars()
        .map(|c| u8::try_from(u32::from(c)))
        .collect::<Result<_, _>>()
        .unwrap_or_else(|_| value.as_bytes().to_vec())
}

/// A request as it is sent.
#[derive(Debug, Clone, Default)]
pub struct Outgoing {
    /// The method.
    pub method: String,
    /// The path with its query.
    pub target: String,
    /// Names with their values, each a line; a name without values keeps a default away.
    pub headers: Vec<(String, Vec<String>)>,
    /// The body.
    pub body: Option<Vec<u8>>,
}

impl Outgoing {
    /// A GET without anything.
    pub fn get(target: impl Into<String>) -> Self {
        Self {
            method: "GET".to_owned(),
            target: target.into(),
            ..Self::default()
        }
    }

    /// Sets a header in place of those of the same name in any letter case.
    pub fn set(&mut self, name: &str, values: Vec<String>) {
        self.headers
            .retain(|(old, _)| !old.eq_ignore_ascii_case(name));
        self.headers.push((name.to_owned(), values));
    }

    fn says(&self, name: &str) -> bool {
        self.headers
            .iter()
            .any(|(said, _)| said.eq_ignore_ascii_case(name))
    }
}

#[cfg(test)]
mod tests {
    use super::{Base, Outgoing};

    fn written(outgoing: &Outgoing) -> Vec<u8> {
        let base = Base::parse("http://localhost:9/api/").unwrap();
        base.write(outgoing).unwrap()
    }

    #[test]
    fn headers_go_out_as_they_are_repeated_malformed_or_absent() {
        let mut outgoing = Outgoing::get("/x/?a=b");
        outgoing.set(
            "Authorization",
            vec!["Token a".into(), "Token \u{ff}  ".into()],
        );
        outgoing.set("HOST", vec!["a b".into()]);
        outgoing.set("accept", Vec::new());
        let expected = b"GET /api/x/?a=b HTTP/1.1\r\nAuthorization: Token a\r\nAuthorization: Token \xff  \r\nHOST: a b\r\nConnection: close\r\n\r\n";
        let got = written(&outgoing);
        assert_eq!(
            String::from_utf8_lossy(&got),
            String::from_utf8_lossy(expected)
        );
        assert_eq!(got, expected);
    }

    #[test]
    fn a_later_header_takes_the_place_of_one_of_the_same_name() {
        let mut outgoing = Outgoing::get("/");
        outgoing.set("Content-Type", vec!["text/plain".into()]);
        outgoing.set("content-type", vec!["*/*".into()]);
        assert_eq!(
            outgoing.headers,
            [("content-type".to_owned(), vec!["*/*".to_owned()])]
        );
    }

    #[test]
    fn what_would_break_out_of_its_line_is_refused() {
        let base = Base::parse("http://localhost:9").unwrap();
        assert!(base.write(&Outgoing::get("/a b")).is_err());
        let mut outgoing = Outgoing::get("/");
        outgoing.set("X", vec!["a\r\nY: b".into()]);
        assert!(base.write(&outgoing).is_err());
    }

    #[test]
    fn only_plain_http_addresses_are_bases() {
        assert_eq!(Base::parse("http://h:1/").unwrap().url(), "http://h:1");
        for url in ["https://h", "h:1", "http://", ""] {
            assert!(Base::parse(url).is_err(), "{url}");
        }
    }
}
