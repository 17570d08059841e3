//! SQLite: one writer on a thread of its own, some readers, opened on demand.

mod functions;
pub(crate) mod statement;
mod watch;
mod writer;

use std::fmt;
use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use portcullis_core::StoreError;
use rusqlite::{Connection, OpenFlags};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::cache::Cache;
use crate::database::Opened;
use crate::failure::{away, refused};
use crate::row::Row;
use crate::sql_error::SqlError;
use crate::value::Value;
use writer::Writer;
pub(crate) use writer::{PATIENCE, SqliteTransaction};

/// How long SQLite waits for another process that holds the database.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// How many queries run at once, each on a connection of its own.
const READERS: usize = 4;

/// An SQLite file; cheap to clone, all clones share its connections.
#[derive(Clone)]
pub(crate) struct Sqlite {
    path: Arc<PathBuf>,
    writer: Writer,
    readers: Arc<Mutex<Vec<Connection>>>,
    reading: Arc<Semaphore>,
}

impl Sqlite {
    pub(crate) fn open(path: &Path) -> Result<(Self, Opened), StoreError> {
        let opened = create_private(path)?;
        let connection = Connection::open(path).map_err(|error| refused(&error))?;
        prepare(&connection, opened).map_err(|error| refused(&error))?;
        let sqlite = Self {
            path: Arc::new(path.to_owned()),
            writer: Writer::start(connection)?,
            readers: Arc::default(),
            reading: Arc::new(Semaphore::new(READERS)),
        };
        Ok((sqlite, opened))
    }

    /// A database of its own, in no file.
    pub(crate) fn empty() -> Result<Self, StoreError> {
        let connection = Connection::open_in_memory().map_err(|error| refused(&error))?;
        Ok(Self {
            path: Arc::default(),
            writer: Writer::start(connection)?,
            readers: Arc::default(),
            reading: Arc::new(Semaphore::new(READERS)),
        })
    }

    /// Tells the cache of what is written, by us and by others.
    pub(crate) fn watch(&self, cache: &Arc<Cache>) -> Result<(), StoreError> {
        self.writer.watch(Arc::clone(cache))
    }

    pub(crate) async fn begin(&self) -> Result<SqliteTransaction, StoreError> {
        self.writer.begin().await
    }

    /// Runs a query on a connection of its own, off the executor.
    pub(crate) async fn rows(&self, sql: &str, values: &[Value]) -> Result<Vec<Row>, StoreError> {
        let turn = timeout(PATIENCE, Arc::clone(&self.reading).acquire_owned()).await;
        let Ok(Ok(turn)) = turn else {
            return Err(away("too many queries are waiting"));
        };
        let (database, sql, values) = (self.clone(), sql.to_owned(), values.to_vec());
        let work = tokio::task::spawn_blocking(move || {
            // Held until the query ends, also when its caller has gone away.
            let _turn = turn;
            database.rows_blocking(&sql, &values)
        });
        match timeout(PATIENCE, work).await {
            Ok(Ok(answer)) => answer.map_err(|error| refused(&error)),
            Ok(Err(_)) => Err(away("the query failed")),
            Err(_) => Err(away("the query took too long")),
        }
    }

    /// Runs a query that ends when it has taken longer than `time`.
    pub(crate) async fn rows_within(
        &self,
        sql: &str,
        values: &[Value],
        time: Duration,
    ) -> Result<Vec<Row>, SqlError> {
        let turn = timeout(PATIENCE, Arc::clone(&self.reading).acquire_owned()).await;
        let Ok(Ok(turn)) = turn else {
            return Err(away("too many queries are waiting").into());
        };
        let (database, sql, values) = (self.clone(), sql.to_owned(), values.to_vec());
        let work = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            let idle = database.idle().pop();
            let mut connection = match idle {
                Some(connection) => connection,
                None => database.reader()?,
            };
            let rows = within(&mut connection, time, |connection| {
                statement::rows(connection, &sql, &values)
            });
            database.idle().push(connection);
            rows
        });
        match work.await {
            Ok(answer) => answer.map_err(|error| SqlError::of_sqlite(&error)),
            Err(_) => Err(away("the query failed").into()),
        }
    }

    fn rows_blocking(&self, sql: &str, values: &[Value]) -> rusqlite::Result<Vec<Row>> {
        let idle = self.idle().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => self.reader()?,
        };
        let rows = statement::rows(&connection, sql, values)?;
        // After an error or a panic the connection is closed instead.
        self.idle().push(connection);
        Ok(rows)
    }

    fn reader(&self) -> rusqlite::Result<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&*self.path, flags)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        functions::add(&connection)?;
        Ok(connection)
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.readers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How many steps of SQLite's machine go by between two looks at the clock.
const STEPS: i32 = 10_000;

/// Runs something on a connection, and ends it when it has taken longer than `time`.
fn within<T>(
    connection: &mut Connection,
    time: Duration,
    work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    let start = std::time::Instant::now();
    connection.progress_handler(STEPS, Some(move || start.elapsed() > time))?;
    let done = work(connection);
    connection.progress_handler(0, None::<fn() -> bool>)?;
    done
}

impl fmt::Debug for Sqlite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sqlite")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

fn create_private(path: &Path) -> Result<Opened, StoreError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(Opened::Created),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(Opened::Existed),
        Err(error) => {
            tracing::error!(cause = %error, "the database file cannot be made");
            Err(StoreError::Unavailable(error.to_string()))
        }
    }
}

fn prepare(connection: &Connection, opened: Opened) -> rusqlite::Result<()> {
    functions::add(connection)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    if opened == Opened::Created {
        connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    }
    // Says at once whether this is a database at all.
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))
}
