//! Requests one after the other on one connection.

use std::time::Instant;

use anyhow::{Context, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::cpu;

/// What a round of requests took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    /// The server's CPU time for each request, in microseconds.
    pub(crate) cpu_micros: f64,
    /// Requests in a second.
    pub(crate) per_second: f64,
}

/// Sends so many requests; each must be answered 200.
pub(crate) async fn run(
    pid: u32,
    address: &str,
    path: &str,
    headers: &str,
    requests: usize,
) -> anyhow::Result<Load> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n");
    // The first ones warm caches up, and do not count.
    for _ in 0..requests / 10 {
        ask(&mut stream, &request).await?;
    }
    let (before, start) = (cpu::micros(pid)?, Instant::now());
    for _ in 0..requests {
        ask(&mut stream, &request).await?;
    }
    let elapsed = start.elapsed().as_secs_f64();
    let cpu = cpu::micros(pid)? - before;
    #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
    let requests = requests as f64;
    Ok(Load {
        cpu_micros: cpu / requests,
        per_second: requests / elapsed,
    })
}

/// Sends one request and reads its whole answer.
pub(crate) async fn ask(stream: &mut TcpStream, request: &str) -> anyhow::Result<()> {
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::with_capacity(1024);
    loop {
        let mut chunk = [0; 1024];
        let read = stream.read(&mut chunk).await?;
        ensure!(read > 0, "the server hung up");
        answer.extend_from_slice(&chunk[..read]);
        let text = std::str::from_utf8(&answer)?;
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        ensure!(head.starts_with("HTTP/1.1 200"), "{text}");
        let lengths = head.lines().filter_map(|line| line.split_once(": "));
        let length = lengths.filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
        let length: usize = length
            .map(|(_, value)| value)
            .next()
            .context("a length")?
            .parse()?;
        if body.len() >= length {
            return Ok(());
        }
    }
}
