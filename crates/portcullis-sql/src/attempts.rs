//! Counting tries, each in one transaction with its answer.

use async_trait::async_trait;
use portcullis_core::{Attempt, AttemptStore, Limit, StoreError};
use time::OffsetDateTime;

use crate::database::Database;
use crate::transaction::{Dialect, Transaction};
use crate::value::values;

/// How many windows that are over are removed with each new one: the table cannot grow for ever.
const SWEEP: i64 = 16;

#[async_trait]
impl AttemptStore for Database {
    async fn attempt(
        &self,
        key: &str,
        limit: Limit,
        now: OffsetDateTime,
    ) -> Result<Attempt, StoreError> {
        if limit.tries == 0 {
            let retry_after = limit.window.max(time::Duration::SECOND);
            return Ok(Attempt::Stopped { retry_after });
        }
        let mut transaction = self.begin().await?;
        // One statement looks and counts, and holds the row until the end.
        let counted = transaction
            .optional_row(
                "INSERT INTO portcullis_throttle AS t (key, tries, until) VALUES (?1, 1, ?2) \
                 ON CONFLICT (key) DO UPDATE SET \
                 tries = CASE WHEN t.until > ?3 THEN t.tries + 1 ELSE 1 END, \
                 until = CASE WHEN t.until > ?3 THEN t.until ELSE excluded.until END \
                 WHERE t.until <= ?3 OR t.tries < ?4 RETURNING tries",
                values![key, now + limit.window, now, limit.tries],
            )
            .await?;
        let Some(row) = counted else {
            let sql = "SELECT until FROM portcullis_throttle WHERE key = ?1";
            let row = transaction.optional_row(sql, values![key]).await?;
            // A window that cannot be read is a whole one.
            let until = row.and_then(|row| row.get::<OffsetDateTime>(0).ok());
            let left = until.map_or(limit.window, |until| until - now);
            let longest = limit.window.max(time::Duration::SECOND);
            return Ok(Attempt::Stopped {
                retry_after: left.clamp(time::Duration::SECOND, longest),
            });
        };
        if row.get::<i64>(0)? == 1 {
            sweep(&mut transaction, now).await?;
        }
        transaction.commit().await?;
        Ok(Attempt::Allowed)
    }

    async fn forget_attempts(&self, key: &str) -> Result<(), StoreError> {
        let sql = "DELETE FROM portcullis_throttle WHERE key = ?1";
        self.execute(sql, values![key]).await.map(|_| ())
    }
}

async fn sweep(transaction: &mut Transaction, now: OffsetDateTime) -> Result<(), StoreError> {
    // Two that sweep at once must not wait for each other's rows.
    let lock = match transaction.dialect() {
        Dialect::Sqlite => "",
        Dialect::Postgres => "FOR UPDATE SKIP LOCKED",
    };
    let sql = format!(
        "DELETE FROM portcullis_throttle WHERE key IN \
         (SELECT key FROM portcullis_throttle WHERE until <= ?1 LIMIT ?2 {lock})"
    );
    transaction.execute(&sql, values![now, SWEEP]).await?;
    Ok(())
}
