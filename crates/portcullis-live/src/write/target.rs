//! The rows that a write is about, locked; and whether they may be written.

use std::collections::HashSet;

use portcullis_sql::{Dialect, LimitedTransaction};
use serde_json::Value as Json;

use super::bulk;
use crate::error::LiveError;
use crate::job::Job;
use crate::model::Record;
use crate::permission::Actions;
use crate::query::{Query, caps};
use crate::read::{Columns, key_text, select, where_keys};
use crate::sql::quoted;

/// The rows of a query, each once, in its order, with all of their fields.
///
/// # Errors
/// 400 when there are more than may be written at once.
pub(super) async fn rows(
    job: &Job<'_>,
    query: &Query,
    transaction: &mut LimitedTransaction,
) -> Result<Vec<Record>, LiveError> {
    let mut compiler = job.compile(job.statement(), query)?;
    compiler.order_as_declared(false);
    compiler.order_by_key(false);
    let columns = Columns::all(job.model);
    // One row may stand there several times.
    let mut sql = select(&mut compiler, &columns, 20 * caps::BULK, 0);
    if transaction.dialect() == Dialect::Postgres {
        sql.push_str(" FOR UPDATE OF t0");
    }
    let found = transaction.rows(&sql, compiler.statement.values()).await?;
    let mut once = HashSet::new();
    let records: Vec<Record> = found
        .iter()
        .map(|row| columns.record(row))
        .filter(|record| once.insert(key_text(record.get(job.model.pk().name()))))
        .collect();
    match records.len() > caps::BULK {
        true => Err(LiveError::Invalid(format!(
            "At most {} rows can be written at once.",
            caps::BULK
        ))),
        false => Ok(records),
    }
}

/// The one row of a query.
///
/// # Errors
/// 404 for none, 400 for several.
pub(super) async fn row(
    job: &Job<'_>,
    query: &Query,
    transaction: &mut LimitedTransaction,
) -> Result<Record, LiveError> {
    let mut records = rows(job, query, transaction).await?;
    let class = &job.model.class_name;
    match (records.pop(), records.len()) {
        (Some(record), 0) => Ok(record),
        (None, _) => Err(LiveError::NotFound(format!(
            "{class} matching query does not exist."
        ))),
        (Some(_), others) => Err(LiveError::Several(format!(
            "get() returned more than one {class} -- it returned {}!",
            others + 1
        ))),
    }
}

/// The keys of rows.
pub(super) fn keys(job: &Job<'_>, records: &[Record]) -> Vec<Json> {
    let key = job.model.pk().name();
    records
        .iter()
        .map(|record| record.get(key).clone())
        .collect()
}

/// Asks the permissions of one row, or those of many.
pub(super) async fn allowed(
    job: &Job<'_>,
    records: &[Record],
    action: Actions,
    transaction: &mut LimitedTransaction,
) -> Result<(), LiveError> {
    match records {
        [] => Ok(()),
        [record] => object_allowed(job, record, action),
        records => bulk::allowed(job, records, action, transaction).await,
    }
}

/// Asks the permissions of one row.
pub(super) fn object_allowed(
    job: &Job<'_>,
    record: &Record,
    action: Actions,
) -> Result<(), LiveError> {
    match job.rights.allows_object(job.model, record, action) {
        true => Ok(()),
        false => Err(LiveError::denied(format!(
            "Object-level permission denied: Missing {} on {} instance.",
            action.word(),
            job.model.class_name
        ))),
    }
}

/// Whether all rows that were written can be seen by whoever wrote them.
///
/// # Errors
/// 403; the transaction is to be dropped.
pub(super) async fn still_visible(
    job: &Job<'_>,
    keys: &[Json],
    transaction: &mut LimitedTransaction,
) -> Result<(), LiveError> {
    let mut statement = job.statement();
    let condition = where_keys(job, &mut statement, job.model, keys);
    let sql = format!(
        "SELECT COUNT(*) FROM {} t0{condition}",
        quoted(&job.model.table)
    );
    let rows = transaction.rows(&sql, statement.values()).await?;
    let counted = rows.first().map(|row| row.cells()).unwrap_or_default();
    let wanted = i64::try_from(keys.len()).unwrap_or(i64::MAX);
    match counted {
        [portcullis_sql::Cell::Integer(count)] if *count == wanted => Ok(()),
        _ => Err(LiveError::denied(format!(
            "The {} would not be within your rights.",
            job.model.class_name
        ))),
    }
}

/// The rows with these keys, in this order, with the columns of an answer.
pub(super) async fn reload(
    job: &Job<'_>,
    columns: &Columns<'_>,
    keys: &[Json],
    transaction: &mut LimitedTransaction,
) -> Result<Vec<Record>, LiveError> {
    let mut statement = job.statement();
    let condition = where_keys(job, &mut statement, job.model, keys);
    let list = columns.sql(statement.dialect, "t0");
    let sql = format!(
        "SELECT {list} FROM {} t0{condition}",
        quoted(&job.model.table)
    );
    let rows = transaction.rows(&sql, statement.values()).await?;
    let name = job.model.pk().name();
    let mut found: std::collections::HashMap<String, Record> = rows
        .iter()
        .map(|row| columns.record(row))
        .map(|record| (key_text(record.get(name)), record))
        .collect();
    Ok(keys
        .iter()
        .filter_map(|key| found.remove(&key_text(key)))
        .collect())
}
