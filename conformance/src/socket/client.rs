//! A client that speaks RFC 6455 by hand: it sends what a library refuses to send, and sees every frame.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::error::Blocked;
use crate::http::Base;
use crate::moment;

const TEXT: u8 = 1;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;

/// How long a handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(6);

/// One connection, and all that came on it.
#[derive(Debug)]
pub struct Connection {
    shared: Arc<Shared>,
    stream: TcpStream,
    taken: usize,
}

#[derive(Debug, Default)]
struct Shared {
    events: Mutex<Vec<Value>>,
    is_alive: AtomicBool,
    has_sent_close: AtomicBool,
}

impl Shared {
    fn events(&self) -> MutexGuard<'_, Vec<Value>> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connection {
    /// Sends the handshake of a step. Its answer is the first event.
    ///
    /// # Errors
    /// When nobody listens.
    pub fn open(base: &Base, step: &Value) -> Result<Self, Blocked> {
        let mut stream = base.connect()?;
        stream.set_read_timeout(Some(HANDSHAKE))?;
        stream.write_all(head(base, step).as_bytes())?;
        let shared = Arc::new(Shared::default());
        let (mut got, mut chunk) = (Vec::new(), [0; 4096]);
        let (answer, rest) = loop {
            let read = stream.read(&mut chunk)?;
            got.extend_from_slice(&chunk[..read]);
            let end = got.windows(4).position(|four| four == b"\r\n\r\n");
            if got.starts_with(b"HTTP/1.1 101")
                && let Some(end) = end
            {
                let answer = Answer::parse(&got[..end + 4], true, true)?;
                break (answer.unwrap_or_default(), got.split_off(end + 4));
            }
            if let Some(answer) = Answer::parse(&got, false, read == 0)? {
                break (answer, Vec::new());
            }
        };
        let protocol = answer.all("sec-websocket-protocol").next();
        let opened = json!({ "handshake": answer.status, "protocol": protocol });
        shared.events().push(opened);
        if answer.status == 101 {
            stream.set_read_timeout(None)?;
            shared.is_alive.store(true, Ordering::SeqCst);
            let reader = Reader {
                shared: Arc::clone(&shared),
                stream: stream.try_clone()?,
                rest,
                is_mute: step["mute"] == true,
            };
            thread::spawn(move || reader.run());
        }
        Ok(Self {
            shared,
            stream,
            taken: 0,
        })
    }

