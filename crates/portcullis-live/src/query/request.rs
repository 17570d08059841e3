//! The query of a request: an operation, its filters, order and data.

use serde_json::{Map, Value as Json};

use super::caps;
use super::node::{Budget, Node, pairs};
use super::options::{Options, texts};
use crate::error::LiveError;
use crate::sql::Function;

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Operation {
    Read,
    Get,
    First,
    Last,
    Exists,
    /// The function's name as it was asked for, and the field.
    Aggregate(Function, String),
    Aggregates(Vec<(String, Function, String)>),
    Create(Map<String, Json>),
    BulkCreate(Vec<Map<String, Json>>),
    Update(Map<String, Json>),
    Delete,
    UpdateInstance(Map<String, Json>),
    DeleteInstance,
    GetOrCreate(Map<String, Json>, Map<String, Json>),
    UpdateOrCreate(Map<String, Json>, Map<String, Json>),
}

/// Words that are looked for.
#[derive(Clone, Debug)]
pub(crate) struct Search {
    pub(crate) words: Vec<String>,
    pub(crate) fields: Option<Vec<String>>,
}

/// A request to the AST view.
#[derive(Clone, Debug)]
pub(crate) struct Query {
    pub(crate) operation: Operation,
    /// Each of them is a filter of its own.
    pub(crate) filters: Vec<Node>,
    pub(crate) excludes: Vec<Node>,
    pub(crate) search: Option<Search>,
    pub(crate) order: Vec<String>,
    pub(crate) options: Options,
    /// Whether a filter was sent at all.
    pub(crate) has_filter: bool,
}

impl Query {
    /// Reads a body; nothing at all reads everything.
    ///
    /// # Errors
    /// 400 for wrong shapes and unknown operations, and for more than the caps allow.
    pub(crate) fn read(body: Option<&Json>) -> Result<Self, LiveError> {
        let empty = Map::new();
        let body = object(body, "The body", &empty)?;
        let ast = object(body.get("ast"), "ast", &empty)?;
        let query = match ast.get("query") {
            Some(Json::Null) => return Err(LiveError::invalid("query is an object.")),
            other => object(other, "query", &empty)?,
        };
        for name in ["selectRelated", "prefetchRelated"] {
            if query.contains_key(name) {
                return Err(LiveError::Invalid(format!(
                    "{name} is not supported. Queries are automatically optimized based on the requested fields."
                )));
            }
        }
        let mut budget = Budget::default();
        let filter = query.get("filter");
        let has_filter = match filter {
            None | Some(Json::Null) => false,
            Some(Json::Object(map)) => !map.is_empty(),
            Some(_) => true,
        };
        let filters = match Node::read(filter.unwrap_or(&Json::Null), &mut budget, 0)? {
            Node::And(nodes) if is_and(filter) => nodes,
            node => vec![node],
        };
        Ok(Self {
            operation: operation(query, &mut budget)?,
            filters,
            excludes: excludes(query.get("exclude"), &mut budget)?,
            search: search(query.get("search"))?,
            order: texts(query.get("orderBy"), "orderBy")?,
            options: Options::read(ast.get("serializerOptions"))?,
            has_filter,
        })
    }
}

fn is_and(filter: Option<&Json>) -> bool {
    filter.is_some_and(|filter| filter["type"] == "and")
}

/// What is excluded: the child of an exclude node, or the node itself.
fn excludes(json: Option<&Json>, budget: &mut Budget) -> Result<Vec<Node>, LiveError> {
    let Some(json) = json.filter(|json| !json.is_null()) else {
        return Ok(Vec::new());
    };
    let child = json.get("child").filter(|child| !child.is_null());
    let node = match (child, json.get("type").and_then(Json::as_str)) {
        (Some(child), _) => Node::read(child, budget, 0)?,
        (None, Some("exclude")) => match Node::read(json, budget, 0)? {
            Node::Not(node) => *node,
            node => node,
        },
        (None, _) => Node::read(json, budget, 0)?,
    };
    Ok(match node {
        Node::Everything => Vec::new(),
        // Nothing said, nothing left out.
        Node::And(nodes) if nodes.is_empty() => Vec::new(),
        Node::And(nodes) if is_and(child) => nodes,
        node => vec![node],
    })
}

