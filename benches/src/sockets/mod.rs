//! What a guarded socket costs beside a bare one of axum: opening it, keeping it, and telling a thousand at once.

mod client;
mod server;

use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::Context;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use self::client::{Crowd, GUARDED, Sender};
use crate::cpu;

pub(crate) use server::{bare, guarded};

const SOCKETS: usize = 1000;
const ROUNDS: usize = 3;
/// Messages of a burst, each to all.
const BURST: usize = 50;
/// Messages that are sent alone, for how long one takes.
const ALONE: usize = 20;

/// What one server came to.
struct Figures {
    connects_per_second: f64,
    kib_per_socket: f64,
    messages_per_second: f64,
    p99: Duration,
}

/// Measures both in turn, and prints the medians.
pub(crate) async fn run() -> anyhow::Result<()> {
    println!("\n{SOCKETS} sockets, {ROUNDS} rounds, each on a fresh server");
    let mut all: [Vec<Figures>; 2] = [Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        for (figures, kind) in all.iter_mut().zip(["bare-sockets", "sockets"]) {
            figures.push(measure(kind).await?);
        }
    }
    println!(
        "{:<10} {:>12} {:>14} {:>16} {:>10}",
        "socket", "connects/s", "KiB each, idle", "delivered/s", "p99 ms"
    );
    for (figures, name) in all.iter().zip(["bare", "guarded"]) {
        let of = |field: fn(&Figures) -> f64| {
            let mut values: Vec<f64> = figures.iter().map(field).collect();
            values.sort_by(f64::total_cmp);
            values[values.len() / 2]
        };
        println!(
            "{name:<10} {:>12.0} {:>14.1} {:>16.0} {:>10.1}",
            of(|f| f.connects_per_second),
            of(|f| f.kib_per_socket),
            of(|f| f.messages_per_second),
            of(|f| f.p99.as_secs_f64() * 1e3),
        );
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "thousands")]
async fn measure(kind: &str) -> anyhow::Result<Figures> {
    let (child, address) = start(kind).await?;
    let pid = child.id().context("the server has a process id")?;
    // The first ones make what all share.
    let warm = Crowd::open(&address, kind == GUARDED, 10).await?;
    let before = cpu::resident_kib(pid)?;
    let begun = Instant::now();
    let mut crowd = Crowd::open(&address, kind == GUARDED, SOCKETS).await?;
    let connects_per_second = SOCKETS as f64 / begun.elapsed().as_secs_f64();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let kib_per_socket = cpu::resident_kib(pid)?.saturating_sub(before) as f64 / SOCKETS as f64;
    drop(warm);
    let mut sender = Sender::open(&address, kind == GUARDED).await?;
    let mut delays = Vec::new();
    for _ in 0..ALONE {
        let sent = Instant::now();
        sender.flood(1).await?;
        delays.extend(
            crowd
                .heard(1)
                .await?
                .iter()
                .map(|at| at.duration_since(sent)),
        );
    }
    delays.sort_unstable();
    let p99 = delays[delays.len() * 99 / 100];
    let sent = Instant::now();
    sender.flood(BURST).await?;
    let last = crowd.heard(BURST).await?.into_iter().max();
    let elapsed = last.context("nobody heard")?.duration_since(sent);
    Ok(Figures {
        connects_per_second,
        kib_per_socket,
        messages_per_second: (SOCKETS * BURST) as f64 / elapsed.as_secs_f64(),
        p99,
    })
}

async fn start(kind: &str) -> anyhow::Result<(Child, String)> {
    let mut child = Command::new(std::env::current_exe()?)
        .arg(kind)
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let mut lines = BufReader::new(child.stdout.take().context("its output")?).lines();
    let address = lines.next_line().await?.context("an address")?;
    Ok((child, address))
}
