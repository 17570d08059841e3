//! Whatever is sent: never a 5xx, and nothing but the envelope.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value as Json, json};

use crate::random::Random;
use crate::world::World;

/// A good request, of which parts are replaced.
fn good() -> Vec<Json> {
    let filter = json!({ "type": "and", "children": [
        { "type": "filter", "conditions": { "size__gt": 1, "tags__in": ["hot"] }, "Q": [{ "name": "x" }] },
        { "type": "exclude", "child": { "type": "filter", "conditions": { "team__open": true } } },
    ]});
    let expression = json!({ "__f_expr": true, "ast": {
        "mathjs": "OperatorNode", "op": "+", "fn": "add",
        "args": [{ "mathjs": "SymbolNode", "name": "size" }, { "mathjs": "ConstantNode", "value": 1 }],
    }});
    [
        json!({ "type": "read", "filter": filter, "exclude": filter, "orderBy": ["-size"],
                "search": { "searchQuery": "ant", "searchFields": ["name"] } }),
        json!({ "type": "sum", "field": "size", "filter": filter }),
        json!({ "type": "aggregate", "aggregates": { "sum": "size", "count": "*" } }),
        json!({ "type": "create", "data": { "name": "x", "size": 1, "tags": ["hot"], "team": 1,
                "extra": { "a": [1] }, "day": "2024-01-01", "at": "2024-01-01T00:00:00Z",
                "code": "11111111-1111-4111-8111-111111111111", "price": "1.5", "fragile": true } }),
        json!({ "type": "bulk_create", "data": [{ "name": "x" }] }),
        json!({ "type": "update", "filter": filter, "data": { "size": expression, "tags": ["cold"] } }),
        json!({ "type": "update_instance", "filter": { "type": "filter", "conditions": { "pk": 1 } },
                "data": { "size": 4 } }),
        json!({ "type": "delete", "filter": { "type": "filter", "conditions": { "size__lt": -100 } } }),
        json!({ "type": "delete_instance", "filter": { "type": "filter", "conditions": { "pk": 900 } } }),
        json!({ "type": "get_or_create", "lookup": { "name": "x", "team": { "id": 1 } }, "defaults": { "size": 1 } }),
        json!({ "type": "update_or_create", "lookup": { "pk": 1 }, "defaults": { "size": 1 } }),
    ]
    .into_iter()
    .map(|query| json!({ "ast": { "query": query, "serializerOptions": {
        "fields": ["name", "team__name"], "depth": 1, "limit": 5, "offset": 1 } } }))
    .collect()
}

/// Replaces one random place by something else.
fn spoil(random: &mut Random, json: &mut Json, odd: &[Json]) {
    match json {
        Json::Object(map) if !map.is_empty() && random.chance(85) => {
            let index = random.below(map.len());
            let key = map.keys().nth(index).unwrap().clone();
            if random.chance(10) {
                let value = map.remove(&key).unwrap();
                let names = [
                    "",
                    "__",
                    "pk",
                    "name__",
                    "__proto__",
                    "size__x__y",
                    "extra__\"",
                    "type",
                    "secret",
                ];
                map.insert((*random.pick(&names)).to_owned(), value);
            } else if let Some(inner) = map.get_mut(&key) {
                spoil(random, inner, odd);
            }
        }
        Json::Array(items) if !items.is_empty() && random.chance(85) => {
            let index = random.below(items.len());
            spoil(random, &mut items[index], odd);
        }
        place => *place = random.pick(odd).clone(),
    }
}

fn odd() -> Vec<Json> {
    let mut deep = json!({ "type": "filter", "conditions": { "size": 1 } });
    for _ in 0..28 {
        deep = json!({ "type": "and", "children": [deep] });
    }
    vec![
        Json::Null,
        json!(true),
        json!(-1),
        json!(1.5),
        json!(1e300),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(""),
        json!("x"),
        json!("\u{0}"),
        json!("' OR 1=1 --"),
        json!("\" ; DROP TABLE shop_item"),
        json!("💥".repeat(3000)),
        json!("9".repeat(400)),
        json!("-0"),
        json!("9999-12-31T23:59:59-14:00"),
        json!("0001-01-01T00:00:00+14:00"),
        json!([]),
        json!({}),
        json!([[]]),
        json!({ "a": { "b": null } }),
        json!({ "__f_expr": true }),
        json!({ "type": "exclude", "child": [] }),
        json!(vec!["x"; 400]),
        deep,
    ]
}

/// A thousand spoiled requests, each answered by less than 500.
pub(crate) async fn never_our_fault(world: &World, requests: usize, seed: u64) {
    let mut random = Random::new(seed);
    let odd = odd();
    for _ in 0..requests {
        let mut body = random.pick(&good()).clone();
        for _ in 0..=random.below(3) {
            spoil(&mut random, &mut body, &odd);
        }
        let path = *random.pick(&[
            "shop.item/",
            "shop.item/",
            "shop.item/validate/",
            "actions/none/",
            "x.y/",
        ]);
        let (status, answer) = world
            .send("POST", path, serde_json::to_vec(&body).unwrap())
            .await;
        assert!(status.as_u16() < 500, "{path} {body} {status} {answer}");
        assert!(answer.is_object(), "{body}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn spoiled_requests_are_the_clients_fault() {
    never_our_fault(&World::sqlite(31).await, 4000, 5).await;
}

#[test]
fn any_bytes_are_answered() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let world = runtime.block_on(World::sqlite(32));
    let mut runner = TestRunner::new(Config {
        cases: 256,
        failure_persistence: None,
        ..Config::default()
    });
    let strategy = proptest::collection::vec(any::<u8>(), 0..200);
    runner
        .run(&strategy, |bytes| {
            let (status, _) = runtime.block_on(world.send("POST", "shop.item/", bytes));
            prop_assert!(status.as_u16() < 500);
            Ok(())
        })
        .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn too_much_is_refused() {
    let world = World::sqlite(33).await;
    let many: serde_json::Map<String, Json> = (0..1001)
        .map(|n| (format!("extra__k{n}"), json!(1)))
        .collect();
    for query in [
        json!({ "type": "read", "filter": { "type": "filter", "conditions": many } }),
        json!({ "type": "read", "filter": { "type": "filter", "conditions": { "size__in": vec![1; 10_001] } } }),
        json!({ "type": "bulk_create", "data": vec![json!({}); 1001] }),
        json!({ "type": "read", "filter": { "type": "filter", "conditions": { "name__regex": "x" } } }),
        json!({ "type": "read", "search": { "searchQuery": "a ".repeat(40) } }),
    ] {
        assert_eq!(world.ask("shop.item", query, json!({})).await.0, 400);
    }
    let page = world
        .ask("shop.item", json!({}), json!({ "limit": 1001 }))
        .await;
    assert_eq!(page.0, 400);
    let deep = format!("{{\"ast\": {}1{}}}", "[".repeat(80), "]".repeat(80));
    assert_eq!(
        world.send("POST", "shop.item/", deep.into_bytes()).await.0,
        400
    );
    let large = format!("\"{}\"", "x".repeat(2 * 1024 * 1024));
    assert_eq!(
        world.send("POST", "shop.item/", large.into_bytes()).await.0,
        413
    );
}
