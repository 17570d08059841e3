//! Filters as a tree.

use serde_json::{Map, Value as Json};

use super::caps;
use crate::error::LiveError;

/// What rows must fulfil.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Node {
    Everything,
    Condition(String, Json),
    And(Vec<Node>),
    Or(Vec<Node>),
    Not(Box<Node>),
}

/// Counts what is read, so that the sum of it is capped.
#[derive(Debug, Default)]
pub(crate) struct Budget {
    conditions: usize,
}

impl Node {
    /// Reads one node.
    ///
    /// # Errors
    /// 400 for unknown types, wrong shapes, and too much of it.
    pub(crate) fn read(json: &Json, budget: &mut Budget, depth: usize) -> Result<Self, LiveError> {
        if depth > caps::DEPTH {
            return Err(LiveError::Invalid(format!(
                "Filters may be nested {} levels deep.",
                caps::DEPTH
            )));
        }
        let map = match json {
            Json::Null => return Ok(Self::Everything),
            Json::Object(map) => map,
            _ => return Err(LiveError::invalid("A filter node is an object.")),
        };
        match map.get("type") {
            // Without a type it is a filter, and checked as one.
            None | Some(Json::Null) => conditions(map, budget),
            Some(Json::String(kind)) => match kind.as_str() {
                "" | "filter" => conditions(map, budget),
                "exclude" => match map.get("child").filter(|child| is_something(child)) {
                    Some(child) => Ok(Self::read(child, budget, depth + 1)?.negated()),
                    None => Ok(conditions(map, budget)?.negated()),
                },
                "and" => Ok(Self::And(children(map, budget, depth)?)),
                "or" => {
                    let children = children(map, budget, depth)?;
                    Ok(match children.is_empty() {
                        true => Self::Everything,
                        false => Self::Or(children),
                    })
                }
                // Searches are told beside the filter.
                "search" => Ok(Self::Everything),
                other => {
                    let other: String = other.chars().take(50).collect();
                    Err(LiveError::Invalid(format!(
                        "Unsupported AST node type: {other}"
                    )))
                }
            },
            Some(_) => Err(LiveError::invalid("A node's type is a text.")),
        }
    }

    fn negated(self) -> Self {
        match self {
            // Nothing said, nothing left out.
            Self::Everything => Self::Everything,
            Self::And(nodes) if nodes.is_empty() => Self::Everything,
            node => Self::Not(Box::new(node)),
        }
    }

    /// Calls `with` for each path.
    pub(crate) fn paths<'a>(&'a self, with: &mut dyn FnMut(&'a str)) {
        match self {
            Self::Everything => {}
            Self::Condition(path, _) => with(path),
            Self::And(nodes) | Self::Or(nodes) => nodes.iter().for_each(|node| node.paths(with)),
            Self::Not(node) => node.paths(with),
        }
    }
}

fn is_something(json: &Json) -> bool {
    match json {
        Json::Null => false,
        Json::Object(map) => !map.is_empty(),
        _ => true,
    }
}

fn children(
    map: &Map<String, Json>,
    budget: &mut Budget,
    depth: usize,
) -> Result<Vec<Node>, LiveError> {
    match map.get("children") {
        None | Some(Json::Null) => Ok(Vec::new()),
        Some(Json::Array(nodes)) => nodes
            .iter()
            .map(|node| Node::read(node, budget, depth + 1))
            .collect(),
        Some(_) => Err(LiveError::invalid("The children of a node are a list.")),
    }
}

/// `conditions`, and one of the entries of `Q`.
fn conditions(map: &Map<String, Json>, budget: &mut Budget) -> Result<Node, LiveError> {
    let mut all = match map.get("conditions") {
        None | Some(Json::Null) => Vec::new(),
        Some(Json::Object(conditions)) => pairs(conditions, budget)?,
        Some(_) => return Err(LiveError::invalid("Conditions are an object.")),
    };
    match map.get("Q") {
        None | Some(Json::Null) => {}
        Some(Json::Array(entries)) => {
            let entries: Result<Vec<Node>, LiveError> = entries
                .iter()
                .map(|entry| match entry {
                    Json::Object(conditions) => Ok(Node::And(pairs(conditions, budget)?)),
                    _ => Err(LiveError::invalid("The entries of Q are objects.")),
                })
                .collect();
            let entries = entries?;
            if !entries.is_empty() {
                all.push(Node::Or(entries));
            }
        }
        Some(_) => return Err(LiveError::invalid("Q is a list.")),
    }
    Ok(match all.len() {
        0 => Node::Everything,
        1 => all.remove(0),
        _ => Node::And(all),
    })
}

/// Conditions that all must be fulfilled.
pub(crate) fn pairs(
    conditions: &Map<String, Json>,
    budget: &mut Budget,
) -> Result<Vec<Node>, LiveError> {
    budget.conditions += conditions.len();
    if budget.conditions > caps::CONDITIONS {
        return Err(LiveError::Invalid(format!(
            "A query may have {} conditions.",
            caps::CONDITIONS
        )));
    }
    conditions
        .iter()
        .map(|(path, value)| {
            if path.split("__").count() > caps::PATH_PARTS {
                return Err(LiveError::invalid("A path of a condition is too long."));
            }
            Ok(Node::Condition(path.clone(), value.clone()))
        })
        .collect()
}
