//! Whether two rows or more may be written at once.

use portcullis_sql::{Cell, LimitedTransaction};

use super::target;
use crate::error::LiveError;
use crate::job::Job;
use crate::model::Record;
use crate::permission::{Actions, Bulk};
use crate::rule::rule_sql;
use crate::sql::quoted;
use crate::value::bind;

/// Asks the classes until one allows it.
///
/// # Errors
/// 403 when none does.
pub(super) async fn allowed(
    job: &Job<'_>,
    records: &[Record],
    action: Actions,
    transaction: &mut LimitedTransaction,
) -> Result<(), LiveError> {
    for (class, bulk) in job.rights.bulk(job.model, action) {
        let is_allowed = match bulk {
            Bulk::EachObject => records
                .iter()
                .all(|record| class.object_actions(job.who(), record).has(action)),
            Bulk::Rows(rule) => {
                let mut statement = job.statement();
                let key = job.model.pk();
                let keys = target::keys(job, records);
                let places: Vec<String> = keys
                    .iter()
                    .map(|value| bind(&mut statement, key.kind(), value))
                    .collect();
                let registry = job.rights.registry;
                let rule = rule_sql(&mut statement, registry, job.model, "t0", &rule);
                let sql = format!(
                    "SELECT COUNT(*) FROM {} t0 WHERE t0.{} IN ({}) AND {rule}",
                    quoted(&job.model.table),
                    quoted(&key.column),
                    places.join(", ")
                );
                let rows = transaction.rows(&sql, statement.values()).await?;
                let count = rows.first().and_then(|row| row.cells().first());
                let wanted = i64::try_from(records.len()).unwrap_or(i64::MAX);
                count == Some(&Cell::Integer(wanted))
            }
        };
        if is_allowed {
            return Ok(());
        }
    }
    Err(LiveError::denied(format!(
        "Bulk {} operation not permitted on queryset",
        action.word()
    )))
}
