//! What a transaction will tell of when it is durable.

use std::sync::{Mutex, PoisonError};

use portcullis_sql::LimitedTransaction;
use serde_json::Value as Json;

use super::{Change, ChangeKind, Seen};
use crate::error::LiveError;
use crate::job::Job;
use crate::model::Model;
use crate::value::random_uuid;

/// The changes that were noted.
#[derive(Debug, Default)]
pub(crate) struct Notes(Mutex<Vec<Change>>);

impl Job<'_> {
    /// Notes a change of rows. Nothing is noted where nobody hears.
    pub(crate) fn note(
        &self,
        kind: ChangeKind,
        model: &Model,
        keys: &[Json],
        seen: &Seen,
    ) -> Result<(), LiveError> {
        if !self.live.bus.is_heard() || keys.is_empty() {
            return Ok(());
        }
        let at = self.live.clock.now().unix_timestamp_nanos() / 1_000_000;
        let change = Change {
            kind,
            model: model.name().to_owned(),
            keys: keys.to_vec(),
            key_field: model.pk().name().to_owned(),
            operation_id: self.operation_id.clone(),
            canonical_id: random_uuid()?,
            at_ms: i64::try_from(at).unwrap_or_default(),
            seen: seen.places(keys),
            is_everywhere: false,
        };
        let notes = self.notes.0.lock();
        notes.unwrap_or_else(PoisonError::into_inner).push(change);
        Ok(())
    }

    /// Makes all of it durable, and tells of it.
    pub(crate) async fn commit(
        &self,
        mut transaction: LimitedTransaction,
    ) -> Result<(), LiveError> {
        self.live.bus.writing.end(&mut transaction).await?;
        transaction.commit().await?;
        let noted = {
            let mut notes = self.notes.0.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *notes)
        };
        self.live.bus.publish(noted);
        Ok(())
    }
}
