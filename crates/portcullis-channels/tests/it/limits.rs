//! What one connection may cost.

use std::time::Duration;

use futures_util::SinkExt;
use portcullis_channels::{Rate, SocketSettings};
use tokio_tungstenite::tungstenite::Message;

use crate::service::Service;

#[tokio::test]
async fn message_that_is_too_large_is_told_so_while_it_is_sent() {
    let service = Service::start(SocketSettings::default()).await;
    let mut client = service.ann().await;
    // Far over the limit: the answer comes before all of it is read.
    let sent = client.0.send(Message::Text("x".repeat(4 << 20).into()));
    assert!(
        tokio::time::timeout(Duration::from_secs(5), sent)
            .await
            .is_ok()
    );
    assert_eq!(client.next().await, 1009);
}

#[tokio::test]
async fn slow_reader_is_closed_and_does_not_hold_up_others() {
    let settings = SocketSettings {
        queue_max_messages: 50,
        ..SocketSettings::default()
    };
    let service = Service::start(settings).await;
    let slow = service.ann().await;
    let mut quick = service.ann().await;
    // 25 MB are more than any socket's buffer.
    quick
        .send(r#"{"action": "flood", "payload": {"count": 500}}"#)
        .await;
    assert_eq!(quick.next().await["action"], "pong");
    let mut slow = slow;
    let mut last = slow.next().await;
    while last["action"] == "filling" {
        last = slow.next().await;
    }
    let is_closed = last == 1013
        || last
            .as_str()
            .is_some_and(|end| end.contains("Reset") || end == "None");
    assert!(is_closed, "{last}");
}

#[tokio::test]
async fn flood_of_pings_ends_the_connection() {
    let settings = SocketSettings {
        ping_rate: Rate {
            count: 3,
            per: Duration::from_secs(60),
        },
        ..SocketSettings::default()
    };
    let service = Service::start(settings).await;
    let mut client = service.ann().await;
    for _ in 0..4 {
        client
            .0
            .send(Message::Ping(bytes::Bytes::new()))
            .await
            .unwrap();
    }
    let mut last = client.next().await;
    while last == "pong" {
        last = client.next().await;
    }
    assert_eq!(last, 1008);
}

#[tokio::test]
async fn connections_of_a_user_are_counted_and_closing_makes_room() {
    let settings = SocketSettings {
        sockets_per_user: 1,
        ..SocketSettings::default()
    };
    let service = Service::start(settings).await;
    let mut first = service.ann().await;
    let mut second = service.connect(Some("Key ann")).await;
    assert_eq!(second.next().await["payload"]["status_code"], 429);
    assert_eq!(second.next().await, 4429);
    first.0.close(None).await.unwrap();
    let _ = first.next().await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    service.ann().await;
}

#[tokio::test]
async fn refused_handshakes_of_an_address_are_soon_not_looked_at() {
    let settings = SocketSettings {
        refusal_rate: Rate {
            count: 3,
            per: Duration::from_secs(600),
        },
        first_message: false,
        ..SocketSettings::default()
    };
    let service = Service::start(settings).await;
    for _ in 0..3 {
        let mut client = service.connect(None).await;
        assert_eq!(client.next().await["payload"]["status_code"], 403);
        assert_eq!(client.next().await, 4403);
    }
    assert_eq!(service.refused(Some("Key ann")).await, 429, "nor is hers");
}

#[tokio::test]
async fn those_who_wait_for_their_first_message_are_few() {
    let settings = SocketSettings {
        waiting_per_address: 2,
        ..SocketSettings::default()
    };
    let service = Service::start(settings).await;
    let (_one, _two) = (service.connect(None).await, service.connect(None).await);
    assert_eq!(service.refused(None).await, 429);
    service.ann().await;
}

#[tokio::test]
async fn connections_of_an_address_and_of_all_are_counted() {
    let settings = SocketSettings {
        sockets_per_address: 2,
        ..SocketSettings::default()
    };
    let service = Service::start(settings).await;
    let (_one, two) = (service.ann().await, service.ann().await);
    assert_eq!(service.refused(Some("Key ann")).await, 429);
    drop(two);
    tokio::time::sleep(Duration::from_millis(100)).await;
    service.ann().await;
    let settings = SocketSettings {
        sockets: 1,
        ..SocketSettings::default()
    };
    let service = Service::start(settings).await;
    let _one = service.ann().await;
    assert_eq!(service.refused(Some("Key ann")).await, 503);
}

#[tokio::test]
async fn service_that_stops_says_so_and_lets_nobody_in() {
    let service = Service::start(SocketSettings::default()).await;
    let (mut ann, mut waiting) = (service.ann().await, service.connect(None).await);
    assert_eq!(service.channels.count(), 2);
    let channels = service.channels.clone();
    let ended = tokio::spawn(async move { channels.shut_down(1012, Duration::from_secs(5)).await });
    assert_eq!(ann.next().await, 1012);
    assert_eq!(waiting.next().await, 1012);
    assert_eq!(ended.await.unwrap(), 0);
    assert_eq!(service.refused(Some("Key ann")).await, 503);
}
