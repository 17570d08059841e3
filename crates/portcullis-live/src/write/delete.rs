//! `delete` and `delete_instance`.

use serde_json::{Map, Value as Json, json};

use super::cascade::Cascade;
use super::{target, update};
use crate::error::LiveError;
use crate::job::Job;
use crate::permission::Actions;
use crate::query::Query;

/// All rows of a query.
pub(super) async fn many(job: &Job<'_>, query: &Query) -> Result<Json, LiveError> {
    let mut transaction = job.begin().await?;
    let records = target::rows(job, query, &mut transaction).await?;
    target::allowed(job, &records, Actions::DELETE, &mut transaction).await?;
    let keys = target::keys(job, &records);
    let cascade = Cascade::of(job, &keys, &mut transaction).await?;
    let seen = cascade.seen(job, &mut transaction).await?;
    let count = cascade.delete(job, &mut transaction).await?;
    cascade.note(job, &seen)?;
    cascade.note_together(job, &keys, &seen)?;
    job.commit(transaction).await?;
    let name = job.model.pk().name();
    let rows = keys.into_iter().map(|key| {
        let row: Map<String, Json> = [(name.to_owned(), key)].into_iter().collect();
        Json::Object(row)
    });
    Ok(json!({
        "data": null,
        "metadata": {
            "deleted": true,
            "deleted_count": count,
            "rows_deleted": rows.collect::<Vec<Json>>(),
            "response_type": "number",
        },
    }))
}

/// The one row of a query.
pub(super) async fn one(job: &Job<'_>, query: &Query) -> Result<Json, LiveError> {
    update::needs_filter(query)?;
    let mut transaction = job.begin().await?;
    let record = target::row(job, query, &mut transaction).await?;
    target::object_allowed(job, &record, Actions::DELETE)?;
    let keys = target::keys(job, &[record]);
    let cascade = Cascade::of(job, &keys, &mut transaction).await?;
    let seen = cascade.seen(job, &mut transaction).await?;
    cascade.delete(job, &mut transaction).await?;
    cascade.note(job, &seen)?;
    job.commit(transaction).await?;
    Ok(json!({
        "data": 1,
        "metadata": { "deleted": true, "response_type": "boolean" },
    }))
}
