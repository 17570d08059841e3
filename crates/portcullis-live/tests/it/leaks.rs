//! Random permissions and random queries: answers are those of the slow reference, which knows what is visible.

use std::collections::HashMap;

use portcullis_live::{Names, Rule};
use serde_json::{Value as Json, json};

use crate::compared::{check, compare_included, compare_keys, compare_order, extreme};
use crate::random::{FIELDS, Random, fields, is_relation, relations, rule};
use crate::reference::{Seen, Sight, key_name};
use crate::wish::{Wish, wish};
use crate::world::{Grant, World};

/// How many queries a world is asked, and how many permissions it has meanwhile.
const QUERIES: usize = 50;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_hidden_shows_in_20000_random_queries() {
    let mut asked = 0;
    for seed in 0..8 {
        let world = World::sqlite(100 + seed).await;
        for round in 0..50 {
            asked += ask_around(&world, seed * 1000 + round, QUERIES).await;
        }
    }
    assert!(asked >= 20_000, "{asked}");
}

/// Sets random permissions, and compares so many answers.
pub(crate) async fn ask_around(world: &World, seed: u64, queries: usize) -> usize {
    let mut random = Random::new(seed + 7);
    let mut rules: HashMap<&'static str, (Rule, Names)> = HashMap::new();
    for (model, _) in FIELDS {
        let filter = rule(&mut random, model, 2);
        let exclude = match random.chance(30) {
            true => rule(&mut random, model, 1),
            false => Rule::Nothing,
        };
        let visible = visible(&mut random, model);
        let both = filter.clone().and(exclude.clone().not());
        rules.insert(model, (both, visible.clone()));
        world.grant(
            model,
            Grant {
                filter,
                exclude,
                visible,
                ..Grant::default()
            },
        );
    }
    let sight = Sight::new(&world.rows, world.live.registry(), &rules);
    for number in 0..queries {
        let (model, _) = *random.pick(&FIELDS);
        one(world, &sight, &mut random, model, number).await;
    }
    queries
}

fn visible(random: &mut Random, model: &str) -> Names {
    if random.chance(20) {
        return Names::All;
    }
    let own = fields(model).iter().map(|(name, _)| *name);
    let related = relations(model).iter().map(|(name, _)| *name);
    let mut names: Vec<&str> = own.chain(related).collect();
    names.retain(|_| random.chance(75));
    Names::of(names)
}

async fn one(
    world: &World,
    sight: &Sight,
    random: &mut Random,
    model: &'static str,
    number: usize,
) {
    let wish = wish(random, model, 2);
    let node = wish.node();
    let is_allowed = wish.is_allowed(sight, model);
    let is_excluded = random.chance(25);
    let filter = match is_excluded {
        true => json!({ "exclude": node }),
        false => json!({ "filter": node }),
    };
    let rows: Vec<(Seen<'_>, usize)> = world
        .rows
        .all(model)
        .into_iter()
        .filter(|seen| sight.row(model, seen.key()))
        .map(|seen| {
            let times = match is_excluded {
                // The node of an exclusion says what is left out, once.
                true => usize::from(!match &wish {
                    Wish::Not(child) => child.holds_alone(sight, &seen),
                    wish => wish.holds_alone(sight, &seen),
                }),
                false => wish.times(sight, &seen),
            };
            (seen, times)
        })
        .filter(|(_, times)| *times > 0)
        .collect();
    let with = |kind: &str, more: Json| {
        let mut query = filter.as_object().unwrap().clone();
        query.insert("type".to_owned(), json!(kind));
        query.extend(more.as_object().unwrap().clone());
        Json::Object(query)
    };
    match number % 4 {
        0 => {
            let (status, answer) = world
                .ask(model, with("count", json!({ "field": "*" })), json!({}))
                .await;
            let total: usize = rows.iter().map(|(_, times)| times).sum();
            check(is_allowed, status.as_u16(), &answer, &node, || {
                assert_eq!(answer["data"], json!(total), "{model} {filter}");
            });
        }
        1 => {
            let (name, kind) = *random.pick(fields(model));
            let function = if random.chance(50) { "min" } else { "max" };
            let query = with(function, json!({ "field": name }));
            let (status, answer) = world.ask(model, query, json!({})).await;
            let is_seen = sight.field(model, name) || name == key_name(model);
            check(
                is_allowed && is_seen,
                status.as_u16(),
                &answer,
                &node,
                || {
                    let expected = extreme(sight, &rows, name, kind, function == "min");
                    assert_eq!(
                        answer["data"], expected,
                        "{model} {function} {name} {filter}"
                    );
                },
            );
        }
        _ => {
            let (name, kind) = *random.pick(fields(model));
            let order = json!({ "orderBy": [name] });
            let options = match random.below(3) {
                0 => json!({ "depth": 1 }),
                1 => json!({ "fields": requested(random, model) }),
                _ => json!({}),
            };
            let (status, answer) = world.ask(model, with("read", order), options).await;
            check(is_allowed, status.as_u16(), &answer, &node, || {
                let data = answer["data"]["data"].as_array().unwrap();
                compare_keys(&rows, data, &format!("{model} {filter} {:?}", wish.paths()));
                compare_included(world, sight, &answer);
                let is_seen = sight.field(model, name) || name == key_name(model);
                if is_seen && !is_relation(model, name) {
                    compare_order(&rows, data, name, kind);
                }
            });
        }
    }
}

fn requested(random: &mut Random, model: &str) -> Vec<String> {
    let mut paths = Vec::new();
    for _ in 0..=random.below(3) {
        let mut path = Vec::new();
        let mut at = model;
        while random.chance(50) {
            let (name, target) = *random.pick(relations(at));
            path.push(name);
            at = target;
        }
        path.push(random.pick(fields(at)).0);
        paths.push(path.join("__"));
    }
    paths
}
