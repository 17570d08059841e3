//! `get_or_create` and `update_or_create`.

use serde_json::{Value as Json, json};

use super::create::create;
use super::form::writable;
use super::{target, update};
use crate::error::LiveError;
use crate::hook::Data;
use crate::job::Job;
use crate::model::Record;
use crate::query::{Node, Query};
use crate::read::{Columns, Selection, envelope};
use crate::session::Session;
use crate::sql::Scope;

/// The row that fits, or a new one.
pub(super) async fn get_or_create(
    job: &Job<'_>,
    query: &Query,
    lookup: &Data,
    defaults: &Data,
) -> Result<Json, LiveError> {
    let query = found_by(job, query, lookup)?;
    let defaults = allowed_defaults(job, defaults)?;
    let mut transaction = job.begin().await?;
    let found = existing(job, &query, &mut transaction).await?;
    let (answer, is_new) = match found {
        Some(record) => {
            // What is not written is looked at all the same.
            update::form(job, defaults.clone(), &mut transaction).await?;
            let selection = Selection::new(job, &query)?;
            let columns = Columns::of(job.model, selection.of(job.model));
            let keys = target::keys(job, &[record]);
            let records = target::reload(job, &columns, &keys, &mut transaction).await?;
            let mut session = Session::Transaction(&mut transaction);
            (
                envelope(job, &selection, records, &mut session).await?,
                false,
            )
        }
        None => {
            let data = new_row(job, lookup, &defaults)?;
            (create(job, &query, data, &mut transaction).await?, true)
        }
    };
    job.commit(transaction).await?;
    Ok(json!({
        "data": answer,
        "metadata": { "created": is_new, "response_type": "instance" },
    }))
}

/// The row that fits, changed, or a new one.
pub(super) async fn update_or_create(
    job: &Job<'_>,
    query: &Query,
    lookup: &Data,
    defaults: &Data,
) -> Result<Json, LiveError> {
    let query = found_by(job, query, lookup)?;
    let defaults = allowed_defaults(job, defaults)?;
    let mut transaction = job.begin().await?;
    let found = existing(job, &query, &mut transaction).await?;
    let (answer, is_new) = match found {
        Some(record) => {
            let selection = Selection::new(job, &query)?;
            // Only what an update may write, although a creation might write more.
            let editable = &job.rights.of(job.model).editable;
            let data = kept(&defaults, |name| editable.contains(name));
            let valid = update::form(job, data, &mut transaction).await?;
            let answer = update::instance(job, &selection, valid, record, &mut transaction).await?;
            (answer, false)
        }
        None => {
            let data = new_row(job, lookup, &defaults)?;
            (create(job, &query, data, &mut transaction).await?, true)
        }
    };
    job.commit(transaction).await?;
    Ok(json!({
        "data": answer,
        "metadata": { "created": is_new, "response_type": "instance" },
    }))
}

/// The query by which the row is found; the lookup's paths are checked as filters are.
fn found_by(job: &Job<'_>, query: &Query, lookup: &Data) -> Result<Query, LiveError> {
    let mut query = query.clone();
    for (path, value) in lookup {
        Scope::filterable(&job.rights, job.model, path)?;
        let value = match value {
            // A relation may be given as an object with its key.
            Json::Object(map) => job
                .model
                .field(path)
                .and_then(|field| job.rights.registry.target(field))
                .and_then(|target| map.get(target.pk().name()))
                .unwrap_or(value),
            value => value,
        };
        query
            .filters
            .push(Node::Condition(path.clone(), value.clone()));
    }
    Ok(query)
}

async fn existing(
    job: &Job<'_>,
    query: &Query,
    transaction: &mut portcullis_sql::LimitedTransaction,
) -> Result<Option<Record>, LiveError> {
    let mut records = target::rows(job, query, transaction).await?;
    match records.len() {
        0 | 1 => Ok(records.pop()),
        _ => Err(LiveError::Several(format!(
            "Multiple {} instances match the given lookup parameters",
            job.model.class_name
        ))),
    }
}

/// Defaults that either way may write.
fn allowed_defaults(job: &Job<'_>, defaults: &Data) -> Result<Data, LiveError> {
    let rights = job.rights.of(job.model);
    let allowed = rights.creatable.union(&rights.editable).cloned().collect();
    writable(job, defaults, &allowed)
}

/// What a new row is made of: what it was looked up by, and defaults.
///
/// # Errors
/// 403 when it was looked up by a field that a creation may not write: it would not be found again.
fn new_row(job: &Job<'_>, lookup: &Data, defaults: &Data) -> Result<Data, LiveError> {
    let creatable = &job.rights.of(job.model).creatable;
    let mut data = Data::new();
    for (path, value) in lookup {
        // Lookups as `a__gte` say nothing about the new row.
        if job.model.member(path).is_none() {
            continue;
        }
        if !creatable.contains(path) {
            return Err(LiveError::denied(format!(
                "The field '{path}' cannot be written by a creation."
            )));
        }
        data.insert(path.clone(), value.clone());
    }
    data.extend(kept(defaults, |name| creatable.contains(name)));
    Ok(data)
}

fn kept(data: &Data, keep: impl Fn(&str) -> bool) -> Data {
    let kept = data.iter().filter(|(name, _)| keep(name));
    kept.map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}
