//! Every part of the query language, on rows that are known.

use serde_json::{Value as Json, json};

use crate::world::World;

/// Rows in one place, so that answers can be named: five notes of an item of their own.
async fn prepare(world: &World) {
    let items = [
        json!({ "name": "Alpha", "size": 10, "price": "1.50", "ratio": 0.5, "day": "2024-02-29",
                "at": "2024-02-29T08:30:00Z", "clock": "17:00:00", "fragile": true,
                "extra": { "grade": 8, "dims": { "w": 2 }, "list": ["x"] }, "tags": ["hot"] }),
        json!({ "name": "beta_x", "size": 20, "price": "20.25", "ratio": 1.25, "day": "2023-12-31",
                "at": "2023-12-31T22:00:00.250000Z", "clock": "06:15:00", "fragile": false,
                "extra": { "grade": "8" }, "tags": ["hot", "cold"] }),
        json!({ "name": "Gamma%", "size": 30, "extra": { "grade": null } }),
        json!({ "name": "δέλτα", "size": 40, "code": "abcdef11-1111-4111-8111-111111111111" }),
    ];
    for item in items {
        let mut item = item;
        item["owner"] = json!(99);
        let query = json!({ "type": "create", "data": item });
        let (status, answer) = world.ask("shop.item", query, json!({})).await;
        assert_eq!(status, 200, "{answer}");
    }
}

/// The names of items of owner 99 that a filter finds, in order.
async fn names(world: &World, filter: Json) -> Vec<String> {
    let own = json!({ "type": "filter", "conditions": { "owner": 99 } });
    let query = json!({
        "type": "read", "orderBy": ["size"],
        "filter": { "type": "and", "children": [own, filter] },
    });
    let (status, answer) = world
        .ask("shop.item", query, json!({ "fields": ["name"] }))
        .await;
    assert_eq!(status, 200, "{answer}");
    let objects = &answer["data"]["included"]["shop.item"];
    let data = answer["data"]["data"].as_array().unwrap().iter();
    data.map(|key| {
        objects[key.to_string()]["name"]
            .as_str()
            .unwrap()
            .to_owned()
    })
    .collect()
}

fn condition(path: &str, value: &Json) -> Json {
    json!({ "type": "filter", "conditions": { path: value } })
}

/// Lookups that both engines answer alike.
pub(crate) async fn lookups(world: &World) {
    prepare(world).await;
    let (a, b, g, d) = ("Alpha", "beta_x", "Gamma%", "δέλτα");
    let cases: &[(&str, Json, &[&str])] = &[
        ("name", json!("Alpha"), &[a]),
        ("name__iexact", json!("ALPHA"), &[a]),
        ("name__icontains", json!("A"), &[a, b, g]),
        ("name__contains", json!("%"), &[g]),
        ("name__contains", json!("_"), &[b]),
        ("name__startswith", json!("Gamma"), &[g]),
        ("name__iendswith", json!("_X"), &[b]),
        ("name__in", json!(["Alpha", "δέλτα"]), &[a, d]),
        ("size__gt", json!(20), &[g, d]),
        ("size__gte", json!("20"), &[b, g, d]),
        ("size__lt", json!(20.5), &[a, b]),
        ("size__range", json!([10, 30]), &[a, b, g]),
        ("size__in", json!([]), &[]),
        ("size__icontains", json!(0), &[a, b, g, d]),
        ("price", json!("1.5"), &[a]),
        ("price__gt", json!(1.5), &[b]),
        ("price__isnull", json!(true), &[g, d]),
        ("ratio__lte", json!(0.5), &[a]),
        ("fragile", json!(true), &[a]),
        ("day", json!("2024-02-29"), &[a]),
        ("day__year", json!(2023), &[b]),
        ("day__quarter", json!(1), &[a]),
        ("day__week", json!(9), &[a]),
        ("day__iso_year", json!(2023), &[b]),
        ("day__week_day", json!(1), &[b]),
        ("day__iso_week_day", json!(7), &[b]),
        ("at__hour__gte", json!(20), &[b]),
        ("at__minute", json!(30), &[a]),
        ("at__second", json!(0), &[a, b]),
        ("at__date", json!("2023-12-31"), &[b]),
        ("at__date__year", json!(2024), &[a]),
        ("at__time__gt", json!("08:30:00"), &[b]),
        ("at__lt", json!("2024-01-01T00:00:00+02:00"), &[]),
        ("at__lte", json!("2024-01-01T00:30:00+02:00"), &[b]),
        ("at", json!("2023-12-31T22:00:00.25Z"), &[b]),
        ("clock__gt", json!("07:00"), &[a]),
        ("clock__hour", json!(6), &[b]),
        (
            "code",
            json!("ABCDEF111111411181111111111111 11".replace(' ', "")),
            &[d],
        ),
        ("code__icontains", json!("abcdef11-1111"), &[d]),
        ("extra__grade", json!(8), &[a]),
        ("extra__grade", json!("8"), &[b]),
        ("extra__grade", Json::Null, &[g]),
        ("extra__grade__gt", json!(7), &[a]),
        ("extra__grade__in", json!([8, "8"]), &[a, b]),
        ("extra__grade__isnull", json!(true), &[d]),
        ("extra__dims__w", json!(2), &[a]),
        ("extra__list__0", json!("x"), &[a]),
        ("extra__has_key", json!("dims"), &[a]),
        ("extra__dims", json!({ "w": 2 }), &[a]),
        ("tags", json!("cold"), &[b]),
        ("tags__in", json!(["cold", "hot"]), &[a, b, b]),
        ("tags__isnull", json!(true), &[g, d]),
        ("pk__gt", json!(0), &[a, b, g, d]),
    ];
    for (path, value, expected) in cases {
        let found = names(world, condition(path, value)).await;
        assert_eq!(found, *expected, "{path} {value}");
    }
    let not_hot = json!({ "type": "exclude", "child": condition("tags", &json!("hot")) });
    assert_eq!(names(world, not_hot).await, [g, d]);
    let either = json!({ "type": "filter", "Q": [{ "size": 10 }, { "size": 40 }] });
    assert_eq!(names(world, either).await, [a, d]);
}

