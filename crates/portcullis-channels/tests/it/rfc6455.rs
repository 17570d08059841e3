//! The cases of `rfc6455.txt`, over a raw line: a client that sends what a library refuses to.

use std::time::Duration;

use portcullis_channels::SocketSettings;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::service::Service;

const CASES: &str = include_str!("../rfc6455.txt");

/// A message that is answered by `pong`.
const GOOD: &str = r#"{"action": "ping"}"#;

const MASK: [u8; 4] = [0xde, 0xad, 0xbe, 0xef];

fn bytes_of_hex(hex: &str) -> Vec<u8> {
    let pair = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
    (0..hex.len()).step_by(2).map(pair).collect()
}

/// A payload, or a part of one.
fn payload(words: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for word in words.split(' ').filter(|word| !word.is_empty()) {
        let (kind, rest) = word.split_once(':').unwrap_or((word, ""));
        match kind {
            "t" => bytes.extend(rest.as_bytes()),
            "x" => bytes.extend(bytes_of_hex(rest)),
            "r" => {
                let (count, byte) = rest.split_once(':').unwrap();
                bytes.extend(bytes_of_hex(byte).repeat(count.parse().unwrap()));
            }
            "J" => bytes.extend(GOOD.as_bytes()),
            "J1" => bytes.extend(&GOOD.as_bytes()[..7]),
            "J2" => bytes.extend(&GOOD.as_bytes()[7..]),
            "n" => {
                let blanks = rest.parse::<usize>().unwrap() - GOOD.len();
                bytes.extend(GOOD.as_bytes());
                bytes.extend(b" ".repeat(blanks));
            }
            other => panic!("no payload: {other}"),
        }
    }
    bytes
}

