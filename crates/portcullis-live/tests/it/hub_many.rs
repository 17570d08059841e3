//! Very many who hear one channel: how soon, and at what cost. Long, and measured by a clock: only with `PORTCULLIS_LONG=1`.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use portcullis_channels::{Rate, SocketSettings};
use portcullis_live::{Change, ChangeListener, HubSettings, Rule};
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

use crate::hub_receivers::Served;
use crate::world::{Grant, World};

/// When changes became durable.
#[derive(Default)]
struct Commits(Mutex<Vec<Instant>>);

impl ChangeListener for Commits {
    fn changed(&self, _: &Arc<[Change]>) {
        self.0.lock().unwrap().push(Instant::now());
    }
}

fn settings() -> HubSettings {
    let socket = SocketSettings {
        sockets: 20_000,
        sockets_per_address: 20_000,
        sockets_per_user: 20_000,
        connection_rate: Rate {
            count: 100_000,
            per: Duration::from_secs(1),
        },
        ..SocketSettings::default()
    };
    HubSettings {
        socket,
        ..HubSettings::default()
    }
}

/// How long after each commit each of so many receivers had the event; of `distinct` rules, each with a relation or none.
async fn delays(receivers: i64, distinct: i64, with_relation: bool) -> Vec<Duration> {
    let mut world = World::sqlite(4).await;
    let commits = Arc::new(Commits::default());
    world
        .live
        .listen(Arc::clone(&commits) as Arc<dyn ChangeListener>);
    let served = Served::of(&mut world, settings()).await;
    // All of them see the row: the rules differ in what they forbid besides.
    let own = (0..receivers).map(|number| {
        let other = Rule::is("owner", 1_000_000 + number % distinct).not();
        let rule = match with_relation {
            true => other.and(Rule::is("team__name", format!("none {}", number % distinct)).not()),
            false => other,
        };
        (1000 + number, rule)
    });
    let grant = Grant {
        own: Arc::new(own.collect()),
        ..Grant::default()
    };
    world.grant("shop.item", grant);
    let mut browsers = Vec::new();
    for number in 0..receivers {
        let mut browser = served.browser(1000 + number).await;
        browser.subscribe("private-shop.item").await;
        browsers.push(browser);
    }
    let rounds = 20;
    let mut waiting = Vec::new();
    for mut browser in browsers {
        waiting.push(tokio::spawn(async move {
            let mut heard = Vec::new();
            while heard.len() < rounds {
                if let Some(Ok(Message::Text(_))) = browser.socket.next().await {
                    heard.push(Instant::now());
                }
            }
            heard
        }));
    }
    for _ in 0..rounds {
        let query = json!({ "type": "create", "data": { "owner": 1, "team": 1 } });
        world.ask("shop.item", query, json!({})).await;
        tokio::time::sleep(Duration::from_millis(400)).await;
    }
    let mut delays = Vec::new();
    for waiting in waiting {
        let heard = waiting.await.unwrap();
        let commits = commits.0.lock().unwrap();
        delays.extend(
            heard
                .iter()
                .zip(commits.iter())
                .map(|(at, commit)| *at - *commit),
        );
    }
    delays.sort();
    delays
}

fn of(delays: &[Duration], percent: usize) -> Duration {
    delays[(delays.len() - 1) * percent / 100]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thousand_receivers_hear_within_fifty_milliseconds() {
    if std::env::var_os("PORTCULLIS_LONG").is_none_or(|value| value != "1") {
        return;
    }
    for (receivers, distinct, with_relation) in [
        (1000, 1, false),
        (1000, 1000, false),
        (1000, 1, true),
        (1000, 1000, true),
        (5000, 1, false),
        (5000, 5000, false),
        (5000, 5000, true),
    ] {
        let delays = delays(receivers, distinct, with_relation).await;
        let (half, most) = (of(&delays, 50), of(&delays, 99));
        eprintln!(
            "{receivers} receivers, {distinct} rules, relations: {with_relation}: median {half:?}, p99 {most:?}"
        );
        // Both ends are in this process; without optimisation and on a busy machine that is most of it.
        let bound = match (receivers, cfg!(debug_assertions)) {
            (1000, false) => Duration::from_millis(50),
            (1000, true) => Duration::from_secs(1),
            _ => Duration::from_secs(10),
        };
        assert!(most < bound, "{most:?}");
    }
}
