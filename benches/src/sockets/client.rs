//! Many sockets of a client that counts what comes.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::timeout;

/// The kind of server whose first frame says who is there.
pub(super) const GUARDED: &str = "sockets";
/// How many are opened at a time.
const AT_ONCE: usize = 16;
const PATIENCE: Duration = Duration::from_secs(60);

/// A socket that is read by hand.
struct Line {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Line {
    async fn open(address: &str, is_guarded: bool) -> anyhow::Result<Self> {
        let mut stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let head = format!(
            "GET /ws/ HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\
             Authorization: Key ada\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await?;
        let mut line = Self {
            stream,
            buffer: Vec::new(),
        };
        while !line.buffer.windows(4).any(|four| four == b"\r\n\r\n") {
            line.fill().await?;
        }
        ensure!(line.buffer.starts_with(b"HTTP/1.1 101"), "no socket");
        let end = line.buffer.windows(4).position(|four| four == b"\r\n\r\n");
        line.buffer.drain(..end.context("a head")? + 4);
        if is_guarded {
            line.frame().await?;
        }
        Ok(line)
    }

    async fn fill(&mut self) -> anyhow::Result<()> {
        let mut chunk = [0; 4096];
        let read = self.stream.read(&mut chunk).await?;
        ensure!(read > 0, "the server hung up");
        self.buffer.extend_from_slice(&chunk[..read]);
        Ok(())
    }

    /// Takes the next frame, which is short.
    async fn frame(&mut self) -> anyhow::Result<()> {
        loop {
            if let [_, length, ..] = *self.buffer.as_slice() {
                ensure!(length < 126, "a frame of these servers is short");
                let whole = usize::from(length) + 2;
                if self.buffer.len() >= whole {
                    self.buffer.drain(..whole);
                    return Ok(());
                }
            }
            self.fill().await?;
        }
    }
}

/// Sockets that listen, each on a task of its own.
pub(super) struct Crowd {
    size: usize,
    heard: mpsc::UnboundedReceiver<Instant>,
    tasks: Vec<tokio::task::JoinHandle<()>>,
}

impl Crowd {
    pub(super) async fn open(address: &str, is_guarded: bool, size: usize) -> anyhow::Result<Self> {
        let mut lines = Vec::with_capacity(size);
        while lines.len() < size {
            let opening: Vec<_> = (lines.len()..size.min(lines.len() + AT_ONCE))
                .map(|_| {
                    let address = address.to_owned();
                    tokio::spawn(async move { Line::open(&address, is_guarded).await })
                })
                .collect();
            for opened in opening {
                lines.push(opened.await??);
            }
        }
        let (tell, heard) = mpsc::unbounded_channel();
        let tasks = lines.into_iter().map(|mut line| {
            let tell = tell.clone();
            tokio::spawn(async move {
                while line.frame().await.is_ok() {
                    if tell.send(Instant::now()).is_err() {
                        return;
                    }
                }
            })
        });
        Ok(Self {
            size,
            heard,
            tasks: tasks.collect(),
        })
    }

    /// When each of the next messages was heard by each.
    pub(super) async fn heard(&mut self, messages: usize) -> anyhow::Result<Vec<Instant>> {
        let mut moments = Vec::with_capacity(self.size * messages);
        while moments.len() < self.size * messages {
            let heard = timeout(PATIENCE, self.heard.recv()).await;
            moments.push(
                heard
                    .context("a message is missing")?
                    .context("all are gone")?,
            );
        }
        Ok(moments)
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

/// The one that has all told.
pub(super) struct Sender(Line);

impl Sender {
    pub(super) async fn open(address: &str, is_guarded: bool) -> anyhow::Result<Self> {
        Ok(Self(Line::open(address, is_guarded).await?))
    }

    /// Has so many messages sent to all others.
    pub(super) async fn flood(&mut self, count: usize) -> anyhow::Result<()> {
        let text = format!(r#"{{"action": "flood", "payload": {count}}}"#);
        let length = u8::try_from(text.len())?;
        // A mask of zeros leaves the text as it is.
        let mut frame = vec![0x81, 0x80 | length, 0, 0, 0, 0];
        frame.extend(text.as_bytes());
        Ok(self.0.stream.write_all(&frame).await?)
    }
}