/// The bytes of a frame, and whether they are sent one by one.
fn frame(words: &str) -> (Vec<u8>, bool) {
    let (flags, rest) = words.split_once(' ').unwrap();
    if flags == "raw" {
        return (payload(rest), false);
    }
    let (opcode, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    let mut head = opcode.parse::<u8>().unwrap();
    for (flag, bit) in [('F', 0x80), ('1', 0x40), ('2', 0x20), ('3', 0x10)] {
        head |= if flags.contains(flag) { bit } else { 0 };
    }
    let payload = payload(rest);
    let masked = if flags.contains('U') { 0 } else { 0x80 };
    let mut bytes = vec![head];
    match payload.len() {
        short @ 0..126 => bytes.push(masked | u8::try_from(short).unwrap()),
        long @ 126..65_536 => {
            bytes.push(masked | 126);
            bytes.extend(u16::try_from(long).unwrap().to_be_bytes());
        }
        longer => {
            bytes.push(masked | 127);
            bytes.extend((longer as u64).to_be_bytes());
        }
    }
    if masked == 0 {
        bytes.extend(payload);
    } else {
        bytes.extend(MASK);
        let mask = MASK.iter().cycle();
        bytes.extend(payload.iter().zip(mask).map(|(byte, mask)| byte ^ mask));
    }
    (bytes, flags.contains('D'))
}

/// The client's end.
pub(crate) struct Line(TcpStream);

impl Line {
    /// Opens a socket, and takes the frame that says who is there.
    async fn open(service: &Service) -> Self {
        let address = service.address();
        let stream = TcpStream::connect(&address).await.unwrap();
        let mut line = Self::upgrade(stream, &address).await.unwrap();
        assert!(line.next().await.unwrap().contains("authentication"));
        line
    }

    /// Changes the protocol of a connection; the status, where that is refused.
    pub(crate) async fn upgrade(mut stream: TcpStream, address: &str) -> Result<Self, u16> {
        stream.set_nodelay(true).unwrap();
        let head = format!(
            "GET /ws/ HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\
             Authorization: Key ann\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            answer.push(stream.read_u8().await.unwrap());
        }
        let status = std::str::from_utf8(&answer[9..12]).unwrap();
        match status {
            "101" => Ok(Self(stream)),
            refused => Err(refused.parse().unwrap()),
        }
    }

    pub(crate) async fn send(&mut self, words: &str) {
        let (bytes, is_slow) = frame(words);
        let parts = if is_slow { 1 } else { bytes.len() };
        for part in bytes.chunks(parts.max(1)) {
            // A server that has closed need not read the rest.
            let _ = self.0.write_all(part).await;
            if is_slow {
                tokio::task::yield_now().await;
            }
        }
    }

    /// The next frame: its opcode and payload; `None` at the end of the line.
    async fn read(&mut self) -> Option<(u8, Vec<u8>)> {
        let head = self.0.read_u8().await.ok()?;
        assert_eq!(head & 0x70, 0, "a reserved bit is set");
        assert_eq!(head & 0x80, 0x80, "we are sent no fragments");
        let length = match self.0.read_u8().await.ok()? {
            126 => self.0.read_u16().await.ok()?.into(),
            127 => self.0.read_u64().await.ok()?,
            masked @ 0x80.. => panic!("a server masks: {masked}"),
            short => short.into(),
        };
        let mut payload = vec![0; usize::try_from(length).unwrap()];
        self.0.read_exact(&mut payload).await.ok()?;
        Some((head & 0x0f, payload))
    }

    /// What comes next, in the words of the cases.
    pub(crate) async fn next(&mut self) -> Option<String> {
        let (opcode, payload) = timeout(Duration::from_secs(10), self.read())
            .await
            .unwrap()?;
        Some(match opcode {
            1 => {
                let frame: Value = serde_json::from_slice(&payload).unwrap();
                match (frame["action"].as_str(), &frame["payload"][0]["type"]) {
                    (Some("pong"), _) => "message".to_owned(),
                    (Some("error"), Value::String(kind)) if kind == "json_invalid" => {
                        "error".to_owned()
                    }
                    (Some("error"), Value::String(kind)) if kind == "model_type" => {
                        "error".to_owned()
                    }
                    _ => frame.to_string(),
                }
            }
            8 if payload.is_empty() => "close none".to_owned(),
            8 => format!("close {}", u16::from_be_bytes([payload[0], payload[1]])),
            10 => format!("pong {payload:?}"),
            other => format!("opcode {other}"),
        })
    }
}

/// An expectation in the words of [`Line::next`].
fn wanted(words: &str) -> String {
    match words.strip_prefix("pong") {
        Some(rest) => format!("pong {:?}", payload(rest)),
        None => words.to_owned(),
    }
}

async fn play(service: &Service, sent: &str, expected: &str) -> Result<(), String> {
    let mut line = Line::open(service).await;
    for words in sent.split(';') {
        line.send(words.trim()).await;
    }
    let mut expected: Vec<String> = expected
        .split(';')
        .map(|words| wanted(words.trim()))
        .collect();
    if !expected.iter().any(|words| words.starts_with("close")) {
        expected.push("close 1000".to_owned());
    }
    for want in expected {
        if want == "close 1000" && !sent.contains("F 8") {
            line.send("F 8 x:03e8").await;
        }
        let came = line.next().await;
        if came.as_ref() != Some(&want) {
            return Err(format!("{came:?} came instead of {want:?}"));
        }
    }
    // After the close the server ends the line, and sends nothing more.
    let _ = line.0.shutdown().await;
    match line.next().await {
        None => Ok(()),
        Some(more) => Err(format!("{more} came after the close")),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frames_are_taken_as_the_rfc_says() {
    let settings = SocketSettings {
        max_message_bytes: 4096,
        connection_rate: portcullis_channels::Rate {
            count: 1000,
            per: Duration::from_secs(1),
        },
        sockets_per_user: 1000,
        ..SocketSettings::default()
    };
    let service = Service::start(settings).await;
    let (mut count, mut wrong) = (0, Vec::new());
    for line in CASES
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
    {
        let [name, sent, expected] = *line.split(" | ").collect::<Vec<_>>() else {
            panic!("no case: {line}");
        };
        count += 1;
        if let Err(difference) = play(&service, sent, expected).await {
            wrong.push(format!("{name}: {difference}"));
        }
    }
    assert!(count >= 60, "only {count} cases");
    assert!(wrong.is_empty(), "of {count} cases:\n{}", wrong.join("\n"));
}