    /// Whether the line is up.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        self.shared.is_alive.load(Ordering::SeqCst)
    }

    /// How many events came since they were taken last.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.shared.events().len() - self.taken
    }

    /// What came since.
    pub fn take(&mut self) -> Vec<Value> {
        let events = self.shared.events();
        let new = events[self.taken..].to_vec();
        self.taken = events.len();
        new
    }

    /// Sends what a step says.
    ///
    /// # Errors
    /// When the step says nothing that is known.
    pub fn send(&mut self, step: &Value) -> Result<(), Blocked> {
        if let Some(value) = step.get("json") {
            self.frame(TEXT, value.to_string().as_bytes(), true, true);
        } else if let Some(text) = step["text"].as_str() {
            self.frame(TEXT, text.as_bytes(), true, true);
        } else if let Some(bytes) = step["binary"].as_str() {
            self.frame(2, &hex(bytes)?, true, true);
        } else if let Some(size) = step["fill"].as_u64() {
            let (start, end) = (r#"{"action":"ping","x":""#, r#""}"#);
            let size = usize::try_from(size).unwrap_or_default();
            let filling = "x".repeat(size.saturating_sub(start.len() + end.len()));
            self.frame(
                TEXT,
                format!("{start}{filling}{end}").as_bytes(),
                true,
                true,
            );
        } else if let Some(parts) = step["fragments"].as_array() {
            for (place, part) in parts.iter().enumerate() {
                let opcode = if place == 0 { TEXT } else { 0 };
                let part = part.as_str().unwrap_or_default();
                self.frame(opcode, part.as_bytes(), place + 1 == parts.len(), true);
            }
        } else if let Some(bytes) = step["ping"].as_str() {
            self.frame(PING, &hex(bytes)?, true, true);
        } else if let Some(opcode) = step["frame"]["opcode"].as_u64() {
            let frame = &step["frame"];
            let payload = hex(frame["payload"].as_str().unwrap_or_default())?;
            let (is_last, is_masked) = (frame["fin"] != false, frame["mask"] != false);
            let opcode = u8::try_from(opcode).unwrap_or_default();
            self.frame(opcode, &payload, is_last, is_masked);
        } else {
            return Err(Blocked::new(format!("nothing to send in {step}")));
        }
        Ok(())
    }

    /// Sends a close frame.
    pub fn close(&mut self, code: Option<u16>, reason: &str) {
        self.shared.has_sent_close.store(true, Ordering::SeqCst);
        let mut payload = Vec::new();
        if let Some(code) = code {
            payload.extend_from_slice(&code.to_be_bytes());
            payload.extend_from_slice(reason.as_bytes());
        }
        self.frame(CLOSE, &payload, true, true);
    }

    /// Cuts the line.
    pub fn cut(&mut self) {
        let _ = self.stream.shutdown(Shutdown::Both);
    }

    /// A line that is down is no fault of the client: what was sent is lost.
    fn frame(&mut self, opcode: u8, payload: &[u8], is_last: bool, is_masked: bool) {
        write(&mut self.stream, opcode, payload, is_last, is_masked);
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if self.is_alive() && !self.shared.has_sent_close.load(Ordering::SeqCst) {
            self.close(Some(1000), "");
        }
        self.cut();
    }
}

