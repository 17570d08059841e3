//! Sockets notice that the reason for opening them is gone.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use portcullis_channels::SocketSettings;
use portcullis_core::{Revoked, UserId};

use crate::service::Service;

#[tokio::test]
async fn notice_about_the_user_ends_the_connection_at_once() {
    let service = Service::start(SocketSettings::default()).await;
    let mut client = service.ann().await;
    service.board.publish(&Revoked::User(UserId::Integer(8)));
    service.keys.0.store(false, Ordering::SeqCst);
    client.send(r#"{"action": "ping"}"#).await;
    assert_eq!(
        client.next().await["action"],
        "pong",
        "it was about somebody else"
    );
    let noticed = Instant::now();
    service.board.publish(&Revoked::User(UserId::Integer(7)));
    let told = client.next().await;
    assert_eq!(told["payload"]["data"]["detail"], "Invalid key.");
    assert_eq!(client.next().await, 4403);
    assert!(noticed.elapsed() < Duration::from_secs(1));
}

#[tokio::test]
async fn notice_about_a_good_credential_changes_nothing() {
    let service = Service::start(SocketSettings::default()).await;
    let mut client = service.ann().await;
    service.board.publish(&Revoked::Somebody);
    tokio::time::sleep(Duration::from_millis(50)).await;
    client.send(r#"{"action": "ping"}"#).await;
    assert_eq!(client.next().await["action"], "pong");
}

#[tokio::test]
async fn without_a_notice_the_interval_finds_out() {
    let settings = SocketSettings {
        revalidate_interval: Duration::from_millis(50),
        ..SocketSettings::default()
    };
    let service = Service::start(settings).await;
    let mut client = service.ann().await;
    service.keys.0.store(false, Ordering::SeqCst);
    assert_eq!(
        client.next().await["payload"]["data"]["detail"],
        "Invalid key."
    );
    assert_eq!(client.next().await, 4403);
}
