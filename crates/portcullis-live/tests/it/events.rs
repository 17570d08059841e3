//! What is told of changes, after they are durable.

use std::sync::{Arc, Mutex, PoisonError};

use portcullis_live::{Actions, Change, ChangeListener};
use serde_json::{Value as Json, json};

use crate::world::{Grant, World};

/// Keeps what it hears.
#[derive(Default)]
struct Recorder(Mutex<Vec<Json>>);

impl Recorder {
    fn take(&self) -> Vec<Json> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// `["shop.item update", [1]]` for each change.
    fn short(&self) -> Vec<(String, Json)> {
        let told = self.take().into_iter();
        let short = told.map(|told| {
            let word = |name: &str| told[name].as_str().unwrap_or_default().to_owned();
            let what = format!("{} {}", word("model"), word("event"));
            (what, told["instances"].clone())
        });
        short.collect()
    }
}

impl ChangeListener for Recorder {
    fn changed(&self, changes: &Arc<[Change]>) {
        let told = changes.iter().map(|change| change.told(change.keys()));
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend(told);
    }
}

fn with_key(key: &Json) -> Json {
    json!({ "type": "filter", "conditions": { "pk": key } })
}

fn heard(list: &[(&str, Json)]) -> Vec<(String, Json)> {
    let owned = list
        .iter()
        .map(|(what, keys)| ((*what).to_owned(), keys.clone()));
    owned.collect()
}

/// Runs an operation, and gives the first key of its answer.
async fn run(world: &World, query: Json) -> Json {
    let (status, answer) = world.ask("shop.item", query.clone(), json!({})).await;
    assert_eq!(status, 200, "{query} {answer}");
    answer["data"]["data"][0].clone()
}

pub(crate) async fn all(world: &World) {
    let recorder = Arc::new(Recorder::default());
    world
        .live
        .listen(Arc::clone(&recorder) as Arc<dyn ChangeListener>);
    one_row_at_a_time(world, &recorder).await;
    many_rows(world, &recorder).await;
    rows_that_go_along(world, &recorder).await;
    what_changes_nothing(world, &recorder).await;
}

async fn one_row_at_a_time(world: &World, recorder: &Recorder) {
    let key = run(world, json!({ "type": "create", "data": { "size": 1 } })).await;
    let told = recorder.take();
    let [created] = told.as_slice() else {
        panic!("{told:?}");
    };
    for (name, value) in [
        ("event", json!("create")),
        ("model", json!("shop.item")),
        ("operation_id", json!("op 7")),
        ("instances", json!([key])),
        ("pk_field_name", json!("id")),
    ] {
        assert_eq!(created[name], value, "{created}");
    }
    assert!(created["server_ts_ms"].as_i64().is_some_and(|ms| ms > 0));
    assert_eq!(created["canonical_id"].as_str().map(str::len), Some(36));

    let lookup = json!({ "pk": key });
    run(
        world,
        json!({ "type": "update_or_create", "lookup": lookup, "defaults": { "size": 2 } }),
    )
    .await;
    let query =
        json!({ "type": "update_instance", "filter": with_key(&key), "data": { "size": 2 } });
    run(world, query).await;
    let size = json!({ "size": 3 });
    let size = size.as_object().unwrap();
    world.live.save("shop.item", &key, size).await.unwrap();
    let query = json!({ "type": "delete_instance", "filter": with_key(&key) });
    world.ask("shop.item", query, json!({})).await;
    let update = ("shop.item update", json!([key]));
    let expected = [
        update.clone(),
        update.clone(),
        update,
        ("shop.item delete", json!([key])),
    ];
    assert_eq!(recorder.short(), heard(&expected));
}

async fn many_rows(world: &World, recorder: &Recorder) {
    let rows = json!([{ "owner": 4242 }, { "owner": 4242 }]);
    let query = json!({ "type": "bulk_create", "data": rows });
    let (_, answer) = world.ask("shop.item", query, json!({})).await;
    let keys = answer["data"]["data"].clone();
    let these = json!({ "type": "filter", "conditions": { "owner": 4242 } });
    let query = json!({ "type": "update", "filter": these, "data": { "size": 1 } });
    run(world, query).await;
    world
        .ask(
            "shop.item",
            json!({ "type": "delete", "filter": these }),
            json!({}),
        )
        .await;
    let expected = [
        ("shop.item bulk_create", keys.clone()),
        ("shop.item bulk_update", keys.clone()),
        ("shop.item delete", json!([keys[0]])),
        ("shop.item delete", json!([keys[1]])),
        ("shop.item bulk_delete", keys),
    ];
    assert_eq!(recorder.short(), heard(&expected));
}

async fn rows_that_go_along(world: &World, recorder: &Recorder) {
    let key = run(world, json!({ "type": "create", "data": {} })).await;
    let note = json!({ "type": "create", "data": { "item": key, "body": "goes along" } });
    let (status, answer) = world.ask("shop.note", note, json!({})).await;
    assert_eq!(status, 200, "{answer}");
    let note = answer["data"]["data"][0].clone();
    recorder.take();
    let query = json!({ "type": "delete_instance", "filter": with_key(&key) });
    world.ask("shop.item", query, json!({})).await;
    let expected = [
        ("shop.item delete", json!([key])),
        ("shop.note delete", json!([note])),
    ];
    assert_eq!(recorder.short(), heard(&expected));
}

/// Reads, refusals, and rows that are found tell nothing.
async fn what_changes_nothing(world: &World, recorder: &Recorder) {
    let key = run(world, json!({ "type": "create", "data": { "size": 4243 } })).await;
    recorder.take();
    run(world, json!({ "type": "read" })).await;
    run(
        world,
        json!({ "type": "get_or_create", "lookup": { "size": 4243 }, "defaults": {} }),
    )
    .await;
    let grant = Grant {
        object: Actions::READ,
        ..Grant::default()
    };
    world.grant("shop.item", grant);
    for query in [
        json!({ "type": "delete_instance", "filter": with_key(&key) }),
        json!({ "type": "update_instance", "filter": with_key(&key), "data": { "size": 1 } }),
        json!({ "type": "bulk_create", "data": [{ "size": 1 }, { "size": "x" }] }),
    ] {
        let (status, answer) = world.ask("shop.item", query, json!({})).await;
        assert!(!status.is_success(), "{answer}");
    }
    world.grant("shop.item", Grant::default());
    assert_eq!(recorder.short(), []);
}

#[tokio::test]
async fn changes_are_told_when_they_are_durable() {
    let world = World::sqlite(1).await;
    all(&world).await;
}
