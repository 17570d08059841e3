//! Connections are looked after together.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use portcullis_channels::{Channels, SocketSettings};
use portcullis_core::{Revoked, Standing, StandingStore, StoreError};
use time::OffsetDateTime;

use crate::service::{Keys, Service};

/// A database that says what it is told to, and remembers how often it was asked about how many.
#[derive(Default)]
struct Asked {
    rounds: Mutex<Vec<usize>>,
    has_moved: AtomicBool,
    is_away: AtomicBool,
}

#[async_trait]
impl StandingStore for Asked {
    async fn are_standing(
        &self,
        standings: &[Standing],
        _: OffsetDateTime,
    ) -> Result<Vec<bool>, StoreError> {
        self.rounds.lock().unwrap().push(standings.len());
        if self.is_away.load(Ordering::SeqCst) {
            return Err(StoreError::Unavailable("away".to_owned()));
        }
        let is_firm = !self.has_moved.load(Ordering::SeqCst);
        Ok(vec![is_firm; standings.len()])
    }
}

async fn service(asked: &Arc<Asked>, settings: SocketSettings) -> Service {
    let keys = Keys(Arc::new(AtomicBool::new(true)));
    let channels = Channels::memory().with_standings(Arc::clone(asked) as Arc<dyn StandingStore>);
    Service::on(channels, keys, settings).await
}

fn settings(interval: u64) -> SocketSettings {
    SocketSettings {
        revalidate_interval: Duration::from_millis(interval),
        revalidate_grace: Duration::from_millis(2 * interval),
        sockets_per_user: 1000,
        connection_rate: portcullis_channels::Rate {
            count: 1000,
            per: Duration::from_secs(1),
        },
        ..SocketSettings::default()
    }
}

#[tokio::test]
async fn many_connections_are_asked_about_in_few_rounds() {
    let asked = Arc::new(Asked::default());
    let service = service(&asked, settings(2000)).await;
    let mut clients = Vec::new();
    for _ in 0..100 {
        clients.push(service.ann().await);
    }
    let begun = Instant::now();
    let count = AtomicUsize::new(0);
    while count.load(Ordering::SeqCst) < 100 {
        assert!(begun.elapsed() < Duration::from_secs(20), "{count:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
        let rounds = asked.rounds.lock().unwrap();
        count.store(rounds.iter().sum(), Ordering::SeqCst);
    }
    let rounds = asked.rounds.lock().unwrap().len();
    println!("100 connections were asked about in {rounds} rounds");
    assert!(rounds <= 3, "{rounds} rounds");
    service.keys.0.store(false, Ordering::SeqCst);
    let mut last = clients.pop().unwrap();
    last.send(r#"{"action": "ping"}"#).await;
    assert_eq!(last.next().await["action"], "pong", "nobody looked closer");
}

#[tokio::test]
async fn whoever_has_moved_is_looked_at_closer() {
    let asked = Arc::new(Asked::default());
    let service = service(&asked, settings(100)).await;
    let mut client = service.ann().await;
    asked.has_moved.store(true, Ordering::SeqCst);
    tokio::time::sleep(Duration::from_millis(300)).await;
    client.send(r#"{"action": "ping"}"#).await;
    assert_eq!(
        client.next().await["action"],
        "pong",
        "the key is still good"
    );
    service.keys.0.store(false, Ordering::SeqCst);
    assert_eq!(client.next().await["payload"]["status_code"], 403);
    assert_eq!(client.next().await, 4403);
}

#[tokio::test]
async fn database_that_is_away_closes_nobody_for_a_while() {
    let asked = Arc::new(Asked::default());
    let service = service(&asked, settings(300)).await;
    let mut client = service.ann().await;
    asked.is_away.store(true, Ordering::SeqCst);
    // Neither does a notice: nothing is known.
    service.board.publish(&Revoked::Somebody);
    tokio::time::sleep(Duration::from_millis(400)).await;
    client.send(r#"{"action": "ping"}"#).await;
    assert_eq!(client.next().await["action"], "pong");
    let away = Instant::now();
    assert_eq!(client.next().await["payload"]["status_code"], 503);
    assert_eq!(client.next().await, 1013);
    assert!(away.elapsed() < Duration::from_secs(5));
}
