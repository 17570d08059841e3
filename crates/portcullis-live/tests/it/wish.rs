//! A random query: its conditions, how it is asked, and whether it may be.

use serde_json::{Map, Value as Json, json};

use crate::random::{Random, fields, is_relation, relations, target, value};
use crate::reference::{Sight, key_name};

/// A condition of a query, and a tree of them.
pub(crate) enum Wish {
    Test(Vec<String>, &'static str, Json),
    All(Vec<Wish>),
    Any(Vec<Wish>),
    Not(Box<Wish>),
}

pub(crate) fn wish(random: &mut Random, model: &str, depth: usize) -> Wish {
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
    pub(crate) fn node(&self) -> Json {
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

    pub(crate) fn paths(&self) -> Vec<String> {
        match self {
            Self::Test(path, ..) => vec![path.join("__")],
            Self::All(children) | Self::Any(children) => {
                children.iter().flat_map(Self::paths).collect()
            }
            Self::Not(child) => child.paths(),
        }
    }

    pub(crate) fn is_allowed(&self, sight: &Sight, model: &'static str) -> bool {
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
}

fn nodes(children: &[Wish]) -> Vec<Json> {
    children.iter().map(Wish::node).collect()
}
