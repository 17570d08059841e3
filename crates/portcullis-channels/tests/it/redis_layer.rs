//! Two nodes and a real Redis between them, which is killed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use portcullis_channels::{Channels, RedisLayer, RedisUrlError, SocketSettings};
use portcullis_core::{Revoked, UserId};
use tokio::time::{sleep, timeout};

use crate::redis_server::RedisServer;
use crate::service::{Client, Keys, Service};

/// How long it may take until a node has found Redis again.
const RECOVERY: Duration = Duration::from_secs(10);

/// Two nodes with the same keys.
struct Nodes {
    here: Service,
    there: Service,
    layers: [RedisLayer; 2],
}

impl Nodes {
    async fn start(redis: &RedisServer) -> Self {
        let keys = Keys(Arc::new(AtomicBool::new(true)));
        let layers = [(); 2].map(|()| RedisLayer::start(&redis.url(), "test").unwrap());
        let node = |layer: &RedisLayer| {
            let channels = Channels::new(Arc::new(layer.clone()));
            Service::on(channels, keys.clone(), SocketSettings::default())
        };
        let nodes = Self {
            here: node(&layers[0]).await,
            there: node(&layers[1]).await,
            layers,
        };
        nodes.connected(true).await;
        nodes
    }

    async fn connected(&self, is_connected: bool) {
        let waited = timeout(RECOVERY, async {
            while self.layers.iter().any(|l| l.is_connected() != is_connected) {
                sleep(Duration::from_millis(5)).await;
            }
        });
        waited.await.unwrap();
    }

    fn revoke(&self) -> Instant {
        self.here.keys.0.store(false, Ordering::SeqCst);
        self.here.board.publish(&Revoked::User(UserId::Integer(7)));
        Instant::now()
    }
}

async fn is_told_and_closed(client: &mut Client) {
    let mut told = client.next().await;
    while told["action"] == "said" {
        told = client.next().await;
    }
    assert_eq!(told["payload"]["data"]["detail"], "Invalid key.", "{told}");
    assert_eq!(client.next().await, 4403);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn group_is_one_over_two_nodes_and_order_is_kept() {
    let Some(redis) = RedisServer::start() else {
        return;
    };
    let nodes = Nodes::start(&redis).await;
    let (mut ann, mut beside) = (nodes.here.ann().await, nodes.here.ann().await);
    let mut far = nodes.there.ann().await;
    for number in 0..100 {
        ann.say(&number.to_string()).await;
    }
    for number in 0..100 {
        for client in [&mut beside, &mut far] {
            assert_eq!(client.next().await["payload"], number.to_string());
        }
    }
    far.say("back").await;
    assert_eq!(
        ann.next().await["payload"],
        "back",
        "and nothing of her own"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn revocation_crosses_nodes_within_a_second() {
    let Some(redis) = RedisServer::start() else {
        return;
    };
    let nodes = Nodes::start(&redis).await;
    let (mut near, mut far) = (nodes.here.ann().await, nodes.there.ann().await);
    let revoked = nodes.revoke();
    is_told_and_closed(&mut near).await;
    let here = revoked.elapsed();
    is_told_and_closed(&mut far).await;
    let there = revoked.elapsed();
    println!("a revocation closed a socket here after {here:?}, there after {there:?}");
    assert!(there < Duration::from_secs(1), "{there:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn program_that_is_no_node_sends_events() {
    let Some(redis) = RedisServer::start() else {
        return;
    };
    let nodes = Nodes::start(&redis).await;
    let mut clients = [nodes.here.ann().await, nodes.there.ann().await];
    let outside = redis::Client::open(redis.url()).unwrap();
    let mut outside = outside.get_multiplexed_async_connection().await.unwrap();
    for text in [
        "no envelope",
        r#"{"content": {"action": "tick", "payload": 7}}"#,
    ] {
        let mut publish = redis::cmd("PUBLISH");
        publish.arg("portcullis:test:group:lobby").arg(text);
        let heard: i64 = publish.query_async(&mut outside).await.unwrap();
        assert_eq!(heard, 2, "both nodes have somebody in the group");
    }
    for client in &mut clients {
        let event = client.next().await;
        assert_eq!(
            (&event["action"], &event["payload"]),
            (&"tick".into(), &7.into())
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_killed_under_load_and_started_again() {
    let Some(mut redis) = RedisServer::start() else {
        return;
    };
    let nodes = Nodes::start(&redis).await;
    let (mut ann, mut near, mut far) = (
        nodes.here.ann().await,
        nodes.here.ann().await,
        nodes.there.ann().await,
    );
    let (stop, mut has_stopped) = tokio::sync::oneshot::channel::<()>();
    let load = tokio::spawn(async move {
        let mut number = 0_u32;
        while has_stopped.try_recv().is_err() {
            ann.say(&number.to_string()).await;
            number += 1;
            sleep(Duration::from_millis(1)).await;
        }
        (ann, number)
    });
    assert_eq!(far.next().await["action"], "said");
    redis.kill();
    nodes.connected(false).await;
    // Connections stay, those of one node hear each other, and new ones get in.
    let mut late = nodes.there.ann().await;
    assert_eq!(near.next().await["action"], "said");
    late.say("local").await;
    while far.next().await["payload"] != "local" {}
    let told = late.next().await;
    assert_eq!(told["action"], "error", "the others did not get it: {told}");
    redis.start_again();
    nodes.connected(true).await;
    // Also who joined a group meanwhile hears the other node.
    let heard = late.next().await;
    assert_eq!(heard["action"], "said", "{heard}");
    stop.send(()).unwrap();
    let (_ann, sent) = load.await.unwrap();
    println!("{sent} messages were sent meanwhile");
    nodes.revoke();
    for client in [&mut near, &mut far, &mut late] {
        is_told_and_closed(client).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn revocation_that_redis_lost_is_made_up_for() {
    let Some(mut redis) = RedisServer::start() else {
        return;
    };
    let nodes = Nodes::start(&redis).await;
    let (mut near, mut far) = (nodes.here.ann().await, nodes.there.ann().await);
    redis.kill();
    nodes.connected(false).await;
    let revoked = nodes.revoke();
    is_told_and_closed(&mut near).await;
    let here = revoked.elapsed();
    assert!(
        here < Duration::from_secs(1),
        "not held up by Redis: {here:?}"
    );
    far.send(r#"{"action": "ping"}"#).await;
    assert_eq!(
        far.next().await["action"],
        "pong",
        "nobody has told this node"
    );
    redis.start_again();
    is_told_and_closed(&mut far).await;
}

#[tokio::test]
async fn urls_that_are_none_are_refused_without_being_repeated() {
    for url in ["", "redis//", "http://secret@localhost", "redis://[secret"] {
        let error = RedisLayer::start(url, "").unwrap_err();
        assert_eq!(error, RedisUrlError);
        assert!(!error.to_string().contains("secret"));
    }
    let layer = RedisLayer::start("redis://:secret@127.0.0.1:1/0", "").unwrap();
    assert!(!format!("{layer:?}").contains("secret"));
}
