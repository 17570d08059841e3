//! Writes: all of it or nothing, within the rules, on both engines.

use portcullis_live::{Actions, Names, Rule};
use serde_json::{Value as Json, json};

use crate::world::{Grant, World};

fn own(key: i64) -> Json {
    json!({ "type": "filter", "conditions": { "pk": key } })
}

fn arithmetic(op: &str, field: &str, constant: Json) -> Json {
    json!({ "__f_expr": true, "ast": {
        "mathjs": "OperatorNode", "op": op, "fn": "x",
        "args": [
            { "mathjs": "SymbolNode", "name": field },
            { "mathjs": "ConstantNode", "value": constant },
        ],
    }})
}

async fn size(world: &World, key: i64) -> Json {
    let row = world.live.load("shop.item", &json!(key)).await.unwrap();
    row.map(|row| row.get("size").clone()).unwrap_or_default()
}

async fn count(world: &World, model: &str) -> Json {
    let query = json!({ "type": "count", "field": "*" });
    world.ask(model, query, json!({})).await.1["data"].clone()
}

async fn create(world: &World, data: Json) -> i64 {
    let (status, answer) = world
        .ask(
            "shop.item",
            json!({ "type": "create", "data": data }),
            json!({}),
        )
        .await;
    assert_eq!(status, 200, "{answer}");
    answer["data"]["data"][0].as_i64().unwrap()
}

/// What is created and updated must be what the writer may see; otherwise nothing is written.
pub(crate) async fn rules_bind_writes(world: &World) {
    let key = create(world, json!({ "owner": 7, "size": 1 })).await;
    let before = count(world, "shop.item").await;
    world.grant(
        "shop.item",
        Grant {
            filter: Rule::is("owner", 7),
            ..Grant::default()
        },
    );
    for query in [
        json!({ "type": "create", "data": { "owner": 8 } }),
        json!({ "type": "bulk_create", "data": [{ "owner": 7 }, { "owner": 8 }] }),
        json!({ "type": "update", "filter": own(key), "data": { "owner": 8 } }),
        json!({ "type": "update_instance", "filter": own(key), "data": { "owner": 8, "size": 5 } }),
        json!({ "type": "update", "filter": own(key),
                "data": { "owner": arithmetic("+", "owner", json!(1)) } }),
        json!({ "type": "get_or_create", "lookup": { "owner": 8, "size": 77 }, "defaults": {} }),
        json!({ "type": "update_or_create", "lookup": { "pk": key }, "defaults": { "owner": 8 } }),
    ] {
        let (status, answer) = world.ask("shop.item", query.clone(), json!({})).await;
        assert_eq!(status, 403, "{query} {answer}");
    }
    assert_eq!(size(world, key).await, json!(1));
    world.grant("shop.item", Grant::default());
    assert_eq!(count(world, "shop.item").await, before);
}

/// Hidden rows cannot be referred to, and are not there for instance operations.
pub(crate) async fn hidden_rows_are_not_there(world: &World) {
    let hidden = create(world, json!({ "owner": 50, "name": "hidden" })).await;
    let seen = create(world, json!({ "owner": 7 })).await;
    world.grant(
        "shop.item",
        Grant {
            exclude: Rule::is("owner", 50),
            ..Grant::default()
        },
    );
    let query =
        json!({ "type": "update_instance", "filter": own(seen), "data": { "parent": hidden } });
    let (status, answer) = world.ask("shop.item", query, json!({})).await;
    assert_eq!(status, 400);
    let message = &answer["detail"]["parent"][0]["message"];
    assert_eq!(
        *message,
        json!(format!("Invalid pk \"{hidden}\" - object does not exist."))
    );
    for kind in ["update_instance", "delete_instance", "get"] {
        let query = json!({ "type": kind, "filter": own(hidden), "data": { "size": 1 } });
        assert_eq!(
            world.ask("shop.item", query, json!({})).await.0,
            404,
            "{kind}"
        );
    }
    let query = json!({ "type": "delete", "filter": own(hidden) });
    let (_, answer) = world.ask("shop.item", query, json!({})).await;
    assert_eq!(answer["metadata"]["deleted_count"], 0);
    world.grant("shop.item", Grant::default());
    assert_eq!(
        world
            .keys(
                "shop.item",
                json!({ "type": "read", "filter": own(hidden) })
            )
            .await
            .len(),
        1
    );
}

/// Fields that may not be written are not, whatever the way.
pub(crate) async fn read_only_fields_stay(world: &World) {
    let key = create(world, json!({ "owner": 7, "size": 1, "secret": "s" })).await;
    world.grant(
        "shop.item",
        Grant {
            writable: Names::of(["size"]),
            visible: Names::of(["id", "size", "owner", "name"]),
            ..Grant::default()
        },
    );
    let data = json!({ "size": 2, "owner": 8, "secret": "t", "id": 900 });
    for query in [
        json!({ "type": "update", "filter": own(key), "data": data }),
        json!({ "type": "update_instance", "filter": own(key), "data": data }),
        json!({ "type": "update_or_create", "lookup": { "pk": key }, "defaults": data }),
    ] {
        let (status, answer) = world.ask("shop.item", query, json!({})).await;
        assert_eq!(status, 200, "{answer}");
    }
    let hidden = json!({ "type": "update", "filter": own(key),
                         "data": { "size": arithmetic("+", "secret", json!(1)) } });
    assert_eq!(world.ask("shop.item", hidden, json!({})).await.0, 403);
    let lookup = json!({ "type": "get_or_create", "lookup": { "secret": "s" }, "defaults": {} });
    assert_eq!(world.ask("shop.item", lookup, json!({})).await.0, 403);
    world.grant("shop.item", Grant::default());
    let row = world
        .live
        .load("shop.item", &json!(key))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (
            row.integer("size"),
            row.integer("owner"),
            row.text("secret")
        ),
        (2, 7, "s")
    );
}

