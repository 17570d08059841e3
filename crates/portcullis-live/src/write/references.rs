//! Keys of other rows that a client writes: they must name rows that the client can see.

use std::collections::HashSet;

use serde_json::Value as Json;

use crate::error::LiveError;
use crate::job::Job;
use crate::model::{Kind, Model};
use crate::read::{key_text, where_keys};
use crate::session::Session;
use crate::sql::{Statement, quoted};
use crate::value::{bind, clean, column, render};

/// Keys in a field of a row of a form.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) row: usize,
    pub(crate) field: String,
    pub(crate) model: String,
    pub(crate) keys: Vec<Json>,
    /// Whether the client's rights bind it, or it comes from the application.
    pub(crate) is_bound: bool,
}

/// How many keys one statement asks about.
const CHUNK: usize = 5000;

/// The key in its one form: the key itself, or an object that has it.
pub(crate) fn reference(target: &Model, value: &Json) -> Result<Json, String> {
    let key = target.pk();
    let value = match value {
        Json::Object(map) => map.get(key.name()).unwrap_or(value),
        other => other,
    };
    let wrong = || {
        let kind = python_type(value);
        format!("Incorrect type. Expected pk value, received {kind}.")
    };
    match (key.kind(), value) {
        (_, Json::Bool(_) | Json::Object(_) | Json::Array(_) | Json::Null) => Err(wrong()),
        (Kind::Auto | Kind::Integer, _) => clean(&Kind::Integer, value).map_err(|_| wrong()),
        (Kind::Uuid, _) => clean(&Kind::Uuid, value)
            .map_err(|_| format!("“{}” is not a valid UUID.", short(value))),
        _ => clean(&Kind::LongText, value).map_err(|_| wrong()),
    }
}

/// What Python calls the type of a JSON value.
pub(crate) fn python_type(value: &Json) -> &'static str {
    match value {
        Json::Null => "NoneType",
        Json::Bool(_) => "bool",
        Json::Number(number) if number.is_f64() => "float",
        Json::Number(_) => "int",
        Json::String(_) => "str",
        Json::Array(_) => "list",
        Json::Object(_) => "dict",
    }
}

fn short(key: &Json) -> String {
    key_text(key).chars().take(100).collect()
}

/// The keys that name no row, or one that is hidden: row of the form, field, and what to say. One statement
/// for each model, however many rows.
pub(crate) async fn missing_keys(
    job: &Job<'_>,
    wanted: &[Wanted],
    session: &mut Session<'_>,
) -> Result<Vec<(usize, String, String)>, LiveError> {
    let mut missing = Vec::new();
    let mut asked: Vec<(&str, bool)> = Vec::new();
    for one in wanted {
        let question = (one.model.as_str(), one.is_bound);
        if asked.contains(&question) {
            continue;
        }
        asked.push(question);
        let Some(target) = job.rights.registry.model(&one.model) else {
            continue;
        };
        let same: Vec<&Wanted> = wanted
            .iter()
            .filter(|other| (other.model.as_str(), other.is_bound) == question)
            .collect();
        let mut once = HashSet::new();
        let keys: Vec<Json> = same
            .iter()
            .flat_map(|one| &one.keys)
            .filter(|key| once.insert(key_text(key)))
            .cloned()
            .collect();
        let found = existing(job, target, &keys, one.is_bound, session).await?;
        for one in same {
            for key in one
                .keys
                .iter()
                .filter(|key| !found.contains(&key_text(key)))
            {
                let message = format!("Invalid pk \"{}\" - object does not exist.", short(key));
                missing.push((one.row, one.field.clone(), message));
            }
        }
    }
    Ok(missing)
}

async fn existing(
    job: &Job<'_>,
    target: &Model,
    keys: &[Json],
    is_bound: bool,
    session: &mut Session<'_>,
) -> Result<HashSet<String>, LiveError> {
    let key = target.pk();
    let mut found = HashSet::new();
    for chunk in keys.chunks(CHUNK) {
        let mut statement = job.statement();
        let condition = match is_bound {
            true => where_keys(job, &mut statement, target, chunk),
            false => plain_where(&mut statement, target, chunk),
        };
        let selected = column(statement.dialect, "t0", &key.column, key.kind());
        let sql = format!(
            "SELECT {selected} FROM {} t0{condition}",
            quoted(&target.table)
        );
        for row in session.rows(&sql, statement.values()).await? {
            if let [cell] = row.cells() {
                found.insert(key_text(&render(key.kind(), cell)));
            }
        }
    }
    Ok(found)
}

fn plain_where(statement: &mut Statement, target: &Model, keys: &[Json]) -> String {
    let key = target.pk();
    let places: Vec<String> = keys
        .iter()
        .map(|k| bind(statement, key.kind(), k))
        .collect();
    match places.is_empty() {
        true => " WHERE (1=0)".to_owned(),
        false => format!(
            " WHERE t0.{} IN ({})",
            quoted(&key.column),
            places.join(", ")
        ),
    }
}
