//! What a guarded request costs beside a bare axum handler: `cargo xtask bench`.
//!
//! The server runs as a child process, so that its CPU time is its own. Each round asks the bare
//! handler and the guarded doors in turn; what is shown is the median of the rounds' ratios.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "the report is what the program is for")]

mod cpu;
mod load;
mod logins;
mod rows;
mod server;
mod sockets;

use std::process::Stdio;

use anyhow::Context;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::load::Load;

const ROUNDS: usize = 7;
const REQUESTS: usize = 4000;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    match std::env::args().nth(1).as_deref() {
        Some("serve") => return server::serve().await,
        Some("bare-sockets") => return sockets::bare().await,
        Some("sockets") => return sockets::guarded().await,
        Some("only-sockets") => return sockets::run().await,
        _ => {}
    }
    let (child, address, doors) = start().await?;
    let pid = child.id().context("the server has a process id")?;
    println!("{REQUESTS} requests a round, {ROUNDS} rounds, one connection");
    println!("idle: {} KiB resident", cpu::resident_kib(pid)?);

    let mut bare = Vec::new();
    let mut guarded: Vec<Vec<Load>> = vec![Vec::new(); doors.len()];
    for _ in 0..ROUNDS {
        bare.push(load::run(pid, &address, "/bare/", "", REQUESTS).await?);
        for (loads, door) in guarded.iter_mut().zip(&doors) {
            // A password hash for each request: fewer of them.
            let requests = if door.path == "/basic/" {
                REQUESTS / 100
            } else {
                REQUESTS
            };
            loads.push(load::run(pid, &address, &door.path, &door.headers, requests).await?);
        }
    }
    println!(
        "{:<10} {:>12} {:>8} {:>12} {:>8}",
        "door", "CPU µs/req", "ratio", "req/s", "ratio"
    );
    show("bare", &bare, &bare);
    for (loads, door) in guarded.iter().zip(&doors) {
        show(door.path.trim_matches('/'), loads, &bare);
    }
    println!("after: {} KiB resident", cpu::resident_kib(pid)?);
    logins::run(pid, &address).await?;
    drop(child);
    rows::run().await?;
    sockets::run().await
}

/// A guarded door, and the headers that open it.
struct Door {
    path: String,
    headers: String,
}

/// Starts the server; it says its address, and then a line for each door.
async fn start() -> anyhow::Result<(Child, String, Vec<Door>)> {
    let mut child = Command::new(std::env::current_exe()?)
        .arg("serve")
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let mut lines = BufReader::new(child.stdout.take().context("its output")?).lines();
    let address = lines.next_line().await?.context("an address")?;
    let mut doors = Vec::new();
    while let Some(line) = lines.next_line().await? {
        if line == "ready" {
            break;
        }
        let (path, headers) = line.split_once(' ').context("a door")?;
        doors.push(Door {
            path: path.to_owned(),
            headers: format!("{headers}\r\n"),
        });
    }
    Ok((child, address, doors))
}

fn show(name: &str, loads: &[Load], bare: &[Load]) {
    let median = |mut values: Vec<f64>| {
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    let of = |field: fn(&Load) -> f64| median(loads.iter().map(field).collect());
    let ratio = |field: fn(&Load) -> f64| {
        median(
            loads
                .iter()
                .zip(bare)
                .map(|(load, bare)| field(load) / field(bare))
                .collect(),
        )
    };
    println!(
        "{name:<10} {:>12.1} {:>8.2} {:>12.0} {:>8.2}",
        of(|load| load.cpu_micros),
        ratio(|load| load.cpu_micros),
        of(|load| load.per_second),
        ratio(|load| load.per_second)
    );
}
