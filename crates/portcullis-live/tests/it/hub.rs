//! The hub's protocol, and what bad input comes to.

use std::sync::Arc;
use std::time::Duration;

use futures_util::SinkExt;
use portcullis_channels::{Rate, SocketSettings};
use portcullis_core::{Revocations, Revoked, UserId};
use portcullis_live::HubSettings;
use serde_json::{Value as Json, json};
use tokio::time::{sleep, timeout};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;

use crate::hub_receivers::Served;
use crate::world::{BLOCKED, World};

async fn served(settings: HubSettings) -> (World, Served) {
    let mut world = World::sqlite(5).await;
    let served = Served::of(&mut world, settings).await;
    (world, served)
}

/// A new note, which everybody sees.
async fn note(world: &World) {
    let query = json!({ "type": "create", "data": {} });
    let (status, answer) = world.ask("shop.note", query, json!({})).await;
    assert_eq!(status, 200, "{answer}");
}

#[tokio::test]
async fn malformed_frames_are_answered_and_nothing_else() {
    let (world, served) = served(HubSettings::default()).await;
    let mut browser = served.browser(31).await;
    for text in ["no json", "[]", "7", "{}", r#"{"event":7}"#] {
        browser.text(text).await;
        assert_eq!(browser.next().await["event"], "pusher:error", "{text}");
    }
    for text in [
        r#"{"event":"pusher:subscribe"}"#,
        r#"{"event":"pusher:subscribe","data":{"channel":7}}"#,
        r#"{"event":"pusher:subscribe","data":"no json"}"#,
        r#"{"event":"pusher:subscribe","data":{"channel":"a b"}}"#,
        r#"{"event":"pusher:subscribe","data":{"channel":"private-shop.note"}}"#,
        r#"{"event":"pusher:subscribe","data":{"channel":"private-shop.note","auth":"key:00"}}"#,
        r#"{"event":"pusher:subscribe","data":{"channel":"presence-x","auth":"key:00","channel_data":"{}"}}"#,
    ] {
        browser.text(text).await;
        let answer = browser.next().await;
        assert_eq!(
            answer["event"], "pusher:subscription_error",
            "{text} {answer}"
        );
    }
    // What is not known is passed over, and the connection lives.
    browser.text(r#"{"event":"pusher:newer","data":{}}"#).await;
    browser
        .text(r#"{"event":"pusher:unsubscribe","data":{"channel":"x"}}"#)
        .await;
    browser.text(r#"{"event":"pusher:ping","data":{}}"#).await;
    assert_eq!(browser.next().await["event"], "pusher:pong");
    browser
        .text(r#"{"event":"client-x","channel":"private-shop.note","data":{}}"#)
        .await;
    let answer = browser.next().await;
    assert_eq!(answer["data"]["code"], 4301, "{answer}");
    // Whoever was refused hears nothing.
    note(&world).await;
    browser.text(r#"{"event":"pusher:ping"}"#).await;
    assert_eq!(browser.next().await["event"], "pusher:pong");
    browser
        .socket
        .send(Message::Text("x".repeat(40_000).into()))
        .await
        .unwrap();
    assert_eq!(browser.next().await, 1009);
}

#[tokio::test]
async fn signature_is_good_for_its_own_socket_alone() {
    let (_world, served) = served(HubSettings::default()).await;
    let (one, mut other) = (served.browser(32).await, served.browser(32).await);
    let (status, signed) = one.sign(&one.id, "private-shop.note").await;
    assert_eq!(status, 200);
    let data = json!({ "channel": "private-shop.note", "auth": signed["auth"] });
    other
        .send(&json!({ "event": "pusher:subscribe", "data": data }))
        .await;
    assert_eq!(other.next().await["event"], "pusher:subscription_error");
    for (socket, channel) in [
        ("abc", "private-shop.note"),
        ("1.2", "private x"),
        ("1.2", "news"),
        ("", "private-x"),
    ] {
        let (status, answer) = one.sign(socket, channel).await;
        assert_eq!(status, 400, "{answer}");
    }
}

#[tokio::test]
async fn wrong_key_or_version_is_refused_with_a_code() {
    let (_world, served) = served(HubSettings::default()).await;
    for (path, code) in [
        ("/app/other?protocol=7", 4001),
        ("/app/key?protocol=99", 4007),
        ("/app/key", 4008),
    ] {
        let (mut socket, _) = connect_async(format!("ws://{}{path}", served.address))
            .await
            .unwrap();
        use futures_util::StreamExt;
        let told = socket.next().await.unwrap().unwrap().into_text().unwrap();
        let told: Json = serde_json::from_str(&told).unwrap();
        assert_eq!(told["data"]["code"], code);
        match socket.next().await {
            Some(Ok(Message::Close(Some(frame)))) => assert_eq!(u16::from(frame.code), code),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(served.hub.count(), 0);
}

#[tokio::test]
async fn unsubscribed_channel_is_silent() {
    let (world, served) = served(HubSettings::default()).await;
    let mut browser = served.browser(33).await;
    browser.subscribe("private-shop.note").await;
    note(&world).await;
    assert_eq!(browser.event().await.0, "create");
    let data = json!({ "channel": "private-shop.note" });
    browser
        .send(&json!({ "event": "pusher:unsubscribe", "data": data }))
        .await;
    browser.send(&json!({ "event": "pusher:ping" })).await;
    assert_eq!(browser.next().await["event"], "pusher:pong");
    note(&world).await;
    browser.subscribe("private-shop.tag").await;
    browser.send(&json!({ "event": "pusher:ping" })).await;
    assert_eq!(browser.next().await["event"], "pusher:pong");
}

#[tokio::test]
async fn blocked_user_is_closed_before_the_next_event() {
    let (world, served) = served(HubSettings::default()).await;
    let revocations = Revocations::default();
    served.hub.listen(&revocations);
    let (mut gone, mut stays) = (served.browser(66).await, served.browser(67).await);
    for browser in [&mut gone, &mut stays] {
        browser.subscribe("private-shop.note").await;
    }
    BLOCKED.write().unwrap().insert(66);
    revocations.publish(&Revoked::User(UserId::Integer(66)));
    note(&world).await;
    assert_eq!(gone.next().await["data"]["code"], 4009);
    assert_eq!(gone.next().await, 4009);
    assert_eq!(stays.event().await.0, "create");
    assert_eq!(served.hub.count(), 1);
}

#[tokio::test]
async fn slow_reader_is_closed_and_others_go_on() {
    let socket = SocketSettings {
        queue_max_messages: 50,
        queue_max_bytes: 64 * 1024,
        connection_rate: Rate {
            count: 600,
            per: Duration::from_secs(60),
        },
        ..SocketSettings::default()
    };
    let settings = HubSettings {
        socket,
        ..HubSettings::default()
    };
    let (_world, served) = served(settings).await;
    let (mut slow, mut quick) = (served.browser(34).await, served.browser(35).await);
    for browser in [&mut slow, &mut quick] {
        let data = json!({ "channel": "news" });
        browser
            .send(&json!({ "event": "pusher:subscribe", "data": data }))
            .await;
        browser.next().await;
    }
    let filling = json!("x".repeat(10_000)).to_string();
    let count = 3000;
    let reading = tokio::spawn(async move {
        for _ in 0..count {
            quick.next().await;
        }
        quick
    });
    for number in 0..count {
        assert!(served.hub.publish("news", "filling", &filling));
        // The quick one reads meanwhile.
        if number % 2 == 0 {
            sleep(Duration::from_millis(1)).await;
        }
    }
    let mut quick = timeout(Duration::from_secs(20), reading)
        .await
        .unwrap()
        .unwrap();
    for _ in 0..200 {
        if served.hub.count() == 1 {
            break;
        }
        sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(served.hub.count(), 1, "the slow reader is gone");
    quick.send(&json!({ "event": "pusher:ping" })).await;
    assert_eq!(quick.next().await["event"], "pusher:pong");
    drop(slow);
}

/// A presence channel of the application's own.
mod presence {
    use async_trait::async_trait;
    use portcullis_channels::Channels;
    use portcullis_core::{Principal, StoreError};
    use portcullis_live::{ChannelAccess, Hub, Joining};
    use portcullis_web::Gate;

    use super::*;
    use crate::browser::{Browser, serve};
    use crate::world::ByHeader;

    struct Rooms;

    #[async_trait]
    impl ChannelAccess for Rooms {
        async fn may_join(&self, who: &Principal, channel: &str) -> Result<Joining, StoreError> {
            let name = who.user().map(|user| user.username.clone());
            Ok(match channel {
                "presence-room" | "private-room" => Joining::Allowed(json!({ "name": name })),
                _ => Joining::Refused,
            })
        }
    }

    #[tokio::test]
    async fn members_come_and_go_and_talk() {
        let world = World::sqlite(6).await;
        let settings = HubSettings {
            key: "key".to_owned(),
            secret: "secret of the tests".to_owned(),
            client_events_per_second: 2,
            ..HubSettings::default()
        };
        let hub = Hub::new(&world.live, &Channels::memory(), settings).unwrap();
        let hub = hub.with_access(Arc::new(Rooms));
        let gate = Gate::new(vec![Arc::new(ByHeader)]);
        let router = hub.doors(&gate).into_router();
        let address = serve(router.clone()).await;
        let open = |user| Browser::open(&address, &router, user);
        let (mut ann, mut bob, mut twin) = (open(41).await, open(42).await, open(42).await);
        assert_eq!(
            ann.subscribe("presence-hall").await["event"],
            "pusher:subscription_error"
        );
        assert_eq!(
            ann.subscribe("presence-room").await["event"],
            "pusher_internal:subscription_succeeded"
        );
        let room = bob.subscribe("presence-room").await;
        let room: Json = serde_json::from_str(room["data"].as_str().unwrap()).unwrap();
        assert_eq!(room["presence"]["ids"], json!(["41", "42"]));
        assert_eq!(room["presence"]["hash"]["41"], json!({ "name": "user41" }));
        twin.subscribe("presence-room").await;
        let (name, data) = ann.event().await;
        assert_eq!(
            (name.as_str(), &data["user_id"]),
            ("pusher_internal:member_added", &json!("42"))
        );
        // A member is one, however many connections they have.
        let say =
            json!({ "event": "client-say", "channel": "presence-room", "data": { "text": "hi" } });
        bob.send(&say).await;
        let heard = ann.next().await;
        assert_eq!(
            (&heard["event"], &heard["user_id"]),
            (&json!("client-say"), &json!("42"))
        );
        bob.send(&say).await;
        bob.send(&say).await;
        assert_eq!(
            bob.next().await["data"]["code"],
            4301,
            "a third in one second is one too many"
        );
        ann.next().await;
        drop(bob);
        drop(twin);
        let (name, data) = ann.event().await;
        assert_eq!(
            (name.as_str(), &data["user_id"]),
            ("pusher_internal:member_removed", &json!("42"))
        );
    }
}
