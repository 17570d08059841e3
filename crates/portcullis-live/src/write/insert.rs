//! New rows, many in one statement.

use portcullis_sql::LimitedTransaction;
use serde_json::Value as Json;

use super::form::Valid;
use super::pairs;
use crate::error::LiveError;
use crate::job::Job;
use crate::model::{Default, Field, Kind};
use crate::sql::{Statement, quoted};
use crate::value::{as_selected, bind, null, render, write_datetime};

/// How many values one statement binds.
const VALUES: usize = 20_000;

/// Inserts rows with their defaults and relations; their keys, in order.
pub(super) async fn rows(
    job: &Job<'_>,
    valid: &[Valid],
    transaction: &mut LimitedTransaction,
) -> Result<Vec<Json>, LiveError> {
    let model = job.model;
    let fields: Vec<&Field> = model
        .fields
        .iter()
        .filter(|field| *field.kind() != Kind::Auto)
        .collect();
    let key = model.pk();
    let mut keys = Vec::with_capacity(valid.len());
    for chunk in valid.chunks((VALUES / fields.len().max(1)).max(1)) {
        let mut statement = job.statement();
        let mut tuples = Vec::with_capacity(chunk.len());
        for valid in chunk {
            let mut places = Vec::with_capacity(fields.len());
            for field in &fields {
                places.push(place(job, &mut statement, field, valid)?);
            }
            tuples.push(format!("({})", places.join(", ")));
        }
        let columns: Vec<String> = fields.iter().map(|field| quoted(&field.column)).collect();
        let values = match columns.is_empty() {
            true => " DEFAULT VALUES".to_owned(),
            false => format!(" ({}) VALUES {}", columns.join(", "), tuples.join(", ")),
        };
        let returned = as_selected(statement.dialect, &quoted(&key.column), key.kind());
        let sql = format!(
            "INSERT INTO {}{values} RETURNING {returned}",
            quoted(&model.table)
        );
        for row in transaction.rows(&sql, statement.values()).await? {
            if let [cell] = row.cells() {
                keys.push(render(key.kind(), cell));
            }
        }
    }
    for many in &model.many_to_many {
        let mut related: Vec<(&Json, &Json)> = Vec::new();
        for (valid, key) in valid.iter().zip(&keys) {
            let others = valid.many.iter().filter(|(name, _)| *name == many.name);
            related.extend(
                others
                    .flat_map(|(_, others)| others)
                    .map(|other| (key, other)),
            );
        }
        pairs::add(job, &many.name, &related, transaction).await?;
    }
    Ok(keys)
}

fn place(
    job: &Job<'_>,
    statement: &mut Statement,
    field: &Field,
    valid: &Valid,
) -> Result<String, LiveError> {
    let value = match (valid.fields.get(field.name()), &field.default) {
        (Some(value), _) => value.clone(),
        (None, Some(Default::Value(value))) => value.clone(),
        (None, Some(Default::Now | Default::NowAlways)) => now(job, field),
        (None, Some(Default::RandomUuid)) => Json::String(crate::value::random_uuid()?),
        (None, None) if field.is_null => Json::Null,
        (None, None) if field.kind().is_text() => Json::String(String::new()),
        (None, None) => Json::Null,
    };
    Ok(match value.is_null() {
        true => null(statement, field.kind()),
        false => bind(statement, field.kind(), &value),
    })
}

/// The moment of the request, in the form of the field.
pub(super) fn now(job: &Job<'_>, field: &Field) -> Json {
    let now = write_datetime(job.live.clock.now());
    Json::String(match field.kind() {
        Kind::Date => now.chars().take(10).collect(),
        Kind::Time => now.chars().skip(11).take(8).collect(),
        _ => now,
    })
}
