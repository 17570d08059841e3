//! Counting tries, each in one transaction with its answer.

use async_trait::async_trait;
use portcullis_core::{Attempt, AttemptStore, Limit, StoreError};
use rusqlite::{OptionalExtension, Transaction, params};
use time::OffsetDateTime;

use crate::database::Database;
use crate::timestamp;
use crate::writer::unavailable;

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
        let key = key.to_owned();
        self.writer()
            .run(move |transaction| {
                count(transaction, &key, limit, now).map_err(|error| unavailable(&error))
            })
            .await
    }

    async fn forget_attempts(&self, key: &str) -> Result<(), StoreError> {
        let key = key.to_owned();
        self.writer()
            .run(move |transaction| {
                let sql = "DELETE FROM portcullis_throttle WHERE key = ?1";
                transaction
                    .execute(sql, [key])
                    .map(|_| ())
                    .map_err(|error| unavailable(&error))
            })
            .await
    }
}

fn count(
    transaction: &Transaction<'_>,
    key: &str,
    limit: Limit,
    now: OffsetDateTime,
) -> rusqlite::Result<Attempt> {
    let sql = "SELECT tries, until FROM portcullis_throttle WHERE key = ?1 AND until > ?2";
    let written = timestamp::write(now);
    let row = transaction
        .query_row(sql, params![key, written], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?))
        })
        .optional()?;
    let Some((tries, until)) = row else {
        transaction.execute(
            "DELETE FROM portcullis_throttle WHERE key IN \
             (SELECT key FROM portcullis_throttle WHERE until <= ?1 LIMIT ?2)",
            params![written, SWEEP],
        )?;
        transaction.execute(
            "INSERT OR REPLACE INTO portcullis_throttle (key, tries, until) VALUES (?1, 1, ?2)",
            params![key, timestamp::write(now + limit.window)],
        )?;
        return Ok(Attempt::Allowed);
    };
    if tries >= i64::from(limit.tries) {
        // A window that cannot be read is a whole one.
        let left = timestamp::read(&until).map_or(limit.window, |until| until - now);
        return Ok(Attempt::Stopped {
            retry_after: left.clamp(time::Duration::SECOND, limit.window),
        });
    }
    transaction.execute(
        "UPDATE portcullis_throttle SET tries = tries + 1 WHERE key = ?1",
        [key],
    )?;
    Ok(Attempt::Allowed)
}
