//! `update` and `update_instance`.

use portcullis_sql::LimitedTransaction;
use serde_json::{Value as Json, json};

use super::arithmetic::Typed;
use super::form::{Mode, Valid, field_value, validate, writable};
use super::{insert, pairs, target, unique};
use crate::error::{FormErrors, LiveError};
use crate::events::{ChangeKind, Seen};
use crate::hook::Data;
use crate::job::Job;
use crate::model::{Default, Record};
use crate::permission::Actions;
use crate::query::Query;
use crate::read::{Columns, Selection, envelope};
use crate::session::Session;
use crate::sql::quoted;
use crate::value::{bind, null};

/// All rows of a query.
pub(super) async fn many(job: &Job<'_>, query: &Query, data: &Data) -> Result<Json, LiveError> {
    let data = writable(job, data, &job.rights.of(job.model).editable)?;
    let mut transaction = job.begin().await?;
    let valid = form(job, data, &mut transaction).await?;
    let selection = Selection::new(job, query)?;
    let records = target::rows(job, query, &mut transaction).await?;
    target::allowed(job, &records, Actions::UPDATE, &mut transaction).await?;
    let keys = target::keys(job, &records);
    let seen = Seen::of(job, job.model, &keys, &mut transaction).await?;
    let written = write(job, valid, &records, &mut transaction).await?;
    // Also where nothing was left to write: whoever saves, tells.
    job.note(ChangeKind::BulkUpdate, job.model, &keys, &seen)?;
    let answer = read_back(job, &selection, &records, &mut transaction).await?;
    job.commit(transaction).await?;
    Ok(json!({
        "data": answer,
        "metadata": { "updated": true, "updated_count": written, "response_type": "queryset" },
    }))
}

/// The one row of a query.
pub(super) async fn one(job: &Job<'_>, query: &Query, data: &Data) -> Result<Json, LiveError> {
    needs_filter(query)?;
    let data = writable(job, data, &job.rights.of(job.model).editable)?;
    let mut transaction = job.begin().await?;
    let valid = form(job, data, &mut transaction).await?;
    let selection = Selection::new(job, query)?;
    let record = target::row(job, query, &mut transaction).await?;
    let answer = instance(job, &selection, valid, record, &mut transaction).await?;
    job.commit(transaction).await?;
    Ok(json!({
        "data": answer,
        "metadata": { "updated": true, "response_type": "instance" },
    }))
}

/// An instance is named.
pub(super) fn needs_filter(query: &Query) -> Result<(), LiveError> {
    match query.has_filter {
        true => Ok(()),
        false => Err(LiveError::invalid(
            "A filter is required for this operation.",
        )),
    }
}

/// Writes into a row after asking its permissions; the envelope.
pub(super) async fn instance(
    job: &Job<'_>,
    selection: &Selection,
    valid: Valid,
    record: Record,
    transaction: &mut LimitedTransaction,
) -> Result<Json, LiveError> {
    target::object_allowed(job, &record, Actions::UPDATE)?;
    let records = [record];
    let keys = target::keys(job, &records);
    let seen = Seen::of(job, job.model, &keys, transaction).await?;
    write(job, valid, &records, transaction).await?;
    job.note(ChangeKind::Update, job.model, &keys, &seen)?;
    read_back(job, selection, &records, transaction).await
}

/// Data of an update that passed [`writable`], validated.
pub(super) async fn form(
    job: &Job<'_>,
    data: Data,
    transaction: &mut LimitedTransaction,
) -> Result<Valid, LiveError> {
    let mut session = Session::Transaction(transaction);
    let mut checked = validate(job, vec![data], Mode::Partial, &mut session).await?;
    Ok(checked.pop().unwrap_or_else(|| Ok(Valid::default()))?)
}

