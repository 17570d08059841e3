//! Which rows fulfil a random query, and how many times each stands in the answer.

use serde_json::Value as Json;

use crate::random::{is_many, target};
use crate::reference::{Seen, Sight};
use crate::wish::Wish;

impl Wish {
    /// How many times a row stands in an answer: once for each choice of related rows that fulfils it.
    pub(crate) fn times(&self, sight: &Sight, seen: &Seen<'_>) -> usize {
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
    pub(crate) fn holds_alone(&self, sight: &Sight, seen: &Seen<'_>) -> bool {
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
