//! Sockets are doors like others.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use portcullis_channels::{Channels, SocketSettings};

use crate::service::{Keys, Service, doors};

#[test]
fn socket_is_listed_and_closed_unless_opened() {
    let keys = Keys(Arc::new(AtomicBool::new(true)));
    let rows = doors(&Channels::memory(), &keys, SocketSettings::default()).rows();
    let [row] = rows.as_slice() else {
        panic!("one door, not {rows:?}");
    };
    let shown = (
        &*row.method,
        &*row.path,
        &*row.authenticators,
        &*row.permission,
    );
    assert_eq!(shown, ("SOCKET", "/ws/", "Keys", "IsAuthenticated"));
}

#[tokio::test]
async fn token_in_the_first_message_opens_and_another_message_does_not() {
    let service = Service::start(SocketSettings::default()).await;
    let mut client = service.connect(None).await;
    client
        .send(r#"{"action": "authenticate", "token": "ann", "ref": "1"}"#)
        .await;
    let told = client.next().await;
    assert_eq!(told["payload"]["status_code"], 200);
    assert_eq!(told["ref"], "1");
    let mut client = service.connect(None).await;
    client.send(r#"{"action": "ping"}"#).await;
    assert_eq!(
        client.next().await["payload"]["status_code"],
        403,
        "no class has a challenge"
    );
    assert_eq!(client.next().await, 4403);
}
