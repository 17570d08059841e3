//! The hub's protocol, and what bad input comes to.

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
