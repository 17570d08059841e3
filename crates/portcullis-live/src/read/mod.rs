//! Answering reads: which fields of which models, the rows, and the rows that come along.

mod aggregates;
mod collect;
mod keys;
mod rows;
mod selection;

pub(crate) use collect::{Collector, portrait};
pub(crate) use keys::where_keys;
pub(crate) use rows::{Columns, key_text, select};
pub(crate) use selection::Selection;

use serde_json::{Map, Value as Json, json};

use crate::error::LiveError;
use crate::job::Job;
use crate::model::Record;
use crate::query::{Operation, Query};
use crate::session::Session;

/// The answer to an operation that changes nothing.
pub(crate) async fn answer(job: &Job<'_>, query: &Query) -> Result<Json, LiveError> {
    let mut session = Session::Pool(&job.live.database);
    match &query.operation {
        Operation::Aggregate(function, field) => {
            aggregates::one(job, query, *function, field, &mut session).await
        }
        Operation::Aggregates(list) => aggregates::many(job, query, list, &mut session).await,
        Operation::Exists => aggregates::exists(job, query, &mut session).await,
        _ => rows(job, query, &mut session).await,
    }
}

async fn rows(job: &Job<'_>, query: &Query, session: &mut Session<'_>) -> Result<Json, LiveError> {
    let selection = Selection::new(job, query)?;
    let columns = Columns::of(job.model, selection.of(job.model));
    let (limit, offset) = match query.operation {
        Operation::Get => (2, 0),
        Operation::First | Operation::Last => (1, 0),
        _ => job.page(query)?,
    };
    let statement = job.statement();
    let mut compiler = job.compile(statement, query)?;
    let reversed = query.operation == Operation::Last;
    job.order(&mut compiler, query, reversed)?;
    let sql = select(&mut compiler, &columns, limit, offset);
    let prepared = (sql, compiler.statement.values().to_vec());
    let context = format!("{:?}", query.operation);
    let build = async {
        let rows = session.rows(&prepared.0, &prepared.1).await?;
        let records: Vec<Record> = rows.iter().map(|row| columns.record(row)).collect();
        if query.operation == Operation::Get {
            one_row(job, records.len())?;
        }
        let is_single = matches!(query.operation, Operation::First | Operation::Last);
        if is_single && records.is_empty() {
            let metadata = metadata(&query.operation);
            let data = json!({ "data": [], "included": {}, "model_name": null });
            return Ok(json!({ "data": data, "metadata": metadata }));
        }
        let data = envelope(job, &selection, records, session).await?;
        Ok(json!({ "data": data, "metadata": metadata(&query.operation) }))
    };
    match query.operation {
        Operation::Read => {
            let context = format!("{context} {}", selection.fingerprint(job));
            job.cached(&prepared, &context, build).await
        }
        _ => build.await,
    }
}

fn one_row(job: &Job<'_>, count: usize) -> Result<(), LiveError> {
    let class = &job.model.class_name;
    match count {
        1 => Ok(()),
        0 => Err(LiveError::NotFound(format!(
            "No {class} matches the given query."
        ))),
        _ => Err(LiveError::Several(format!(
            "Multiple {class} instances match the given query."
        ))),
    }
}

fn metadata(operation: &Operation) -> Json {
    match operation {
        Operation::Get => json!({ "get": true, "response_type": "instance" }),
        Operation::First => json!({ "first": true, "response_type": "instance" }),
        Operation::Last => json!({ "last": true, "response_type": "instance" }),
        _ => json!({ "read": true, "response_type": "queryset" }),
    }
}

/// `{"data": [pk…], "included": {…}, "model_name": …}` of rows and what comes along.
pub(crate) async fn envelope(
    job: &Job<'_>,
    selection: &Selection,
    records: Vec<Record>,
    session: &mut Session<'_>,
) -> Result<Json, LiveError> {
    let key = job.model.pk().name();
    let keys: Vec<Json> = records
        .iter()
        .map(|record| record.get(key).clone())
        .collect();
    let included = match records.is_empty() {
        true => Map::new(),
        false => {
            let collector = Collector::new(job, selection);
            collector.collect(records, session).await?
        }
    };
    Ok(json!({ "data": keys, "included": included, "model_name": job.model.name() }))
}
