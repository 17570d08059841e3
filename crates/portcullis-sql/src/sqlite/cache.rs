//! Answers of queries, kept while nothing has been written: by us, or by another program.
//!
//! Our own writer empties the cache after each commit, before the commit is acknowledged. What
//! others write shows in `PRAGMA data_version`, which a thread looks at ten times a second: an
//! outside change takes effect within that time. While the thread cannot look, nothing is served
//! from here.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use portcullis_core::StoreError;
use rusqlite::Connection;

use crate::row::Row;
use crate::value::Value;

/// How often the thread looks for changes from outside.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// How old the last look may be for an answer to be served.
const LONGEST_BLINDNESS: Duration = Duration::from_secs(1);

/// How many answers are kept; one more, and all are forgotten.
const MAX_ANSWERS: usize = 10_000;

/// Answers with more rows are not kept.
const MAX_ROWS: usize = 4;

type Key = (String, Vec<Value>);

/// A cache of the answers of one database.
#[derive(Debug)]
pub(super) struct Cache {
    answers: Mutex<HashMap<Key, Vec<Row>>>,
    /// Grows with each change; an answer that was read before one is not kept after it.
    generation: AtomicU64,
    start: Instant,
    /// Milliseconds from `start` to the last look.
    looked: AtomicU64,
}

impl Cache {
    /// A cache whose thread looks through `connection`, and ends when the cache is gone.
    pub(super) fn start(connection: Connection) -> Result<Arc<Self>, StoreError> {
        let cache = Arc::new(Self {
            answers: Mutex::default(),
            generation: AtomicU64::new(0),
            start: Instant::now(),
            looked: AtomicU64::new(0),
        });
        let weak = Arc::downgrade(&cache);
        thread::Builder::new()
            .name("sqlite-changes".to_owned())
            .spawn(move || look_for_changes(&connection, &weak))
            .map_err(|error| StoreError::Unavailable(error.to_string()))?;
        Ok(cache)
    }

    /// The number to hand to [`keep`](Self::keep); taken before the database is asked.
    pub(super) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// The answer to a query, if it is known and still holds.
    pub(super) fn answer(&self, key: &Key) -> Option<Vec<Row>> {
        let looked = Duration::from_millis(self.looked.load(Ordering::Acquire));
        if self.start.elapsed().saturating_sub(looked) > LONGEST_BLINDNESS {
            return None;
        }
        self.answers().get(key).cloned()
    }

    /// Keeps an answer that was asked for at that generation, if nothing was written since.
    pub(super) fn keep(&self, generation: u64, key: Key, rows: &[Row]) {
        // A query about a time is hardly asked twice.
        let is_worth_it =
            rows.len() <= MAX_ROWS && !key.1.iter().any(|value| matches!(value, Value::Time(_)));
        let mut answers = self.answers();
        if is_worth_it && self.generation() == generation {
            if answers.len() >= MAX_ANSWERS {
                answers.clear();
            }
            answers.insert(key, rows.to_vec());
        }
    }

    /// Forgets everything: something was written.
    pub(super) fn forget(&self) {
        // Under the lock, so that no answer is kept between the two.
        let mut answers = self.answers();
        self.generation.fetch_add(1, Ordering::AcqRel);
        answers.clear();
    }

    fn answers(&self) -> MutexGuard<'_, HashMap<Key, Vec<Row>>> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn look_for_changes(connection: &Connection, cache: &Weak<Cache>) {
    let mut known = None;
    while let Some(cache) = cache.upgrade() {
        let version = connection.query_row("PRAGMA data_version", [], |row| row.get::<_, i64>(0));
        // The file's own tables are read too: a file that is gone or broken shows no version.
        let schema = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()));
        match (version, schema) {
            (Ok(version), Ok(())) => {
                if known.replace(version) != Some(version) {
                    cache.forget();
                }
                let looked = u64::try_from(cache.start.elapsed().as_millis());
                cache
                    .looked
                    .store(looked.unwrap_or(u64::MAX), Ordering::Release);
            }
            (Err(error), _) | (_, Err(error)) => {
                tracing::error!(cause = %error, "changes from outside cannot be seen");
                known = None;
            }
        }
        drop(cache);
        thread::sleep(LOOK_EVERY);
    }
}
