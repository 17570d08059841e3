//! Many sockets that do nothing, from many addresses: 10,000 in the long tier, 400 else.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use portcullis_channels::{Rate, SocketSettings};
use tokio::net::TcpSocket;

use crate::rfc6455::Line;
use crate::service::Service;

const ADDRESSES: u8 = 40;

/// A connection from a loopback address of that number.
async fn from(service: &Service, number: u8) -> Result<Line, u16> {
    let socket = TcpSocket::new_v4().unwrap();
    let own = Ipv4Addr::new(127, 0, 1, number);
    socket.bind(SocketAddr::new(own.into(), 0)).unwrap();
    let address = service.address();
    let stream = socket.connect(address.parse().unwrap()).await.unwrap();
    Line::upgrade(stream, &address).await
}

/// Both ends of all sockets are files of this process.
fn allow_files(count: u32) {
    let id = std::process::id().to_string();
    let limit = format!("--nofile={count}:{count}");
    let raised = std::process::Command::new("prlimit")
        .args(["--pid", &id, &limit])
        .status();
    assert!(
        raised.is_ok_and(|status| status.success()),
        "prlimit {limit}"
    );
}

fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let words = line.unwrap().split_whitespace().nth(1);
    words.unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn idle_sockets_of_many_addresses_are_kept_and_one_more_is_refused() {
    let each: u32 = match std::env::var_os("PORTCULLIS_LONG") {
        Some(_) => {
            allow_files(65_536);
            250
        }
        None => 10,
    };
    let all = each * u32::from(ADDRESSES);
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
    let before = resident_kib();
    let mut lines = Vec::new();
    for number in 1..=ADDRESSES {
        for _ in 0..each {
            let mut line = from(&service, number).await.unwrap();
            assert!(line.next().await.unwrap().contains("authentication"));
            lines.push(line);
        }
        if number < ADDRESSES {
            assert_eq!(from(&service, number).await.err(), Some(429));
        }
    }
    assert_eq!(service.channels.count(), lines.len());
    assert_eq!(from(&service, ADDRESSES + 1).await.err(), Some(503));
    let kib = resident_kib().saturating_sub(before);
    println!("{all} idle sockets: {kib} KiB, both ends together");
    // Each still answers, after all of them were opened.
    for line in lines.iter_mut().step_by(97) {
        line.send("F 1 J").await;
        assert_eq!(line.next().await.unwrap(), "message");
    }
    drop(lines);
    for _ in 0..500 {
        if service.channels.count() == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(service.channels.count(), 0, "all have made room");
    assert!(from(&service, 1).await.is_ok());
}
