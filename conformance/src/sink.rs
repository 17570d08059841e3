//! A sink for mail: takes what a server sends by SMTP, and tells the runner by HTTP.
//!
//! `GET /mail?to=ADDRESS` answers with a JSON list of `{to, from, subject, body}`, oldest first; the
//! letter case of the address does not count.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use mail_parser::MessageParser;
use serde::Serialize;

/// The largest mail that is taken, in bytes.
const MAX_MAIL: usize = 1 << 20;

/// One mail, for one recipient.
#[derive(Clone, Serialize)]
struct Kept {
    to: String,
    from: String,
    subject: String,
    body: String,
}

type Mailbox = Arc<Mutex<Vec<Kept>>>;

/// Where mail is taken, and where it can be read; both end with the process.
#[derive(Clone, Copy, Debug)]
pub struct Sink {
    /// Of the SMTP side.
    pub smtp: SocketAddr,
    /// Of the HTTP side.
    pub http: SocketAddr,
}

impl Sink {
    /// Listens on two free ports of the loopback.
    ///
    /// # Errors
    /// When there is no free port.
    pub fn start() -> io::Result<Self> {
        let (smtp, http) = (
            TcpListener::bind("127.0.0.1:0")?,
            TcpListener::bind("127.0.0.1:0")?,
        );
        let sink = Self {
            smtp: smtp.local_addr()?,
            http: http.local_addr()?,
        };
        let kept = Mailbox::default();
        serve(smtp, Arc::clone(&kept), take);
        serve(http, kept, tell);
        Ok(sink)
    }
}

fn serve(listener: TcpListener, kept: Mailbox, answer: fn(TcpStream, &Mailbox) -> io::Result<()>) {
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let kept = Arc::clone(&kept);
            // A client that goes away in the middle has sent nothing.
            thread::spawn(move || answer(stream, &kept).ok());
        }
    });
}

/// One conversation by SMTP (RFC 5321), as far as sending mail needs it.
fn take(stream: TcpStream, kept: &Mailbox) -> io::Result<()> {
    let mut out = stream.try_clone()?;
    let mut lines = BufReader::new(stream);
    let mut recipients = Vec::new();
    out.write_all(b"220 sink\r\n")?;
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let verb: String = line.chars().take(4).collect();
        let reply: &[u8] = match verb.to_ascii_uppercase().as_str() {
            "EHLO" => b"250-sink\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n",
            "RCPT" => {
                recipients.push(address(&line));
                b"250 taken\r\n"
            }
            "DATA" => {
                out.write_all(b"354 go on\r\n")?;
                let message = data(&mut lines)?;
                keep(&message, &recipients, kept);
                recipients.clear();
                b"250 kept\r\n"
            }
            "QUIT" => return out.write_all(b"221 bye\r\n"),
            _ => b"250 taken\r\n",
        };
        out.write_all(reply)?;
    }
}

/// What stands between `<` and `>`.
fn address(line: &str) -> String {
    let rest = line.split_once('<').map_or("", |(_, rest)| rest);
    rest.split('>').next().unwrap_or_default().to_owned()
}

/// Lines up to the one with a dot alone.
fn data(lines: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut message = Vec::new();
    loop {
        let mut line = Vec::new();
        let read = lines.read_until(b'\n', &mut line)?;
        if read == 0 || message.len() > MAX_MAIL {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if line == b".\r\n" {
            return Ok(message);
        }
        let dotted = line.starts_with(b"..");
        message.extend_from_slice(&line[usize::from(dotted)..]);
    }
}

fn keep(message: &[u8], recipients: &[String], kept: &Mailbox) {
    let Some(parsed) = MessageParser::default().parse(message) else {
        return;
    };
    let from = parsed.from().and_then(|from| from.first());
    let from = from.and_then(|from| from.address()).unwrap_or_default();
    let body = parsed.body_text(0).unwrap_or_default();
    let subject = parsed.subject().unwrap_or_default();
    let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
    for to in recipients {
        kept.push(Kept {
            to: to.clone(),
            from: from.to_owned(),
            subject: subject.to_owned(),
            body: body.to_string(),
        });
    }
}

/// One request by HTTP: the mail of an address.
fn tell(stream: TcpStream, kept: &Mailbox) -> io::Result<()> {
    let mut out = stream.try_clone()?;
    let mut lines = BufReader::new(stream);
    let mut first = String::new();
    lines.read_line(&mut first)?;
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line)? == 0 || line == "\r\n" {
            break;
        }
    }
    let to = first
        .split_once("?to=")
        .and_then(|(_, rest)| rest.split(' ').next())
        .map(percent_decode)
        .unwrap_or_default();
    let of_address: Vec<Kept> = {
        let kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        let is_theirs = |mail: &&Kept| mail.to.to_lowercase() == to.to_lowercase();
        kept.iter().filter(is_theirs).cloned().collect()
    };
    let body = serde_json::to_vec(&of_address)?;
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n",
        body.len()
    );
    out.write_all(head.as_bytes())?;
    out.write_all(&body)
}

fn percent_decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = tail.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        let byte = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match (first, byte) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            (b'+', _) => {
                bytes.push(b' ');
                rest = tail;
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