/// Orders, pages and single rows.
pub(crate) async fn pages(world: &World) {
    let own = json!({ "type": "filter", "conditions": { "owner": 99 } });
    let read = |order: Json, options: Json| {
        let query = json!({ "type": "read", "filter": own, "orderBy": order });
        async move {
            let (status, answer) = world.ask("shop.item", query, options).await;
            assert_eq!(status, 200, "{answer}");
            let objects = answer["data"]["included"]["shop.item"].clone();
            let data = answer["data"]["data"].as_array().unwrap().clone();
            let sizes = data
                .iter()
                .map(|key| objects[key.to_string()]["size"].clone());
            sizes.collect::<Vec<Json>>()
        }
    };
    assert_eq!(
        read(json!(["-size"]), json!({ "limit": 2 })).await,
        [40, 30]
    );
    assert_eq!(
        read(json!(["size"]), json!({ "limit": "2", "offset": 1 })).await,
        [20, 30]
    );
    assert_eq!(read(json!(["size"]), json!({ "offset": 9 })).await.len(), 0);
    assert_eq!(read(json!(["size"]), json!({ "offset": 3 })).await, [40]);
    for (kind, size) in [("first", 10), ("last", 40)] {
        let query = json!({ "type": kind, "filter": own, "orderBy": ["size"] });
        let (_, answer) = world.ask("shop.item", query, json!({})).await;
        let key = answer["data"]["data"][0].to_string();
        assert_eq!(answer["data"]["included"]["shop.item"][&key]["size"], size);
    }
    let (status, _) = world
        .ask(
            "shop.item",
            json!({ "type": "get", "filter": own }),
            json!({}),
        )
        .await;
    assert_eq!(status, 400);
    let none = json!({ "type": "get", "filter": condition("owner", &json!(98)) });
    assert_eq!(world.ask("shop.item", none, json!({})).await.0, 404);
    let search = json!({ "type": "count", "field": "*", "filter": own,
                         "search": { "searchQuery": "alpha GAMMA" } });
    assert_eq!(world.ask("shop.item", search, json!({})).await.1["data"], 2);
}

/// Aggregates, decimals as numbers.
pub(crate) async fn aggregates(world: &World) {
    let own = json!({ "type": "filter", "conditions": { "owner": 99 } });
    let cases = [
        ("count", "*", json!(4)),
        ("count", "price", json!(2)),
        ("count", "tags", json!(3)),
        ("sum", "size", json!(100)),
        ("sum", "price", json!(21.75)),
        ("avg", "size", json!(25.0)),
        ("avg", "price", json!(10.875)),
        ("min", "day", json!("2023-12-31")),
        ("max", "at", json!("2024-02-29T08:30:00Z")),
        ("max", "ratio", json!(1.25)),
        ("max", "fragile", json!(true)),
        ("min", "clock", json!("06:15:00")),
        ("max", "code", json!("abcdef11-1111-4111-8111-111111111111")),
    ];
    for (function, field, expected) in cases {
        let query = json!({ "type": function, "field": field, "filter": own });
        let (status, answer) = world.ask("shop.item", query, json!({})).await;
        assert_eq!(status, 200, "{answer}");
        let found = &answer["data"];
        let is_equal = match (found.as_f64(), expected.as_f64()) {
            (Some(found), Some(expected)) => (found - expected).abs() < 1e-9,
            _ => *found == expected,
        };
        assert!(is_equal, "{function} {field}: {found} and not {expected}");
    }
    let nothing =
        json!({ "type": "sum", "field": "size", "filter": condition("owner", &json!(98)) });
    assert_eq!(
        world.ask("shop.item", nothing, json!({})).await.1["data"],
        Json::Null
    );
    let text = json!({ "type": "sum", "field": "name" });
    assert_eq!(world.ask("shop.item", text, json!({})).await.0, 400);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn queries_find_what_they_say_on_sqlite() {
    let world = World::sqlite(11).await;
    lookups(&world).await;
    pages(&world).await;
    aggregates(&world).await;
}
