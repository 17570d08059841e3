//! Noticing what other programs write into the file.
//!
//! `PRAGMA data_version` of a connection changes with what others commit, and not with its own commits: the
//! writer's is looked at ten times a second, between transactions. Within one nobody else can write.

use std::sync::Arc;
use std::time::{Duration, Instant};

use portcullis_core::Revoked;
use rusqlite::Connection;

use crate::cache::Cache;

/// How often the writer looks for changes from outside.
pub(super) const LOOK_EVERY: Duration = Duration::from_millis(100);

/// What the writer knows about the file's changes.
#[derive(Debug)]
pub(super) struct Watch {
    cache: Arc<Cache>,
    version: Option<i64>,
    looked: Option<Instant>,
}

impl Watch {
    pub(super) fn new(cache: Arc<Cache>) -> Self {
        Self {
            cache,
            version: None,
            looked: None,
        }
    }

    /// Looks, when the last look is long enough ago.
    pub(super) fn look(&mut self, connection: &Connection) {
        let now = Instant::now();
        if self.looked.is_some_and(|at| now - at < LOOK_EVERY) {
            return;
        }
        self.looked = Some(now);
        match version(connection) {
            Ok(version) => {
                let known = self.version.replace(version);
                if known.is_some_and(|known| known != version) {
                    self.cache.changed_outside(&Revoked::Somebody);
                } else if known.is_none() {
                    self.cache.forget();
                }
                self.cache.seen(now);
            }
            Err(error) => {
                tracing::error!(cause = %error, "changes from outside cannot be seen");
                self.cache.blind();
            }
        }
    }

    /// A transaction of ours has ended, in one way or the other.
    pub(super) fn written(&self) {
        self.cache.forget();
    }
}

fn version(connection: &Connection) -> rusqlite::Result<i64> {
    let mut version = connection.prepare_cached("PRAGMA data_version")?;
    let version = version.query_row([], |row| row.get(0))?;
    // The file's own tables are read too: a file that is broken shows no version.
    let mut schema = connection.prepare_cached("SELECT count(*) FROM sqlite_schema")?;
    schema.query_row([], |_| Ok(()))?;
    Ok(version)
}
