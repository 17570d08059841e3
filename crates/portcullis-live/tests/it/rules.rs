//! One rule, in memory and in SQL.

use serde_json::json;

use crate::random::{FIELDS, Random, rule};
use crate::reference::Tree;
use crate::world::{Grant, World};

/// Random rules over random rows let the same rows through in memory and in SQL.
pub(crate) async fn memory_and_sql_agree(world: &World, rules: usize, seed: u64) {
    let mut random = Random::new(seed);
    for number in 0..rules {
        let model = FIELDS[number % FIELDS.len()].0;
        let rule = rule(&mut random, model, 3);
        let definition = world.live.registry().model(model).unwrap();
        let rows = world.rows.all(model);
        let holds = rows
            .iter()
            .filter(|row| rule.holds(world.live.registry(), definition, &Tree::of(row, 3)));
        let mut expected: Vec<String> = holds.map(|row| row.key().to_string()).collect();
        world.grant(
            model,
            Grant {
                filter: rule.clone(),
                ..Grant::default()
            },
        );
        let keys = world.keys(model, json!({ "type": "read" })).await;
        world.grant(model, Grant::default());
        let mut found: Vec<String> = keys.iter().map(ToString::to_string).collect();
        expected.sort();
        found.sort();
        assert_eq!(found, expected, "{model} {rule:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rules_mean_the_same_in_memory_and_in_sqlite() {
    for seed in 1..=4 {
        let world = World::sqlite(seed).await;
        memory_and_sql_agree(&world, 750, seed).await;
    }
}