fn search(json: Option<&Json>) -> Result<Option<Search>, LiveError> {
    let map = match json {
        None | Some(Json::Null) => return Ok(None),
        Some(Json::Object(map)) => map,
        Some(_) => return Err(LiveError::invalid("search is an object.")),
    };
    let query = match map.get("searchQuery") {
        None | Some(Json::Null) => return Ok(None),
        Some(Json::String(query)) => query,
        Some(_) => return Err(LiveError::invalid("searchQuery is a text.")),
    };
    if query.contains('\0') {
        return Err(LiveError::invalid("Null characters are not allowed."));
    }
    let words: Vec<String> = query.split_whitespace().map(str::to_owned).collect();
    if words.len() > caps::WORDS {
        return Err(LiveError::Invalid(format!(
            "A search may have {} words.",
            caps::WORDS
        )));
    }
    let fields = match map.get("searchFields") {
        None | Some(Json::Null) => None,
        some => Some(texts(some, "searchFields")?),
    };
    Ok(Some(Search { words, fields }))
}

fn operation(query: &Map<String, Json>, budget: &mut Budget) -> Result<Operation, LiveError> {
    let kind = match query.get("type") {
        None | Some(Json::Null) => "read",
        Some(Json::String(kind)) => kind,
        Some(_) => return Err(LiveError::invalid("The query's type is a text.")),
    };
    let data = || data(query, "data");
    Ok(match kind {
        "read" | "" => Operation::Read,
        "get" => Operation::Get,
        "first" => Operation::First,
        "last" => Operation::Last,
        "exists" => Operation::Exists,
        "count" | "sum" | "avg" | "min" | "max" => {
            let field = match query.get("field") {
                Some(Json::String(field)) if !field.is_empty() => field.clone(),
                _ => {
                    return Err(LiveError::invalid(
                        "Field must be provided for aggregate operations.",
                    ));
                }
            };
            Operation::Aggregate(function(kind)?, field)
        }
        "aggregate" => Operation::Aggregates(aggregates(query.get("aggregates"))?),
        "create" => Operation::Create(data()?),
        "bulk_create" => Operation::BulkCreate(rows(query.get("data"))?),
        "update" => Operation::Update(data()?),
        "delete" => Operation::Delete,
        "update_instance" => Operation::UpdateInstance(data()?),
        "delete_instance" => Operation::DeleteInstance,
        "get_or_create" | "update_or_create" => {
            let lookup = self::data(query, "lookup")?;
            let defaults = self::data(query, "defaults")?;
            // Counted as conditions.
            pairs(&lookup, budget)?;
            match kind {
                "get_or_create" => Operation::GetOrCreate(lookup, defaults),
                _ => Operation::UpdateOrCreate(lookup, defaults),
            }
        }
        other => {
            let other: String = other.chars().take(50).collect();
            return Err(LiveError::Invalid(format!("Unknown operation: {other}")));
        }
    })
}

fn function(name: &str) -> Result<Function, LiveError> {
    Function::of(name).ok_or_else(|| {
        let name: String = name.chars().take(50).collect();
        LiveError::Invalid(format!("Unknown aggregate function: {name}"))
    })
}

fn aggregates(json: Option<&Json>) -> Result<Vec<(String, Function, String)>, LiveError> {
    let empty = Map::new();
    let map = object(json, "aggregates", &empty)?;
    map.iter()
        .map(|(name, field)| match field.as_str() {
            Some(field) => Ok((name.clone(), function(name)?, field.to_owned())),
            None => Err(LiveError::invalid("An aggregate names a field.")),
        })
        .collect()
}

fn data(query: &Map<String, Json>, name: &str) -> Result<Map<String, Json>, LiveError> {
    match query.get(name) {
        None | Some(Json::Null) => Ok(Map::new()),
        Some(Json::Object(map)) => Ok(map.clone()),
        Some(_) => Err(LiveError::Invalid(format!("{name} is an object."))),
    }
}

fn rows(json: Option<&Json>) -> Result<Vec<Map<String, Json>>, LiveError> {
    let wrong = || LiveError::invalid("data is a list of objects.");
    let items = match json {
        None | Some(Json::Null) => return Ok(Vec::new()),
        Some(Json::Array(items)) => items,
        Some(_) => return Err(wrong()),
    };
    if items.len() > caps::BULK {
        return Err(LiveError::Invalid(format!(
            "{} rows may be created at once.",
            caps::BULK
        )));
    }
    items
        .iter()
        .map(|item| item.as_object().cloned().ok_or_else(wrong))
        .collect()
}

fn object<'a>(
    json: Option<&'a Json>,
    name: &str,
    empty: &'a Map<String, Json>,
) -> Result<&'a Map<String, Json>, LiveError> {
    match json {
        None | Some(Json::Null) => Ok(empty),
        Some(Json::Object(map)) => Ok(map),
        Some(_) => Err(LiveError::Invalid(format!("{name} is an object."))),
    }
}
