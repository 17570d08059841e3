//! Random permissions and random queries: answers are those of the slow reference, which knows what is visible.

use std::collections::HashMap;

use portcullis_live::{Names, Rule};
use serde_json::{Map, Value as Json, json};

use crate::random::{FIELDS, Random, fields, relations, rule, value};
use crate::reference::{Seen, Sight, key_name};
use crate::world::{Grant, World};

/// A condition of a query, and a tree of them.
enum Wish {
    Test(Vec<String>, &'static str, Json),
    All(Vec<Wish>),
    Any(Vec<Wish>),
    Not(Box<Wish>),
}

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

/// 403 for what may not be asked, and otherwise what `compare` says.
fn check(is_allowed: bool, status: u16, answer: &Json, node: &Json, compare: impl FnOnce()) {
    match is_allowed {
        true => {
            assert_eq!(status, 200, "{node} {answer}");
            compare();
        }
        false => assert_eq!(status, 403, "{node} {answer}"),
    }
}

fn is_relation(model: &str, name: &str) -> bool {
    relations(model)
        .iter()
        .any(|(relation, _)| *relation == name)
}

fn compare_keys(rows: &[(Seen<'_>, usize)], data: &[Json], what: &str) {
    let mut expected: Vec<String> = rows
        .iter()
        .flat_map(|(seen, times)| std::iter::repeat_n(seen.key().to_string(), *times))
        .collect();
    let mut found: Vec<String> = data.iter().map(ToString::to_string).collect();
    expected.sort();
    found.sort();
    assert_eq!(found, expected, "{what}");
}

/// Every object that came along can be seen, and so can each of its fields and keys.
fn compare_included(world: &World, sight: &Sight, answer: &Json) {
    for (model, objects) in answer["data"]["included"].as_object().unwrap() {
        let model = FIELDS
            .iter()
            .map(|(name, _)| *name)
            .find(|name| name == model)
            .unwrap();
        let all = world.rows.all(model);
        for object in objects.as_object().unwrap().values() {
            let key = &object[key_name(model)];
            assert!(sight.row(model, key), "{model} {key} came along");
            let seen = all.iter().find(|seen| seen.key() == key).unwrap();
            for (name, shown) in object.as_object().unwrap() {
                if name == "repr" || name == key_name(model) {
                    continue;
                }
                assert!(sight.field(model, name), "{model} {name} is shown");
                if is_relation(model, name) {
                    compare_relation(sight, seen, name, shown);
                } else if let Some(own) = seen.row.own.get(name) {
                    assert_eq!(own, shown, "{model} {name}");
                }
            }
        }
    }
}

fn compare_relation(sight: &Sight, seen: &Seen<'_>, name: &str, shown: &Json) {
    let visible: Vec<Json> = sight
        .at(seen, name)
        .iter()
        .map(|o| o.key().clone())
        .collect();
    match shown {
        Json::Array(keys) => {
            let mut keys: Vec<String> = keys.iter().map(ToString::to_string).collect();
            let mut expected: Vec<String> = visible.iter().map(ToString::to_string).collect();
            keys.sort();
            expected.sort();
            assert_eq!(keys, expected, "{} {name}", seen.model);
        }
        one => assert_eq!(one, visible.first().unwrap_or(&Json::Null), "{name}"),
    }
}

fn compare_order(rows: &[(Seen<'_>, usize)], data: &[Json], name: &str, kind: &str) {
    let own = |key: &Json| {
        let row = rows.iter().find(|(seen, _)| seen.key() == key);
        sortable(kind, &row.unwrap().0.row.own[name])
    };
    // Where NULLs stand is the engine's.
    let values: Vec<String> = data.iter().filter_map(own).collect();
    assert!(values.is_sorted(), "{name}: {values:?}");
}

/// A text that sorts as the value does; none for NULL.
fn sortable(kind: &str, value: &Json) -> Option<String> {
    match value {
        Json::Null => None,
        Json::Bool(truth) => Some(u8::from(*truth).to_string()),
        Json::Number(number) => Some(format!("{:05}", number.as_i64().unwrap() + 1000)),
        Json::String(text) if kind == "time" => Some(text.replace('Z', "")),
        other => other.as_str().map(str::to_owned),
    }
}

fn extreme(
    sight: &Sight,
    rows: &[(Seen<'_>, usize)],
    name: &str,
    kind: &str,
    is_least: bool,
) -> Json {
    let values = rows.iter().filter_map(|(seen, _)| {
        let value = match is_relation(seen.model, name) {
            true => sight
                .at(seen, name)
                .first()
                .map(|other| other.key().clone())?,
            false => seen.row.own[name].clone(),
        };
        Some((sortable(kind, &value)?, value))
    });
    let found = match is_least {
        true => values.min_by(|left, right| left.0.cmp(&right.0)),
        false => values.max_by(|left, right| left.0.cmp(&right.0)),
    };
    found.map(|(_, value)| value).unwrap_or_default()
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

fn wish(random: &mut Random, model: &str, depth: usize) -> Wish {
    match random.below(if depth == 0 { 4 } else { 7 }) {
        4 => Wish::All(vec![
            wish(random, model, depth - 1),
            wish(random, model, depth - 1),
        ]),
        5 => Wish::Any(vec![
            wish(random, model, depth - 1),
            wish(random, model, depth - 1),
        ]),
        6 => Wish::Not(Box::new(wish(random, model, depth - 1))),
        _ => {
            let mut path = Vec::new();
            let mut at = model;
            while path.len() < 2 && random.chance(40) {
                let (name, target) = *random.pick(relations(at));
                path.push(name.to_owned());
                at = target;
            }
            let own: Vec<_> = fields(at)
                .iter()
                .filter(|(name, _)| !is_relation(at, name))
                .collect();
            let (name, kind) = **random.pick(&own);
            path.push(name.to_owned());
            let is_ordered = matches!(kind, "key" | "int" | "day" | "time");
            match (random.below(5), is_ordered) {
                (0, _) => Wish::Test(path, "isnull", json!(random.chance(50))),
                (1, _) => {
                    let values = vec![value(random, kind), value(random, kind)];
                    Wish::Test(path, "in", Json::Array(values))
                }
                (2, true) => Wish::Test(path, "gt", value(random, kind)),
                (3, true) => Wish::Test(path, "lte", value(random, kind)),
                _ => Wish::Test(path, "exact", value(random, kind)),
            }
        }
    }
}

impl Wish {
    fn node(&self) -> Json {
        match self {
            Self::Test(path, lookup, value) => {
                let mut conditions = Map::new();
                conditions.insert(format!("{}__{lookup}", path.join("__")), value.clone());
                json!({ "type": "filter", "conditions": conditions })
            }
            // A filter of its own for each child would mean something else at the top.
            Self::All(children) => json!({
                "type": "or",
                "children": [{ "type": "and", "children": nodes(children) }],
            }),
            Self::Any(children) => json!({ "type": "or", "children": nodes(children) }),
            Self::Not(child) => json!({ "type": "exclude", "child": child.node() }),
        }
    }

    fn paths(&self) -> Vec<String> {
        match self {
            Self::Test(path, ..) => vec![path.join("__")],
            Self::All(children) | Self::Any(children) => {
                children.iter().flat_map(Self::paths).collect()
            }
            Self::Not(child) => child.paths(),
        }
    }

    fn is_allowed(&self, sight: &Sight, model: &'static str) -> bool {
        match self {
            Self::Test(path, ..) => {
                let (last, steps) = path.split_last().unwrap();
                let mut at = model;
                for step in steps {
                    if !sight.field(at, step) {
                        return false;
                    }
                    at = target(at, step);
                }
                last == key_name(at) || sight.field(at, last)
            }
            Self::All(children) | Self::Any(children) => {
                children.iter().all(|child| child.is_allowed(sight, model))
            }
            Self::Not(child) => child.is_allowed(sight, model),
        }
    }

    /// How many times a row stands in an answer: once for each choice of related rows that fulfils it.
    fn times(&self, sight: &Sight, seen: &Seen<'_>) -> usize {
        let mut ways: Vec<Vec<String>> = Vec::new();
        self.joined(seen.model, &mut ways);
        count(self, sight, seen, &ways, &mut Vec::new())
    }

    /// The relations to many that are not below a negation, with the way to them.
    fn joined(&self, model: &'static str, ways: &mut Vec<Vec<String>>) {
        match self {
            Self::Test(path, ..) => {
                let mut at = model;
                for (index, step) in path.iter().enumerate().take(path.len() - 1) {
                    let way = path[..=index].to_vec();
                    if is_many(at, step) && !ways.contains(&way) {
                        ways.push(way);
                    }
                    at = target(at, step);
                }
            }
            Self::All(children) | Self::Any(children) => {
                children.iter().for_each(|child| child.joined(model, ways));
            }
            Self::Not(_) => {}
        }
    }

    fn holds<'a>(
        &self,
        sight: &Sight,
        seen: &Seen<'a>,
        chosen: &[(Vec<String>, Option<Seen<'a>>)],
    ) -> bool {
        match self {
            Self::Test(path, lookup, value) => {
                let (last, steps) = path.split_last().unwrap();
                let mut at = Some(seen.clone());
                for (index, step) in steps.iter().enumerate() {
                    let Some(here) = at else { break };
                    let picked = chosen.iter().find(|(way, _)| way[..] == path[..=index]);
                    at = match picked {
                        Some((_, other)) => other.clone(),
                        None => sight.at(&here, step).into_iter().next(),
                    };
                }
                let own = at.map(|at| at.row.own[last].clone()).unwrap_or_default();
                fulfils(&own, lookup, value)
            }
            Self::All(children) => children.iter().all(|c| c.holds(sight, seen, chosen)),
            Self::Any(children) => children.iter().any(|c| c.holds(sight, seen, chosen)),
            Self::Not(child) => !child.holds_alone(sight, seen),
        }
    }

    /// Below a negation: each condition may mean another related row.
    fn holds_alone(&self, sight: &Sight, seen: &Seen<'_>) -> bool {
        match self {
            Self::Test(path, lookup, value) => {
                let (last, steps) = path.split_last().unwrap();
                let mut model = seen.model;
                let mut has_many = false;
                let mut at: Vec<Option<Seen<'_>>> = vec![Some(seen.clone())];
                for step in steps {
                    let is_first = !has_many && is_many(model, step);
                    has_many |= is_first;
                    at = at
                        .into_iter()
                        .flat_map(|here| {
                            let others = here.map(|here| sight.at(&here, step)).unwrap_or_default();
                            match others.is_empty() && !is_first {
                                true => vec![None],
                                false => others.into_iter().map(Some).collect(),
                            }
                        })
                        .collect();
                    model = target(model, step);
                }
                at.into_iter().any(|here| {
                    let own = here
                        .map(|here| here.row.own[last].clone())
                        .unwrap_or_default();
                    fulfils(&own, lookup, value)
                })
            }
            Self::All(children) => children.iter().all(|c| c.holds_alone(sight, seen)),
            Self::Any(children) => children.iter().any(|c| c.holds_alone(sight, seen)),
            Self::Not(child) => !child.holds_alone(sight, seen),
        }
    }
}

fn nodes(children: &[Wish]) -> Vec<Json> {
    children.iter().map(Wish::node).collect()
}

fn target(model: &str, relation: &str) -> &'static str {
    relations(model)
        .iter()
        .find(|(name, _)| *name == relation)
        .unwrap()
        .1
}

fn is_many(model: &str, relation: &str) -> bool {
    !matches!(
        (model, relation),
        ("shop.item", "team" | "parent") | ("shop.note", "item")
    )
}

/// Chooses a related row for each way, or none where there is none, and counts the choices that fulfil it.
fn count<'a>(
    wish: &Wish,
    sight: &Sight,
    seen: &Seen<'a>,
    ways: &[Vec<String>],
    chosen: &mut Vec<(Vec<String>, Option<Seen<'a>>)>,
) -> usize {
    let Some(way) = ways.get(chosen.len()) else {
        return usize::from(wish.holds(sight, seen, chosen));
    };
    let (last, steps) = way.split_last().unwrap();
    let mut at = Some(seen.clone());
    for (index, step) in steps.iter().enumerate() {
        let Some(here) = at else { break };
        let picked = chosen.iter().find(|(own, _)| own[..] == way[..=index]);
        at = match picked {
            Some((_, other)) => other.clone(),
            None => sight.at(&here, step).into_iter().next(),
        };
    }
    let others = at.map(|at| sight.at(&at, last)).unwrap_or_default();
    let choices: Vec<Option<Seen<'a>>> = match others.is_empty() {
        true => vec![None],
        false => others.into_iter().map(Some).collect(),
    };
    let mut times = 0;
    for choice in choices {
        chosen.push((way.clone(), choice));
        times += count(wish, sight, seen, ways, chosen);
        chosen.pop();
    }
    times
}

fn fulfils(own: &Json, lookup: &str, value: &Json) -> bool {
    let compared = |other: &Json| match (own, other) {
        (Json::Null, _) => None,
        (Json::Number(left), Json::Number(right)) => left.as_i64().partial_cmp(&right.as_i64()),
        // The half second comes after the whole, and `Z` would come before it.
        (Json::String(left), Json::String(right)) => {
            Some(left.trim_end_matches('Z').cmp(right.trim_end_matches('Z')))
        }
        (Json::Bool(left), Json::Bool(right)) => left.partial_cmp(right),
        _ => None,
    };
    match lookup {
        "isnull" => own.is_null() == value.as_bool().unwrap(),
        "in" => value
            .as_array()
            .unwrap()
            .iter()
            .any(|v| compared(v).is_some_and(|o| o.is_eq())),
        "gt" => compared(value).is_some_and(|order| order.is_gt()),
        "lte" => compared(value).is_some_and(|order| order.is_le()),
        _ => compared(value).is_some_and(|order| order.is_eq()),
    }
}
