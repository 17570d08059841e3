//! An embedded database file: one writer, some readers.

use std::fmt;
use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use portcullis_core::{Store, StoreError};
use rusqlite::{Connection, OpenFlags};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::writer::{PATIENCE, Writer, unavailable};

/// How long SQLite waits for another process that holds the database.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// How many queries run at once, each on a connection of its own.
const READERS: usize = 4;

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
    reading: Arc<Semaphore>,
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
            reading: Arc::new(Semaphore::new(READERS)),
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
        let away = |text: &str| StoreError::Unavailable(text.to_owned());
        let turn = timeout(PATIENCE, Arc::clone(&self.reading).acquire_owned()).await;
        let Ok(Ok(turn)) = turn else {
            return Err(away("too many queries are waiting"));
        };
        let database = self.clone();
        let work = tokio::task::spawn_blocking(move || {
            // Held until the query ends, also when its caller has gone away.
            let _turn = turn;
            database.read_blocking(query)
        });
        match timeout(PATIENCE, work).await {
            Ok(Ok(answer)) => answer.map_err(|error| unavailable(&error)),
            Ok(Err(_)) => Err(away("the query failed")),
            Err(_) => Err(away("the query took too long")),
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
        // After an error or a panic the connection is closed instead.
        self.idle().push(connection);
        Ok(answer)
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.readers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Store for Database {
    async fn ping(&self) -> Result<(), StoreError> {
        self.read(|connection| {
            connection.query_row("SELECT EXISTS (SELECT 1 FROM auth_user)", [], |_| Ok(()))
        })
        .await
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
        Err(error) => {
            tracing::error!(cause = %error, "the database file cannot be made");
            Err(StoreError::Unavailable(error.to_string()))
        }
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
