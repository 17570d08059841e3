//! Who is told of a change: those who see the row, or saw it until then, and nobody else.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use portcullis_channels::Channels;
use portcullis_live::{Actions, Change, ChangeKind, ChangeListener, Hub, HubSettings, Rule};
use portcullis_web::Gate;
use serde_json::{Value as Json, json};

use crate::browser::{Browser, serve};
use crate::random::{Random, rule};
use crate::world::{BLOCKED, ByHeader, EXPIRED, Grant, World};

const USERS: [i64; 6] = [11, 12, 13, 14, 15, 16];

/// A world with a hub, served.
pub(crate) struct Served {
    pub(crate) hub: Hub,
    pub(crate) router: Router,
    pub(crate) address: String,
}

impl Served {
    pub(crate) async fn of(world: &mut World, settings: HubSettings) -> Self {
        let settings = HubSettings {
            key: "key".to_owned(),
            secret: "secret of the tests".to_owned(),
            ..settings
        };
        let hub = Hub::new(&world.live, &Channels::memory(), settings).unwrap();
        let gate = Gate::new(vec![Arc::new(ByHeader)]);
        world.router = world
            .live
            .doors(&gate)
            .merge(hub.doors(&gate))
            .into_router();
        Self {
            hub,
            router: world.router.clone(),
            address: serve(world.router.clone()).await,
        }
    }

    pub(crate) async fn browser(&self, user: i64) -> Browser {
        Browser::open(&self.address, &self.router, user).await
    }
}

/// Keeps the changes.
#[derive(Default)]
struct Recorder(Mutex<Vec<Change>>);

impl ChangeListener for Recorder {
    fn changed(&self, changes: &Arc<[Change]>) {
        self.0.lock().unwrap().extend(changes.iter().cloned());
    }
}

fn of_kind(change: &Change) -> (bool, bool) {
    match change.kind() {
        ChangeKind::Create | ChangeKind::BulkCreate => (false, true),
        ChangeKind::Delete | ChangeKind::BulkDelete => (true, false),
        ChangeKind::Update | ChangeKind::BulkUpdate => (true, true),
    }
}

/// A random write by user 7, who may do everything.
fn write(random: &mut Random, keys: &[Json]) -> Json {
    let one = json!({ "type": "filter", "conditions": { "pk": random.pick(keys) } });
    let owner = random.below(4);
    let team = match random.chance(30) {
        true => Json::Null,
        false => json!(random.below(4) + 1),
    };
    let data = json!({ "owner": owner, "team": team, "fragile": random.chance(50), "size": random.below(9) });
    match random.below(6) {
        0 => json!({ "type": "create", "data": data }),
        1 => json!({ "type": "bulk_create", "data": [data, { "owner": owner }] }),
        2 => json!({ "type": "delete_instance", "filter": one }),
        3 => json!({ "type": "update", "data": data,
                     "filter": { "type": "filter", "conditions": { "size__lt": 4 } } }),
        _ => json!({ "type": "update_instance", "filter": one, "data": data }),
    }
}

/// What each has heard of items.
async fn hear(world: &World, browsers: &mut [Browser]) -> Vec<Vec<(String, Json)>> {
    // Who hears this has heard everything before it.
    let note = json!({ "type": "create", "data": { "size": 1 } });
    world.ask("shop.note", note, json!({})).await;
    let mut all = Vec::new();
    for browser in browsers {
        let mut heard = Vec::new();
        loop {
            let (name, data) = browser.event().await;
            if data["model"] == "shop.note" && name == "create" {
                break;
            }
            if data["model"] == "shop.item" {
                heard.push((name, data["instances"].clone()));
            }
        }
        all.push(heard);
    }
    all
}

