//! An embedded database file: one writer, some readers.

use std::fmt;
use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use portcullis_core::StoreError;
use rusqlite::{Connection, OpenFlags};

use crate::writer::{Writer, unavailable};

/// How long SQLite waits for another process that holds the database.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// How many idle reading connections are kept.
const IDLE_READERS: usize = 8;

/// Whether a database file was there before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opened {
    /// It was made, readable by its owner only.
    Created,
    /// It was there.
    Existed,
}

/// A database; cheap to clone, all clones share its connections.
#[derive(Clone)]
pub struct Database {
    path: Arc<PathBuf>,
    writer: Writer,
    readers: Arc<Mutex<Vec<Connection>>>,
}

impl Database {
    /// Opens an SQLite file, or makes it.
    ///
    /// A file that we make gets the WAL journal; the journal mode of others is left alone.
    /// Every commit is on disk before it is acknowledged.
    ///
    /// # Errors
    /// When the file cannot be opened or is no database.
    pub fn open_sqlite(path: &Path) -> Result<(Self, Opened), StoreError> {
        let opened = create_private(path)?;
        let connection = Connection::open(path).map_err(|error| unavailable(&error))?;
        prepare(&connection, opened).map_err(|error| unavailable(&error))?;
        let database = Self {
            path: Arc::new(path.to_owned()),
            writer: Writer::start(connection)?,
            readers: Arc::default(),
        };
        Ok((database, opened))
    }

    /// The writer, for commands.
    pub(crate) fn writer(&self) -> &Writer {
        &self.writer
    }

    /// Runs a query on a connection of its own, off the executor.
    pub(crate) async fn read<T, F>(&self, query: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    {
        let database = self.clone();
        let answer = tokio::task::spawn_blocking(move || database.read_blocking(query)).await;
        match answer {
            Ok(answer) => answer.map_err(|error| unavailable(&error)),
            Err(_) => Err(StoreError::Unavailable("the query failed".to_owned())),
        }
    }

    fn read_blocking<T>(
        &self,
        query: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        let idle = self.idle().pop();
        let connection = match idle {
            Some(connection) => connection,
            None => {
                let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
                let connection = Connection::open_with_flags(&*self.path, flags)?;
                connection.busy_timeout(BUSY_TIMEOUT)?;
                connection
            }
        };
        let answer = query(&connection)?;
        let mut idle = self.idle();
        if idle.len() < IDLE_READERS {
            idle.push(connection);
        }
        Ok(answer)
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.readers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database")
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
        Err(error) => Err(StoreError::Unavailable(error.to_string())),
    }
}

fn prepare(connection: &Connection, opened: Opened) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    if opened == Opened::Created {
        connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    }
    // Says at once whether this is a database at all.
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))
}
