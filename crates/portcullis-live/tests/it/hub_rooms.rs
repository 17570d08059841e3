//! Channels of the application's own, about which it decides.

use std::sync::Arc;

use async_trait::async_trait;
use axum::Router;
use portcullis_channels::Channels;
use portcullis_core::{Principal, StoreError};
use portcullis_live::{ChannelAccess, Hub, HubSettings, Joining};
use portcullis_web::Gate;
use serde_json::{Value as Json, json};

use crate::browser::{Browser, serve};
use crate::world::{ByHeader, World};

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

/// A served hub with rooms.
async fn rooms() -> (World, Router, String) {
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
    (world, router, address)
}

#[tokio::test]
async fn members_come_and_go_and_talk() {
    let (_world, router, address) = rooms().await;
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

/// Whoever kept a signature does not come back with it: who they are is asked each time.
#[tokio::test]
async fn used_signature_opens_nothing() {
    let (_world, router, address) = rooms().await;
    let mut browser = Browser::open(&address, &router, 43).await;
    let (_, signed) = browser.sign(&browser.id, "private-room").await;
    let data = json!({ "channel": "private-room", "auth": signed["auth"] });
    let subscribe = json!({ "event": "pusher:subscribe", "data": data });
    browser.send(&subscribe).await;
    assert_eq!(
        browser.next().await["event"],
        "pusher_internal:subscription_succeeded"
    );
    let data = json!({ "channel": "private-room" });
    browser
        .send(&json!({ "event": "pusher:unsubscribe", "data": data }))
        .await;
    browser.send(&subscribe).await;
    assert_eq!(browser.next().await["event"], "pusher:subscription_error");
}
