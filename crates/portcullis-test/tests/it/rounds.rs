//! Sockets are looked after in few statements, and what Django changes is found.

use std::time::{Duration, Instant};

use portcullis::channels::{
    Channels, Connection, Consumer, ConsumerError, SocketDoors, SocketSettings,
};
use portcullis_test::TestApp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Deserialize, JsonSchema, Serialize)]
#[serde(tag = "action", content = "payload", rename_all = "snake_case")]
enum Word {
    Ping,
    Pong,
}

struct Answering;

impl Consumer for Answering {
    type In = Word;
    type Out = Word;
    type Object = ();

    async fn receive(&self, c: Connection<Self>, _: Word) -> Result<(), ConsumerError> {
        c.send(Word::Pong)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sockets_of_many_are_looked_after_in_few_statements() {
    const SOCKETS: usize = 100;
    let app = TestApp::new(|parts| {
        // Nobody is told of anything: the interval has to find out.
        let channels = Channels::memory()
            .with_clock(parts.clock.clone())
            .with_standings(parts.store.clone());
        let settings = SocketSettings {
            revalidate_interval: Duration::from_secs(2),
            ..SocketSettings::default()
        };
        let socket = channels.socket(Answering).settings(settings);
        parts.gate.doors().socket("/ws/", socket).into_router()
    })
    .await;
    let mut sockets = Vec::new();
    for number in 0..SOCKETS {
        let client = app.as_user(&format!("user{number}")).await;
        sockets.push(client.socket("/ws/").enter().await);
    }
    // All have been asked about once; now for a time of three intervals.
    tokio::time::sleep(Duration::from_millis(2300)).await;
    let before = app.parts().database.statements();
    tokio::time::sleep(Duration::from_secs(6)).await;
    let statements = app.parts().database.statements() - before;
    println!("{SOCKETS} sockets, looked after three times: {statements} statements");
    assert!(statements >= 3, "nobody was looked after");
    assert!(statements <= 24, "{statements} statements");
    let user = app.user("user7").await;
    app.parts().store.set_active(&user.id, false).await.unwrap();
    let closed = Instant::now();
    let data = sockets[7].assert_refused(401, 4401).await;
    assert_eq!(data["detail"], "User inactive or deleted.");
    assert!(closed.elapsed() < Duration::from_secs(3));
    sockets[8].send(&Word::Ping).await;
    sockets[8].receive_action("pong").await;
}
