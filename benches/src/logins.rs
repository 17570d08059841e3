//! Log-ins, as a share of what the hash function does in a tight loop on as many threads.

use std::time::{Duration, Instant};

use portcullis::django::password::{self, Hashers};
use tokio::net::TcpStream;

use crate::load::ask;
use crate::server::{NAME, PASSWORD};

const CLIENTS: usize = 8;
const TIME: Duration = Duration::from_secs(8);

/// Measures both for a while, and what a GET takes meanwhile.
pub(crate) async fn run(_: u32, address: &str) -> anyhow::Result<()> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let limit = tight_loop(threads)?;
    let end = Instant::now() + TIME;
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| tokio::spawn(log_in_until(address.to_owned(), end)))
        .collect();
    let gets = tokio::spawn(get_until(address.to_owned(), end));
    let mut logins = 0;
    for client in clients {
        logins += client.await??;
    }
    let mut gets = gets.await??;
    gets.sort_unstable();
    let seconds = TIME.as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
    let per_second = logins as f64 / seconds;
    println!(
        "log-ins: {per_second:.1}/s, {:.0} % of {limit:.1}/s, what the hash alone does on {threads} threads",
        per_second / limit * 100.0
    );
    let p95 = gets.get(gets.len() * 95 / 100).copied().unwrap_or_default();
    println!(
        "GET beside {CLIENTS} clients that log in: p95 {:.1} ms of {}",
        p95.as_secs_f64() * 1e3,
        gets.len()
    );
    Ok(())
}

/// Hashes in a second, with nothing else to do.
fn tight_loop(threads: usize) -> anyhow::Result<f64> {
    let stored = password::hash(PASSWORD, &Hashers::default())?;
    let start = Instant::now();
    let workers: Vec<_> = (0..threads)
        .map(|_| {
            let stored = stored.clone();
            std::thread::spawn(move || {
                let (hashers, end) = (Hashers::default(), Instant::now() + TIME / 2);
                let mut count = 0_u32;
                while Instant::now() < end {
                    count += u32::from(password::verify(PASSWORD, &stored, &hashers).matches);
                }
                count
            })
        })
        .collect();
    let counts = workers.into_iter().filter_map(|worker| worker.join().ok());
    let total: u32 = counts.sum();
    Ok(f64::from(total) / start.elapsed().as_secs_f64())
}

async fn log_in_until(address: String, end: Instant) -> anyhow::Result<usize> {
    let body = format!("username={NAME}&password={}", PASSWORD.replace(' ', "+"));
    let request = format!(
        "POST /api/token/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(address).await?;
    let mut count = 0;
    while Instant::now() < end {
        ask(&mut stream, &request).await?;
        count += 1;
    }
    Ok(count)
}

async fn get_until(address: String, end: Instant) -> anyhow::Result<Vec<Duration>> {
    let mut stream = TcpStream::connect(address).await?;
    let request = "GET /bare/ HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let mut times = Vec::new();
    while Instant::now() < end {
        let start = Instant::now();
        ask(&mut stream, request).await?;
        times.push(start.elapsed());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Ok(times)
}