/// Random rules, random writes: everybody hears exactly of the keys that they see or saw.
pub(crate) async fn everybody_hears_what_they_see(world: &mut World, rounds: usize, seed: u64) {
    let recorder = Arc::new(Recorder::default());
    world
        .live
        .listen(Arc::clone(&recorder) as Arc<dyn ChangeListener>);
    let served = Served::of(world, HubSettings::default()).await;
    let mut random = Random::new(seed);
    let mut browsers = Vec::new();
    for user in USERS {
        let mut browser = served.browser(user).await;
        for channel in ["private-shop.item", "private-shop.note", "private-global"] {
            let answer = browser.subscribe(channel).await;
            assert_eq!(
                answer["event"], "pusher_internal:subscription_succeeded",
                "{answer}"
            );
        }
        browsers.push(browser);
    }
    let mut told = 0;
    for round in 0..rounds {
        if round % 5 == 0 {
            let own = USERS.map(|user| (user, rule(&mut random, "shop.item", 3)));
            let grant = Grant {
                own: Arc::new(own.into_iter().collect()),
                ..Grant::default()
            };
            world.grant("shop.item", grant);
            // Nothing tells the hub of this but the next change.
            let query = json!({ "type": "create", "data": {} });
            world.ask("shop.item", query, json!({})).await;
            hear(world, &mut browsers).await;
        }
        let all = world.keys("shop.item", json!({ "type": "read" })).await;
        let mut before = BTreeMap::new();
        for user in USERS {
            before.insert(user, world.keys_of(user, "shop.item").await);
        }
        recorder.0.lock().unwrap().clear();
        let query = write(&mut random, &all);
        world.ask("shop.item", query.clone(), json!({})).await;
        let changes: Vec<Change> = recorder.0.lock().unwrap().drain(..).collect();
        let heard = hear(world, &mut browsers).await;
        for (heard, user) in heard.into_iter().zip(USERS) {
            let after = world.keys_of(user, "shop.item").await;
            let mut expected = Vec::new();
            for change in changes
                .iter()
                .filter(|change| change.model() == "shop.item")
            {
                let (is_before, is_after) = of_kind(change);
                let keys: Vec<Json> = change
                    .keys()
                    .iter()
                    .filter(|key| {
                        is_before && before[&user].contains(key) || is_after && after.contains(key)
                    })
                    .cloned()
                    .collect();
                if !keys.is_empty() {
                    let times = if change.kind().is_bulk() { 2 } else { 1 };
                    expected.extend(vec![(change.kind().name().to_owned(), json!(keys)); times]);
                }
            }
            told += heard.len();
            assert_eq!(heard, expected, "user {user}: {query}");
        }
    }
    assert!(told > rounds, "{told} events are too few to say anything");
    world.grant("shop.item", Grant::default());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_hears_of_what_they_see_and_saw_alone() {
    for seed in [1, 2] {
        let mut world = World::sqlite(seed).await;
        everybody_hears_what_they_see(&mut world, 80, seed).await;
    }
}

/// Rights are those of the delivery, not of the subscription.
#[tokio::test]
async fn narrowed_rights_end_events_at_once() {
    let mut world = World::sqlite(3).await;
    let served = Served::of(&mut world, HubSettings::default()).await;
    let mut browser = served.browser(21).await;
    browser.subscribe("private-shop.item").await;
    browser.subscribe("private-shop.note").await;
    let create = |owner: i64| json!({ "type": "create", "data": { "owner": owner } });
    let grant = |rule: Rule, actions: Actions| Grant {
        own: Arc::new([(21, rule)].into_iter().collect()),
        actions,
        ..Grant::default()
    };
    world.grant("shop.item", grant(Rule::is("owner", 1), Actions::ALL));
    world.ask("shop.item", create(2), json!({})).await;
    world.ask("shop.item", create(1), json!({})).await;
    let (_, data) = browser.event().await;
    let row = world
        .live
        .load("shop.item", &data["instances"][0])
        .await
        .unwrap()
        .unwrap();
    assert_eq!(*row.get("owner"), json!(1));
    // Whoever may not read the model hears nothing, whatever the rule.
    world.grant("shop.item", grant(Rule::Everything, Actions::CREATE));
    world.ask("shop.item", create(1), json!({})).await;
    world
        .ask(
            "shop.note",
            json!({ "type": "create", "data": {} }),
            json!({}),
        )
        .await;
    let (_, data) = browser.event().await;
    assert_eq!(data["model"], "shop.note");
    let again = served.browser(21).await;
    let (status, _) = again.sign(&again.id, "private-shop.item").await;
    assert_eq!(status, 403);
}

/// Whoever is found gone when a change is told leaves nothing that the next one is asked about.
#[tokio::test]
async fn rules_of_whoever_is_gone_are_asked_no_more() {
    let mut world = World::sqlite(8).await;
    let recorder = Arc::new(Recorder::default());
    let listener = Arc::clone(&recorder) as Arc<dyn ChangeListener>;
    world.live.listen(listener);
    let served = Served::of(&mut world, HubSettings::default()).await;
    let mut browser = served.browser(EXPIRED).await;
    browser.subscribe("private-shop.note").await;
    let change = async || {
        let key = world.keys("shop.note", json!({ "type": "read" })).await;
        let one = json!({ "type": "filter", "conditions": { "pk": key[0] } });
        let query = json!({ "type": "update_instance", "filter": one, "data": { "size": 1 } });
        world.ask("shop.note", query, json!({})).await;
        let changes: Vec<Change> = recorder.0.lock().unwrap().drain(..).collect();
        format!("{changes:?}")
    };
    assert!(change().await.contains("Fingerprint("));
    assert_eq!(browser.event().await.0, "update");
    BLOCKED.write().unwrap().insert(EXPIRED);
    change().await;
    assert_eq!(browser.next().await["data"]["code"], 4009);
    assert_eq!(browser.next().await, 4009);
    // What was being told when they were found gone is told by now.
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
    let changes = change().await;
    assert!(!changes.contains("Fingerprint("), "{changes}");
}
