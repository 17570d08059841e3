//! How many statements an answer takes: the same for one row and for many.

use portcullis_live::Rule;
use serde_json::{Value as Json, json};

use crate::world::{Grant, World};

async fn cost(world: &World, query: Json, options: Json) -> u64 {
    let before = world.database.statements();
    let (status, answer) = world.ask("shop.item", query, options).await;
    assert_eq!(status, 200, "{answer}");
    world.database.statements() - before
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn statements_do_not_grow_with_rows() {
    let world = World::sqlite(21).await;
    for model in ["shop.team", "shop.item", "shop.tag", "shop.note"] {
        let rule = Rule::is_null("pk").not();
        world.grant(
            model,
            Grant {
                filter: rule,
                ..Grant::default()
            },
        );
    }
    let plain = json!({ "type": "read" });
    let few = json!({ "fields": ["name", "size"] });
    assert_eq!(
        cost(&world, plain.clone(), few).await,
        1,
        "a list of plain fields"
    );
    let depth = json!({ "depth": 1 });
    let before = cost(&world, plain.clone(), depth.clone()).await;
    let rows: Vec<Json> = (0..200)
        .map(|n| json!({ "team": n % 4 + 1, "tags": ["hot", "cold"], "size": n }))
        .collect();
    let made = cost(
        &world,
        json!({ "type": "bulk_create", "data": rows }),
        json!({ "fields": ["size"] }),
    )
    .await;
    let after = cost(&world, plain, depth).await;
    assert!(
        after <= before + 2,
        "{before} statements for few rows, {after} for many"
    );
    assert!(made <= 16, "{made} statements for 200 rows");
    let query = json!({ "type": "update", "data": { "size": 1 },
                        "filter": { "type": "filter", "conditions": { "size__gte": 100 } } });
    let updated = cost(&world, query, json!({ "fields": ["size"] })).await;
    assert!(
        updated <= 8,
        "{updated} statements for an update of many rows"
    );
}
