//! Answering writes: one transaction each; an answer that is an error has changed nothing.

mod arithmetic;
mod bulk;
mod cascade;
mod create;
mod delete;
mod form;
mod insert;
mod pairs;
mod references;
mod server;
mod target;
mod unique;
mod update;
mod upsert;

pub(crate) use form::{Mode, field_value, validate, writable};
pub(crate) use references::{Wanted, missing_keys, python_type};
pub(crate) use unique::check as check_unique;

use serde_json::Value as Json;

use crate::error::LiveError;
use crate::job::Job;
use crate::permission::Actions;
use crate::query::{Operation, Query};

/// What an operation needs of the model's permissions before anything is looked at.
pub(crate) fn needed(operation: &Operation) -> Actions {
    match operation {
        Operation::Create(_) => Actions::CREATE,
        Operation::BulkCreate(_) => Actions::BULK_CREATE | Actions::CREATE,
        Operation::Update(_) => Actions::UPDATE,
        Operation::Delete => Actions::DELETE,
        Operation::GetOrCreate(..) => Actions::READ | Actions::CREATE,
        Operation::UpdateOrCreate(..) => Actions::READ | Actions::UPDATE | Actions::CREATE,
        _ => Actions::READ,
    }
}

/// The answer to an operation that changes something.
pub(crate) async fn answer(job: &Job<'_>, query: &Query) -> Result<Json, LiveError> {
    match &query.operation {
        Operation::Create(data) => create::one(job, query, data).await,
        Operation::BulkCreate(rows) => create::many(job, query, rows).await,
        Operation::Update(data) => update::many(job, query, data).await,
        Operation::UpdateInstance(data) => update::one(job, query, data).await,
        Operation::Delete => delete::many(job, query).await,
        Operation::DeleteInstance => delete::one(job, query).await,
        Operation::GetOrCreate(lookup, defaults) => {
            upsert::get_or_create(job, query, lookup, defaults).await
        }
        Operation::UpdateOrCreate(lookup, defaults) => {
            upsert::update_or_create(job, query, lookup, defaults).await
        }
        _ => crate::read::answer(job, query).await,
    }
}