/// Arithmetic, and the bounds of the field that it is written into.
pub(crate) async fn arithmetic_is_bounded(world: &World) {
    let key = create(world, json!({ "size": 7, "price": "1.50", "ratio": 2.5 })).await;
    for (field, value, expected) in [
        ("size", arithmetic("*", "size", json!(3)), json!(21)),
        ("size", arithmetic("/", "size", json!(2)), json!(10)),
        ("size", arithmetic("%", "size", json!(4)), json!(2)),
        ("size", arithmetic("^", "size", json!(3)), json!(8)),
        ("price", arithmetic("*", "price", json!(3)), json!("4.50")),
        ("ratio", arithmetic("-", "ratio", json!(0.5)), json!(2.0)),
    ] {
        let query = json!({ "type": "update", "filter": own(key), "data": { field: value } });
        let (status, answer) = world.ask("shop.item", query, json!({})).await;
        assert_eq!(status, 200, "{field} {answer}");
        let row = world
            .live
            .load("shop.item", &json!(key))
            .await
            .unwrap()
            .unwrap();
        assert_eq!(*row.get(field), expected, "{field}");
    }
    let query = json!({ "type": "update", "filter": own(key),
                        "data": { "size": arithmetic("-", "size", json!(1000)) } });
    assert_eq!(world.ask("shop.item", query, json!({})).await.0, 400);
    assert_eq!(size(world, key).await, json!(8));
    let query = json!({ "type": "update", "filter": own(key),
                        "data": { "tags": arithmetic("-", "size", json!(1)) } });
    assert_eq!(world.ask("shop.item", query, json!({})).await.0, 400);
}

/// Deleting takes links along, and frees who referred to the row.
pub(crate) async fn deletions_follow_the_models(world: &World) {
    let parent = create(world, json!({ "tags": ["hot", "cold"] })).await;
    let child = create(world, json!({ "parent": parent })).await;
    let note =
        json!({ "type": "create", "data": { "item": parent, "body": format!("of {parent}") } });
    assert_eq!(world.ask("shop.note", note, json!({})).await.0, 200);
    let (status, answer) = world
        .ask(
            "shop.item",
            json!({ "type": "delete", "filter": own(parent) }),
            json!({}),
        )
        .await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(answer["metadata"]["deleted_count"], 4);
    let row = world
        .live
        .load("shop.item", &json!(child))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(*row.get("parent"), Json::Null);
}

/// One bad row of many, a taken key, and no right: nothing is written.
pub(crate) async fn errors_write_nothing(world: &World) {
    let before = count(world, "shop.note").await;
    let bulk = json!({ "type": "bulk_create", "data": [{ "body": "fine" }, { "size": "x" }] });
    let (status, answer) = world.ask("shop.note", bulk, json!({})).await;
    assert_eq!(status, 400);
    assert_eq!(answer["detail"][0], json!({}));
    let twice = json!({ "type": "bulk_create", "data": [{ "body": "twin" }, { "body": "twin" }] });
    assert_eq!(world.ask("shop.note", twice, json!({})).await.0, 409);
    world.grant(
        "shop.note",
        Grant {
            object: Actions::READ,
            ..Grant::default()
        },
    );
    for kind in ["update", "delete"] {
        let query = json!({ "type": kind, "data": { "size": 5 } });
        assert_eq!(world.ask("shop.note", query, json!({})).await.0, 403);
    }
    world.grant("shop.note", Grant::default());
    assert_eq!(count(world, "shop.note").await, before);
    let made =
        json!({ "type": "bulk_create", "data": [{ "body": "b1" }, { "body": "b2", "size": 3 }] });
    assert_eq!(world.ask("shop.note", made, json!({})).await.0, 200);
    let again = json!({ "type": "create", "data": { "body": "b1" } });
    let (status, answer) = world.ask("shop.note", again, json!({})).await;
    assert_eq!(status, 400);
    assert_eq!(
        answer["detail"]["body"][0]["message"],
        "note with this body already exists."
    );
}

pub(crate) async fn all(world: &World) {
    rules_bind_writes(world).await;
    hidden_rows_are_not_there(world).await;
    read_only_fields_stay(world).await;
    arithmetic_is_bounded(world).await;
    deletions_follow_the_models(world).await;
    errors_write_nothing(world).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writes_keep_to_the_rules_on_sqlite() {
    all(&World::sqlite(12).await).await;
}