async fn read_back(
    job: &Job<'_>,
    selection: &Selection,
    records: &[Record],
    transaction: &mut LimitedTransaction,
) -> Result<Json, LiveError> {
    let keys = target::keys(job, records);
    let columns = Columns::of(job.model, selection.of(job.model));
    let records = target::reload(job, &columns, &keys, transaction).await?;
    let mut session = Session::Transaction(transaction);
    envelope(job, selection, records, &mut session).await
}

/// Writes into rows, and checks that they are still within the rights; how many were written.
pub(super) async fn write(
    job: &Job<'_>,
    valid: Valid,
    records: &[Record],
    transaction: &mut LimitedTransaction,
) -> Result<usize, LiveError> {
    let is_empty = valid.fields.is_empty() && valid.many.is_empty() && valid.arithmetic.is_empty();
    if records.is_empty() || is_empty {
        return Ok(0);
    }
    let keys = target::keys(job, records);
    let mut checked = [Ok(valid)];
    let mut session = Session::Transaction(transaction);
    unique::check(job, &mut checked, &keys, &mut session).await?;
    let [valid] = checked;
    let valid = valid?;
    set(job, &valid, &keys, transaction).await?;
    for (name, others) in &valid.many {
        pairs::set(job, name, &keys, others, transaction).await?;
    }
    target::still_visible(job, &keys, transaction).await?;
    recheck(job, &valid, &keys, transaction).await?;
    Ok(records.len())
}

/// The `UPDATE` itself.
pub(super) async fn set(
    job: &Job<'_>,
    valid: &Valid,
    keys: &[Json],
    transaction: &mut LimitedTransaction,
) -> Result<(), LiveError> {
    let mut statement = job.statement();
    let mut parts = Vec::new();
    let is_field = |name: &String| job.model.field(name).is_some();
    if let Some((name, _)) = valid.arithmetic.iter().find(|(name, _)| !is_field(name)) {
        return Err(LiveError::Invalid(format!(
            "F expressions cannot be used on the field '{name}'"
        )));
    }
    for field in &job.model.fields {
        let name = field.name();
        let expression = valid.arithmetic.iter().find(|(own, _)| own == name);
        let place = if let Some((_, expression)) = expression {
            Typed::of(job.model, expression).assigned(&mut statement, field)?
        } else if let Some(value) = valid.fields.get(name) {
            match value.is_null() {
                true => null(&mut statement, field.kind()),
                false => bind(&mut statement, field.kind(), value),
            }
        } else if matches!(field.default, Some(Default::NowAlways)) {
            let now = insert::now(job, field);
            bind(&mut statement, field.kind(), &now)
        } else {
            continue;
        };
        parts.push(format!("{} = {place}", quoted(&field.column)));
    }
    if parts.is_empty() {
        return Ok(());
    }
    let key = job.model.pk();
    let places: Vec<String> = keys
        .iter()
        .map(|value| bind(&mut statement, key.kind(), value))
        .collect();
    let sql = format!(
        "UPDATE {} SET {} WHERE {} IN ({})",
        quoted(&job.model.table),
        parts.join(", "),
        quoted(&key.column),
        places.join(", ")
    );
    transaction.execute(&sql, statement.values()).await?;
    Ok(())
}

/// What was computed must be what could have been sent.
async fn recheck(
    job: &Job<'_>,
    valid: &Valid,
    keys: &[Json],
    transaction: &mut LimitedTransaction,
) -> Result<(), LiveError> {
    let fields = valid.arithmetic.iter();
    let fields: Vec<_> = fields
        .filter_map(|(name, _)| job.model.field(name))
        .collect();
    if fields.is_empty() {
        return Ok(());
    }
    let columns = Columns::all(job.model);
    let records = target::reload(job, &columns, keys, transaction).await?;
    let mut errors = FormErrors::default();
    for field in fields {
        let wrong = records
            .iter()
            .find_map(|record| field_value(job, field, record.get(field.name())).err());
        if let Some(message) = wrong {
            errors.add(field.name(), message);
        }
    }
    match errors.is_empty() {
        true => Ok(()),
        false => Err(errors.into()),
    }
}