/// The head of a handshake, with a step's own headers, or without those that it takes away.
fn head(base: &Base, step: &Value) -> String {
    let key = STANDARD.encode(&moment::random_hex(8).as_bytes()[..16]);
    let mut headers = vec![
        ("Host".to_owned(), base.host().to_owned()),
        ("Upgrade".to_owned(), "websocket".to_owned()),
        ("Connection".to_owned(), "Upgrade".to_owned()),
        ("Sec-WebSocket-Key".to_owned(), key),
        ("Sec-WebSocket-Version".to_owned(), "13".to_owned()),
    ];
    if let Some(offers) = step["protocols"].as_array() {
        let offers: Vec<&str> = offers.iter().filter_map(Value::as_str).collect();
        headers.push(("Sec-WebSocket-Protocol".to_owned(), offers.join(", ")));
    }
    for (name, value) in step["handshake"].as_object().into_iter().flatten() {
        headers.retain(|(known, _)| known != name);
        if let Some(value) = value.as_str() {
            headers.push((name.clone(), value.to_owned()));
        }
    }
    for pair in step["headers"].as_array().into_iter().flatten() {
        let part = |place: usize| pair[place].as_str().unwrap_or_default().to_owned();
        headers.push((part(0), part(1)));
    }
    let method = step["method"].as_str().unwrap_or("GET");
    let path = step["path"].as_str().unwrap_or("/");
    let mut head = format!("{method} {path} HTTP/1.1\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head + "\r\n"
}

fn write(stream: &mut TcpStream, opcode: u8, payload: &[u8], is_last: bool, is_masked: bool) {
    let mask_bit = if is_masked { 128 } else { 0 };
    let mut frame = vec![opcode | if is_last { 128 } else { 0 }];
    match payload.len() {
        size @ 0..126 => frame.push(mask_bit | size as u8),
        size @ 126..65536 => {
            frame.push(mask_bit | 126);
            frame.extend_from_slice(&(size as u16).to_be_bytes());
        }
        size => {
            frame.push(mask_bit | 127);
            frame.extend_from_slice(&(size as u64).to_be_bytes());
        }
    }
    if is_masked {
        let key = [0x37, 0xfa, 0x21, 0x3d];
        frame.extend_from_slice(&key);
        frame.extend(
            payload
                .iter()
                .zip(key.iter().cycle())
                .map(|(byte, key)| byte ^ key),
        );
    } else {
        frame.extend_from_slice(payload);
    }
    let _ = stream.write_all(&frame);
}

fn hex(text: &str) -> Result<Vec<u8>, Blocked> {
    let pairs = (0..text.len()).step_by(2);
    let bytes = pairs.map(|at| {
        text.get(at..at + 2)
            .and_then(|pair| u8::from_str_radix(pair, 16).ok())
    });
    let bytes: Option<Vec<u8>> = bytes.collect();
    bytes.ok_or_else(|| Blocked::new(format!("{text:?} is no hex")))
}

/// Reads frames until the line ends.
struct Reader {
    shared: Arc<Shared>,
    stream: TcpStream,
    /// What came with the answer to the handshake.
    rest: Vec<u8>,
    is_mute: bool,
}

impl Reader {
    fn run(mut self) {
        let has_closed = self.read_all().unwrap_or(false);
        let has_sent_close = self.shared.has_sent_close.load(Ordering::SeqCst);
        if !has_closed {
            let mut events = self.shared.events();
            if !has_sent_close || !events.iter().any(|event| event.get("close").is_some()) {
                events.push(json!({ "eof": true }));
            }
        }
        self.shared.is_alive.store(false, Ordering::SeqCst);
    }

    /// `true` at a close frame.
    fn read_all(&mut self) -> std::io::Result<bool> {
        let (mut whole, mut kind) = (Vec::new(), TEXT);
        loop {
            let head = self.exactly(2)?;
            let size = match head[1] & 127 {
                126 => usize::from(u16::from_be_bytes([
                    self.exactly(1)?[0],
                    self.exactly(1)?[0],
                ])),
                127 => {
                    let bytes = self.exactly(8)?;
                    bytes
                        .iter()
                        .fold(0, |size, byte| size << 8 | usize::from(*byte))
                }
                size => usize::from(size),
            };
            if head[1] & 128 != 0 {
                self.add(json!({ "protocol_error": "the server masked a frame" }));
            }
            let payload = self.exactly(size)?;
            match head[0] & 15 {
                CLOSE => {
                    let code = payload
                        .get(..2)
                        .map(|two| u16::from_be_bytes([two[0], two[1]]));
                    self.add(json!({ "close": code }));
                    if !self.shared.has_sent_close.swap(true, Ordering::SeqCst) {
                        let answer = payload.get(..2).unwrap_or_default();
                        write(&mut self.stream, CLOSE, answer, true, true);
                    }
                    return Ok(true);
                }
                PING if self.is_mute => self.add(json!({ "ping": "seen" })),
                PING => write(&mut self.stream, PONG, &payload, true, true),
                PONG => {
                    let hex: String = payload.iter().map(|byte| format!("{byte:02x}")).collect();
                    self.add(json!({ "pong": hex }));
                }
                opcode => {
                    if opcode != 0 {
                        kind = opcode;
                    }
                    whole.extend(payload);
                    if head[0] & 128 != 0 {
                        let text = String::from_utf8_lossy(&whole).into_owned();
                        whole.clear();
                        self.add(match serde_json::from_str::<Value>(&text) {
                            _ if kind != TEXT => json!({ "binary": text }),
                            Ok(value @ (Value::Object(_) | Value::Array(_))) => {
                                json!({ "json": value })
                            }
                            _ => json!({ "text": text }),
                        });
                    }
                }
            }
        }
    }

    fn add(&self, event: Value) {
        self.shared.events().push(event);
    }

    fn exactly(&mut self, size: usize) -> std::io::Result<Vec<u8>> {
        while self.rest.len() < size {
            let mut chunk = [0; 4096];
            match self.stream.read(&mut chunk)? {
                0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
                read => self.rest.extend_from_slice(&chunk[..read]),
            }
        }
        let after = self.rest.split_off(size);
        Ok(std::mem::replace(&mut self.rest, after))
    }
}
