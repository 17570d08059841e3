//! `create` and `bulk_create`.

use serde_json::{Value as Json, json};

use super::form::{Mode, Valid, validate, writable};
use super::{insert, target, unique};
use crate::error::{FormErrors, LiveError};
use crate::events::{ChangeKind, Seen};
use crate::hook::Data;
use crate::job::Job;
use crate::query::Query;
use crate::read::{Columns, Selection, envelope};
use crate::session::Session;

/// One row.
pub(super) async fn one(job: &Job<'_>, query: &Query, data: &Data) -> Result<Json, LiveError> {
    let allowed = &job.rights.of(job.model).creatable;
    let data = writable(job, data, allowed)?;
    let mut transaction = job.begin().await?;
    let answer = create(job, query, data, &mut transaction).await?;
    job.commit(transaction).await?;
    Ok(json!({
        "data": answer,
        "metadata": { "created": true, "response_type": "instance" },
    }))
}

/// A row of data that passed [`writable`], as an envelope.
pub(super) async fn create(
    job: &Job<'_>,
    query: &Query,
    data: Data,
    transaction: &mut portcullis_sql::LimitedTransaction,
) -> Result<Json, LiveError> {
    let mut checked = checked(job, vec![data], transaction).await?;
    let valid = checked.pop().unwrap_or_else(|| Ok(Valid::default()))?;
    made(job, query, &[valid], ChangeKind::Create, transaction).await
}

/// Many rows, or none when one is wrong.
pub(super) async fn many(job: &Job<'_>, query: &Query, rows: &[Data]) -> Result<Json, LiveError> {
    let allowed = &job.rights.of(job.model).creatable;
    let rows: Result<Vec<Data>, LiveError> =
        rows.iter().map(|row| writable(job, row, allowed)).collect();
    let mut transaction = job.begin().await?;
    let checked = checked(job, rows?, &mut transaction).await?;
    if checked.iter().any(Result::is_err) {
        let errors = checked.into_iter().map(|row| row.err().unwrap_or_default());
        return Err(LiveError::Forms(errors.collect()));
    }
    let valid: Vec<Valid> = checked.into_iter().filter_map(Result::ok).collect();
    let answer = made(job, query, &valid, ChangeKind::BulkCreate, &mut transaction).await?;
    job.commit(transaction).await?;
    Ok(json!({
        "data": answer,
        "metadata": { "created": true, "response_type": "queryset" },
    }))
}

async fn checked(
    job: &Job<'_>,
    rows: Vec<Data>,
    transaction: &mut portcullis_sql::LimitedTransaction,
) -> Result<Vec<Result<Valid, FormErrors>>, LiveError> {
    let mut session = Session::Transaction(transaction);
    let mut checked = validate(job, rows, Mode::Create, &mut session).await?;
    let expression = checked
        .iter()
        .filter_map(|row| row.as_ref().ok()?.arithmetic.first())
        .next();
    if let Some((name, _)) = expression {
        return Err(LiveError::Form(FormErrors::of(
            name.clone(),
            "A new row has no fields to compute with.",
        )));
    }
    unique::check(job, &mut checked, &[], &mut session).await?;
    Ok(checked)
}

/// Inserts, checks the rule, and reads what is to be answered.
async fn made(
    job: &Job<'_>,
    query: &Query,
    valid: &[Valid],
    kind: ChangeKind,
    transaction: &mut portcullis_sql::LimitedTransaction,
) -> Result<Json, LiveError> {
    let selection = Selection::new(job, query)?;
    let keys = match valid.is_empty() {
        true => Vec::new(),
        false => insert::rows(job, valid, transaction).await?,
    };
    if !keys.is_empty() {
        target::still_visible(job, &keys, transaction).await?;
        job.note(kind, job.model, &keys, &Seen::default())?;
    }
    let columns = Columns::of(job.model, selection.of(job.model));
    let records = target::reload(job, &columns, &keys, transaction).await?;
    let mut session = Session::Transaction(transaction);
    envelope(job, &selection, records, &mut session).await
}
