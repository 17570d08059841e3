//! Many sockets that do nothing, from many addresses: 10,000 in the long tier, 400 else.
//!
//! The clients are processes of their own, since each end of a socket is an open file of its process.

use std::env;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use portcullis_channels::{Rate, SocketSettings};
use tokio::net::TcpSocket;

use crate::rfc6455::Line;
use crate::service::Service;

/// How many client processes there are, and from how many addresses each comes.
const CLIENTS: u8 = 4;
const ADDRESSES: u8 = 10;
/// Tells this test that it is a client: where the server is, its first address, how many sockets of each.
const CLIENT: &str = "PORTCULLIS_TEST_IDLE_CLIENT";
const NAME: &str = "idle::idle_sockets_of_many_addresses_are_kept_and_one_more_is_refused";

/// A connection from a loopback address of that number.
async fn from(address: &str, number: u8) -> Result<Line, u16> {
    let socket = TcpSocket::new_v4().unwrap();
    let own = Ipv4Addr::new(127, 0, 1, number);
    socket.bind(SocketAddr::new(own.into(), 0)).unwrap();
    let stream = socket.connect(address.parse().unwrap()).await.unwrap();
    Line::upgrade(stream, address).await
}

/// Opens sockets, has some of them answered, and keeps all until its standard input ends.
async fn be_client(said: &str) {
    let words: Vec<&str> = said.split(' ').collect();
    let [address, first, each] = *words else {
        panic!("no client: {said}");
    };
    let (first, each): (u8, u32) = (first.parse().unwrap(), each.parse().unwrap());
    let mut lines = Vec::new();
    for number in first..first + ADDRESSES {
        for _ in 0..each {
            let mut line = from(address, number).await.unwrap();
            assert!(line.next().await.unwrap().contains("authentication"));
            lines.push(line);
        }
        assert_eq!(from(address, number).await.err(), Some(429));
    }
    for line in lines.iter_mut().step_by(97) {
        line.send("F 1 J").await;
        assert_eq!(line.next().await.unwrap(), "message");
    }
    std::io::stdout().write_all(b"\nready\n").unwrap();
    let _ = std::io::stdin().read(&mut [0]);
}

fn start_client(address: &str, first: u8, each: u32) -> Child {
    Command::new(env::current_exe().unwrap())
        .args(["--exact", NAME, "--nocapture"])
        .env(CLIENT, format!("{address} {first} {each}"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Waits until a client has all of its sockets.
fn is_ready(client: &mut Child) -> bool {
    // What it still says at its end needs a pipe.
    let lines = BufReader::new(client.stdout.as_mut().unwrap()).lines();
    lines.map_while(Result::ok).any(|line| line == "ready")
}

fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let words = line.unwrap().split_whitespace().nth(1);
    words.unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn idle_sockets_of_many_addresses_are_kept_and_one_more_is_refused() {
    if let Ok(said) = env::var(CLIENT) {
        return be_client(&said).await;
    }
    let each: u32 = match env::var_os("PORTCULLIS_LONG") {
        Some(_) => 250,
        None => 10,
    };
    let all = each * u32::from(CLIENTS * ADDRESSES);
    let settings = SocketSettings {
        sockets: all,
        sockets_per_address: each,
        sockets_per_user: all,
        connection_rate: Rate {
            count: all * 2,
            per: Duration::from_secs(1),
        },
        ..SocketSettings::default()
    };
    let service = Service::start(settings).await;
    let (address, before) = (service.address(), resident_kib());
    let firsts = (0..CLIENTS).map(|number| 1 + number * ADDRESSES);
    let mut clients: Vec<Child> = firsts
        .map(|first| start_client(&address, first, each))
        .collect();
    // The server has a thread of its own meanwhile.
    let are_ready = tokio::task::block_in_place(|| clients.iter_mut().all(is_ready));
    assert!(are_ready, "a client has failed");
    assert_eq!(service.channels.count(), usize::try_from(all).unwrap());
    let kib = resident_kib().saturating_sub(before);
    println!("{all} idle sockets: {kib} KiB on the server's side");
    assert_eq!(from(&address, 200).await.err(), Some(503));
    for mut client in clients {
        drop(client.stdin.take());
        assert!(client.wait().unwrap().success());
    }
    for _ in 0..500 {
        if service.channels.count() == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(service.channels.count(), 0, "all have made room");
    assert!(from(&address, 1).await.is_ok());
}
