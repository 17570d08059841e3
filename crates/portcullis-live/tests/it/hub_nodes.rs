//! Many nodes: two lives and hubs on one database, which talk through one layer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use hmac::{Hmac, Mac};
use http::Request;
use portcullis_channels::{
    ChannelLayer, Channels, ConnectionId, Envelope, Group, LayerError, Member, MemoryLayer,
};
use portcullis_core::{Clock, SystemClock};
use portcullis_live::{Hub, HubSettings, Live, Rule};
use portcullis_web::Gate;
use serde_json::{Value as Json, json};
use sha2::Sha256;
use tokio::time::sleep;
use tower::ServiceExt;

use crate::browser::{Browser, serve};
use crate::world::{ByHeader, Grant, World, models};

/// One node.
struct Node {
    hub: Hub,
    router: Router,
    address: String,
}

impl Node {
    async fn start(world: &World, channels: &Channels) -> Self {
        let mut live = Live::builder(&world.database);
        for model in models(&world.grants) {
            live = live.model(model);
        }
        let live = live.build().await.unwrap();
        let settings = HubSettings {
            key: "key".to_owned(),
            secret: "secret of the tests".to_owned(),
            ..HubSettings::default()
        };
        let hub = Hub::new(&live, channels, settings).unwrap();
        let hub = hub.over_nodes(Arc::new(world.database.clone()));
        let gate = Gate::new(vec![Arc::new(ByHeader)]);
        let router = live.doors(&gate).merge(hub.doors(&gate)).into_router();
        Self {
            hub,
            router: router.clone(),
            address: serve(router).await,
        }
    }

    async fn browser(&self, user: i64) -> Browser {
        Browser::open(&self.address, &self.router, user).await
    }
}

#[tokio::test]
async fn changes_on_one_node_are_told_on_the_other() {
    let mut world = World::sqlite(9).await;
    world
        .database
        .migrate(time::OffsetDateTime::UNIX_EPOCH)
        .await
        .unwrap();
    let channels = Channels::memory();
    let (one, other) = (
        Node::start(&world, &channels).await,
        Node::start(&world, &channels).await,
    );
    let grant = Grant {
        own: Arc::new(
            [(71, Rule::is("team__open", true).and(Rule::is("owner", 71)))]
                .into_iter()
                .collect(),
        ),
        ..Grant::default()
    };
    world.grant("shop.item", grant);
    let mut browser = other.browser(71).await;
    for channel in ["private-shop.item", "private-shop.note", "news"] {
        let answer = browser.subscribe(channel).await;
        assert_eq!(
            answer["event"], "pusher_internal:subscription_succeeded",
            "{answer}"
        );
    }
    // The first node writes; it learns in moments whose rules matter on the other.
    world.router = one.router.clone();
    sleep(Duration::from_millis(100)).await;
    let team = json!({ "type": "create", "data": { "name": "open", "open": true } });
    let (_, answer) = world.ask("shop.team", team, json!({})).await;
    let team = answer["data"]["data"][0].clone();
    let create = json!({ "type": "create", "data": { "owner": 71, "team": team } });
    let (_, answer) = world.ask("shop.item", create, json!({})).await;
    let key = answer["data"]["data"][0].clone();
    let heard = async |browser: &mut Browser| {
        let (name, data) = browser.event().await;
        (name, data["instances"].clone())
    };
    assert_eq!(
        heard(&mut browser).await,
        ("create".to_owned(), json!([key]))
    );
    let row = json!({ "type": "filter", "conditions": { "pk": key } });
    let update = |data: Json| json!({ "type": "update_instance", "filter": row, "data": data });
    world
        .ask("shop.item", update(json!({ "owner": 1 })), json!({}))
        .await;
    assert_eq!(
        heard(&mut browser).await,
        ("update".to_owned(), json!([key])),
        "a lost row"
    );
    world
        .ask("shop.item", update(json!({ "size": 1 })), json!({}))
        .await;
    world
        .ask(
            "shop.note",
            json!({ "type": "create", "data": {} }),
            json!({}),
        )
        .await;
    let (name, data) = browser.event().await;
    assert_eq!(
        (name.as_str(), &data["model"]),
        ("create", &json!("shop.note"))
    );
    assert!(one.hub.publish("news", "headline", "{}"));
    assert_eq!(browser.event().await.0, "headline");
}

/// A layer that carries nothing while it is away.
#[derive(Default)]
struct Away(MemoryLayer, AtomicBool);

#[async_trait]
impl ChannelLayer for Away {
    async fn join(&self, group: &Group, member: Member) -> Result<(), LayerError> {
        self.0.join(group, member).await
    }

    async fn leave(&self, group: &Group, id: &ConnectionId) -> Result<(), LayerError> {
        self.0.leave(group, id).await
    }

    async fn send(&self, group: &Group, envelope: Arc<Envelope>) -> Result<(), LayerError> {
        if self.1.load(Ordering::Acquire) {
            return Err(LayerError("away".to_owned()));
        }
        self.0.send(group, envelope).await
    }
}

#[tokio::test]
async fn whoever_missed_a_change_elsewhere_is_sent_to_read_again() {
    let mut world = World::sqlite(10).await;
    let layer = Arc::new(Away::default());
    let channels = Channels::new(Arc::clone(&layer) as Arc<dyn ChannelLayer>);
    world
        .database
        .migrate(time::OffsetDateTime::UNIX_EPOCH)
        .await
        .unwrap();
    let (one, other) = (
        Node::start(&world, &channels).await,
        Node::start(&world, &channels).await,
    );
    world.router = one.router.clone();
    let mut browser = other.browser(72).await;
    browser.subscribe("private-shop.note").await;
    // The nodes have told each other what they have.
    sleep(Duration::from_millis(100)).await;
    let create = json!({ "type": "create", "data": {} });
    layer.1.store(true, Ordering::Release);
    world.ask("shop.note", create.clone(), json!({})).await;
    sleep(Duration::from_millis(100)).await;
    layer.1.store(false, Ordering::Release);
    world.ask("shop.note", create, json!({})).await;
    assert_eq!(browser.next().await["data"]["code"], 4100);
    assert_eq!(browser.next().await, 4100);
}

/// What somebody with the secret signs.
fn signed(text: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(b"secret of the tests").unwrap();
    mac.update(text.as_bytes());
    hex::encode(mac.finalize().into_bytes())
}

#[tokio::test]
async fn user_is_terminated_on_all_nodes() {
    let world = World::sqlite(11).await;
    let channels = Channels::memory();
    let (one, other) = (
        Node::start(&world, &channels).await,
        Node::start(&world, &channels).await,
    );
    let mut browser = other.browser(73).await;
    let user = r#"{"id":"ann"}"#;
    let auth = signed(&format!("{}::user::{user}", browser.id));
    let data = json!({ "auth": format!("key:{auth}"), "user_data": user });
    browser
        .send(&json!({ "event": "pusher:signin", "data": data }))
        .await;
    assert_eq!(browser.next().await["event"], "pusher:signin_success");
    let path = "/apps/portcullis/users/ann/terminate_connections";
    let now = SystemClock.now().unix_timestamp();
    let query = format!("auth_key=key&auth_timestamp={now}&auth_version=1.0");
    let signature = signed(&format!("POST\n{path}\n{query}"));
    let request = Request::post(format!("{path}?{query}&auth_signature={signature}"));
    let request = request.body(axum::body::Body::empty()).unwrap();
    let response = one.router.clone().oneshot(request).await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(browser.next().await, 4009);
}
