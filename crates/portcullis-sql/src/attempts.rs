//! Counting tries, each in one transaction with its answer, however many counters it has.

use std::sync::atomic::Ordering;

use async_trait::async_trait;
use portcullis_core::{Attempt, AttemptStore, Counter, StoreError};
use time::{Duration, OffsetDateTime};

use crate::database::Database;
use crate::transaction::{Dialect, Transaction};
use crate::value::values;

/// How many windows that are over are removed with each new one: the table cannot grow for ever.
const SWEEP: i64 = 16;

/// How many counters there may be. Each node looks whether there are more at its first new one, and then
/// at each thousandth: counting them takes a while.
const MOST: i64 = 500_000;

/// How many new counters there are from one look to the next.
const BETWEEN_LOOKS: u64 = 1000;

/// How many are removed at a look: more than several nodes make between two looks.
const EVICTED: i64 = 20_000;

#[async_trait]
impl AttemptStore for Database {
    async fn attempt_all(
        &self,
        counters: &[Counter],
        now: OffsetDateTime,
    ) -> Result<Attempt, StoreError> {
        if let Some(counter) = counters.iter().find(|counter| counter.limit.tries == 0) {
            let retry_after = counter.limit.window.max(Duration::SECOND);
            return Ok(Attempt::Stopped { retry_after });
        }
        let mut transaction = self.begin().await?;
        let mut is_new = false;
        for counter in in_order(counters, |counter| &counter.key) {
            match count(&mut transaction, counter, now).await? {
                Some(tries) => is_new |= tries == 1,
                // Dropping the transaction takes back what the others counted.
                None => return stopped(&mut transaction, counter, now).await,
            }
        }
        if is_new {
            sweep(&mut transaction, now).await?;
            let made = self.new_counters().fetch_add(1, Ordering::Relaxed);
            if made.is_multiple_of(BETWEEN_LOOKS) {
                evict(&mut transaction).await?;
            }
        }
        transaction.commit().await?;
        Ok(Attempt::Allowed)
    }

    async fn settle_attempts(
        &self,
        forgotten: &[String],
        given_back: &[String],
    ) -> Result<(), StoreError> {
        const FORGET: &str = "DELETE FROM portcullis_throttle WHERE key = ?1";
        const GIVE_BACK: &str =
            "UPDATE portcullis_throttle SET tries = tries - 1 WHERE key = ?1 AND tries > 0";
        let forgotten = forgotten.iter().map(|key| (key, FORGET));
        let given_back = given_back.iter().map(|key| (key, GIVE_BACK));
        let all: Vec<_> = forgotten.chain(given_back).collect();
        let mut transaction = self.begin().await?;
        for (key, sql) in in_order(&all, |(key, _)| key) {
            transaction.execute(sql, values![*key]).await?;
        }
        transaction.commit().await
    }
}

/// By their keys, so that two transactions never hold each other's rows.
fn in_order<T>(all: &[T], key: impl Fn(&T) -> &String) -> Vec<&T> {
    let mut all: Vec<&T> = all.iter().collect();
    all.sort_by(|a, b| key(a).cmp(key(b)));
    all
}

/// Counts one more, and says how many there are now; `None` when there are enough.
async fn count(
    transaction: &mut Transaction,
    counter: &Counter,
    now: OffsetDateTime,
) -> Result<Option<i64>, StoreError> {
    let limit = counter.limit;
    // One statement looks and counts, and holds the row until the end.
    let counted = transaction
        .optional_row(
            "INSERT INTO portcullis_throttle AS t (key, tries, until) VALUES (?1, 1, ?2) \
             ON CONFLICT (key) DO UPDATE SET \
             tries = CASE WHEN t.until > ?3 THEN t.tries + 1 ELSE 1 END, \
             until = CASE WHEN t.until > ?3 THEN t.until ELSE excluded.until END \
             WHERE t.until <= ?3 OR t.tries < ?4 RETURNING tries",
            values![&counter.key, now + limit.window, now, limit.tries],
        )
        .await?;
    counted.map(|row| row.get(0)).transpose()
}

/// Until when a counter that has enough is stopped.
async fn stopped(
    transaction: &mut Transaction,
    counter: &Counter,
    now: OffsetDateTime,
) -> Result<Attempt, StoreError> {
    let sql = "SELECT until FROM portcullis_throttle WHERE key = ?1";
    let row = transaction.optional_row(sql, values![&counter.key]).await?;
    // A window that cannot be read is a whole one.
    let until = row.and_then(|row| row.get::<OffsetDateTime>(0).ok());
    let left = until.map_or(counter.limit.window, |until| until - now);
    let longest = counter.limit.window.max(Duration::SECOND);
    Ok(Attempt::Stopped {
        retry_after: left.clamp(Duration::SECOND, longest),
    })
}

/// Removes counters where there are too many, those with the fewest tries first: whoever makes many does
/// not get rid of the one that stops them. Invitations, which are used up by their counter, stay.
async fn evict(transaction: &mut Transaction) -> Result<(), StoreError> {
    let sql = "SELECT count(*) FROM portcullis_throttle";
    let row = transaction.optional_row(sql, values![]).await?;
    let count: i64 = row.map_or(Ok(0), |row| row.get(0))?;
    if count <= MOST {
        return Ok(());
    }
    let lock = skipping(transaction.dialect());
    let sql = format!(
        "DELETE FROM portcullis_throttle WHERE key IN (SELECT key FROM portcullis_throttle \
         WHERE key NOT LIKE 'invitation:%' ORDER BY tries, until LIMIT ?1 {lock})"
    );
    let evicted = transaction.execute(&sql, values![EVICTED]).await?;
    tracing::warn!(evicted, count, "there were too many counters of tries");
    Ok(())
}

/// Two that remove counters at once must not wait for each other's rows.
fn skipping(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => "",
        Dialect::Postgres => "FOR UPDATE SKIP LOCKED",
    }
}

async fn sweep(transaction: &mut Transaction, now: OffsetDateTime) -> Result<(), StoreError> {
    let lock = skipping(transaction.dialect());
    let sql = format!(
        "DELETE FROM portcullis_throttle WHERE key IN \
         (SELECT key FROM portcullis_throttle WHERE until <= ?1 LIMIT ?2 {lock})"
    );
    transaction.execute(&sql, values![now, SWEEP]).await?;
    Ok(())
}
