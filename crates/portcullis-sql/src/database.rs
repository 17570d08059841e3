//! A database of either engine, and the queries outside of transactions.

use std::path::Path;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use portcullis_core::{Revocations, Revoked, Store, StoreError, UserId};

use crate::cache::Cache;
use crate::limited::Limited;
use crate::postgres::Postgres;
use crate::row::Row;
use crate::social::Table;
use crate::sqlite::Sqlite;
use crate::tables::Tables;
use crate::transaction::{Dialect, Transaction};
use crate::user_table::UserTable;
use crate::value::{Value, values};

/// Whether a database file was there before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opened {
    /// It was made, readable by its owner only.
    Created,
    /// It was there.
    Existed,
}

/// A database; cheap to clone, all clones share its connections.
#[doc(alias = "DATABASES")]
#[derive(Clone, Debug)]
pub struct Database {
    engine: Engine,
    statements: Arc<AtomicU64>,
    newest_user: Arc<AtomicI64>,
    new_counters: Arc<AtomicU64>,
    revocations: Revocations,
    tables: Arc<OnceLock<Tables>>,
    user_table: UserTable,
    cache: Option<Arc<Cache>>,
    social_table: Arc<OnceLock<Table>>,
}

#[derive(Clone, Debug)]
enum Engine {
    Sqlite(Sqlite),
    Postgres(Postgres),
}

impl Database {
    /// Opens the database that a URL names: `sqlite://relative.db`, `sqlite:///absolute.db`,
    /// `sqlite:file.db`, `postgres://user:password@host:5432/name` or `postgresql://…`.
    ///
    /// PostgreSQL databases are never made: they are always [`Opened::Existed`].
    ///
    /// # Errors
    /// When the URL is none of these, which the error says without repeating it, or the database
    /// cannot be opened.
    pub async fn open(url: &str) -> Result<(Self, Opened), StoreError> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok((Self::connect_postgres(url).await?, Opened::Existed));
        }
        let path = url
            .strip_prefix("sqlite:")
            .map(|rest| rest.strip_prefix("//").unwrap_or(rest))
            // Neither options nor a database in memory: each reader would see one of its own.
            .filter(|path| !path.is_empty() && !path.contains('?') && *path != ":memory:");
        let Some(path) = path else {
            return Err(StoreError::Unavailable(
                "the database's URL is not of the form sqlite://PATH or postgres://…".to_owned(),
            ));
        };
        Self::open_sqlite(Path::new(path))
    }

    /// Opens an SQLite file, or makes it.
    ///
    /// A file that we make gets the WAL journal; the journal mode of others is left alone.
    /// Every commit is on disk before it is acknowledged.
    ///
    /// # Errors
    /// When the file cannot be opened or is no database.
    pub fn open_sqlite(path: &Path) -> Result<(Self, Opened), StoreError> {
        let (sqlite, opened) = Sqlite::open(path)?;
        Ok((Self::on(Engine::Sqlite(sqlite)), opened))
    }

    /// A database without tables that is gone with the process: for looking at doors, which need one.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn empty() -> Result<Self, StoreError> {
        Ok(Self::on(Engine::Sqlite(Sqlite::empty()?)))
    }

    /// Connects to a PostgreSQL database, with up to ten connections.
    ///
    /// Nobody waits for ever: five seconds for a connection, five for a statement.
    ///
    /// # Errors
    /// When the URL cannot be read or nobody answers there.
    pub async fn connect_postgres(url: &str) -> Result<Self, StoreError> {
        Ok(Self::on(Engine::Postgres(Postgres::connect(url).await?)))
    }

    /// Keeps answers of queries while nothing is written, where it can be told that nothing is.
    ///
    /// On SQLite what other programs write is noticed within about 100 ms, on PostgreSQL when it is
    /// committed, by the triggers of [`add_notices`](Self::add_notices): without them every query is asked.
    /// When the watch hears nothing for a second, answers are served no longer. Whoever listens to
    /// [`revocations`](Self::revocations) hears of what other programs change from here on.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn with_cache(mut self) -> Result<Self, StoreError> {
        let cache = Cache::new(self.revocations.clone());
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.watch(&cache)?,
            Engine::Postgres(postgres) => postgres.watch(&cache).await?,
        }
        self.cache = Some(cache);
        Ok(self)
    }

    /// The same database for statements about any table: each ends after `time`, and its errors are told
    /// apart. On PostgreSQL by connections of its own.
    #[must_use]
    pub fn limited(&self, time: std::time::Duration) -> Limited {
        let statements = Arc::clone(&self.statements);
        match &self.engine {
            Engine::Sqlite(sqlite) => Limited::sqlite(sqlite.clone(), time, statements),
            Engine::Postgres(postgres) => {
                let cache = self.cache.clone();
                Limited::postgres(postgres.limited(time), time, statements, cache)
            }
        }
    }

    /// How many statements were run since the start, over all clones, those that were answered from
    /// the cache too: to show that answers which must not be told apart cost the same. It orders
    /// nothing else.
    #[must_use]
    pub fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    /// How many of them were answered from the cache.
    #[must_use]
    pub fn cache_hits(&self) -> u64 {
        self.cache.as_ref().map_or(0, |cache| cache.hits())
    }

    /// The board on which a notice is written after each command that ends credentials, over all clones. What
    /// other programs change is on it as far as [`with_cache`](Self::with_cache) watches.
    #[must_use]
    pub fn revocations(&self) -> &Revocations {
        &self.revocations
    }

    /// Writes that a user's credentials have changed.
    pub(crate) fn revoked(&self, user: &UserId) {
        self.revocations.publish(&Revoked::User(user.clone()));
    }

    fn on(engine: Engine) -> Self {
        Self {
            engine,
            statements: Arc::default(),
            newest_user: Arc::new(AtomicI64::new(i64::MIN)),
            new_counters: Arc::default(),
            revocations: Revocations::default(),
            tables: Arc::default(),
            user_table: UserTable::default(),
            cache: None,
            social_table: Arc::default(),
        }
    }

    /// How many counters of tries were made here.
    pub(crate) fn new_counters(&self) -> &AtomicU64 {
        &self.new_counters
    }

    /// The highest primary key of a user whose names are known to be in our tables.
    pub(crate) fn newest_user(&self) -> &AtomicI64 {
        &self.newest_user
    }

    /// Where users are.
    pub(crate) fn user_table(&self) -> &UserTable {
        &self.user_table
    }

    /// The same with users elsewhere.
    pub(crate) fn with_table(self, user_table: UserTable) -> Self {
        Self {
            user_table,
            // What was found was found about the other one.
            tables: Arc::default(),
            ..self
        }
    }

    /// The tables that were found, once they were looked for.
    pub(crate) fn known_tables(&self) -> &OnceLock<Tables> {
        &self.tables
    }

    pub(crate) fn dialect(&self) -> Dialect {
        match &self.engine {
            Engine::Sqlite(_) => Dialect::Sqlite,
            Engine::Postgres(_) => Dialect::Postgres,
        }
    }

    /// The table of accounts at providers, once it was looked for.
    pub(crate) fn known_social_table(&self) -> &OnceLock<Table> {
        &self.social_table
    }

    /// Begins a transaction that knows which tables there are; see [`Transaction`].
    pub(crate) async fn begin(&self) -> Result<Transaction, StoreError> {
        let tables = self.tables().await?;
        let mut transaction = self.begin_blind().await?;
        transaction.tables = tables;
        Ok(transaction)
    }

    /// Begins one without looking at the tables: for whoever makes them.
    pub(crate) async fn begin_blind(&self) -> Result<Transaction, StoreError> {
        let statements = Arc::clone(&self.statements);
        let mut transaction = match &self.engine {
            // Its writer tells the cache by itself.
            Engine::Sqlite(sqlite) => Transaction::sqlite(sqlite.begin().await?, statements),
            Engine::Postgres(postgres) => {
                let cache = self.cache.clone();
                Transaction::postgres(postgres.begin().await?, statements, cache)
            }
        };
        transaction.user_table = self.user_table.clone();
        Ok(transaction)
    }

    /// Runs one statement in a transaction of its own; the number of rows that it changed.
    pub(crate) async fn execute(&self, sql: &str, values: &[Value]) -> Result<u64, StoreError> {
        self.statements.fetch_add(1, Ordering::Relaxed);
        let sql = &self.user_table.put_into(sql);
        match &self.engine {
            Engine::Sqlite(sqlite) => {
                let transaction = sqlite.begin().await?;
                let changed = transaction.execute(sql, values).await?;
                transaction.commit().await?;
                Ok(changed)
            }
            Engine::Postgres(postgres) => {
                let _forgetting = self.cache.as_ref().map(Cache::forget_at_the_end);
                postgres.execute(sql, values).await
            }
        }
    }

    /// Forgets what is kept of earlier answers.
    pub(crate) fn forget_answers(&self) {
        if let Some(cache) = &self.cache {
            cache.forget();
        }
    }

    /// All rows of a query, as they are now: not from the cache.
    pub(crate) async fn rows_now(
        &self,
        sql: &str,
        values: &[Value],
    ) -> Result<Vec<Row>, StoreError> {
        self.statements.fetch_add(1, Ordering::Relaxed);
        let sql = &self.user_table.put_into(sql);
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.rows(sql, values).await,
            Engine::Postgres(postgres) => postgres.rows(sql, values).await,
        }
    }

    /// All rows of a query that changes nothing, on a connection that does not wait for writers: from the
    /// cache when they are known. Of tables that [`notices`](crate::notices) names, or ours.
    pub(crate) async fn rows(&self, sql: &str, values: &[Value]) -> Result<Arc<[Row]>, StoreError> {
        let Some(cache) = &self.cache else {
            return Ok(self.rows_now(sql, values).await?.into());
        };
        let key = (sql.to_owned(), values.to_vec());
        if let Some(rows) = cache.answer(&key) {
            self.statements.fetch_add(1, Ordering::Relaxed);
            return Ok(rows);
        }
        let generation = cache.generation();
        let rows: Arc<[Row]> = self.rows_now(sql, values).await?.into();
        cache.keep(generation, key, &rows);
        Ok(rows)
    }

    /// The first row of such a query.
    pub(crate) async fn optional_row(
        &self,
        sql: &str,
        values: &[Value],
    ) -> Result<Option<Row>, StoreError> {
        Ok(self.rows(sql, values).await?.first().cloned())
    }
}

#[async_trait]
impl Store for Database {
    async fn ping(&self) -> Result<(), StoreError> {
        // Not from the cache: the question is whether the database answers.
        let sql = "SELECT EXISTS (SELECT 1 FROM auth_user)";
        self.rows_now(sql, values![]).await.map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn urls_name_files() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("test.db");
        let path = path.to_str().unwrap();
        let (_, opened) = Database::open(&format!("sqlite://{path}")).await.unwrap();
        assert_eq!(opened, Opened::Created);
        let (_, opened) = Database::open(&format!("sqlite:{path}")).await.unwrap();
        assert_eq!(opened, Opened::Existed);
    }

    #[tokio::test]
    async fn url_that_is_not_understood_is_refused_without_being_repeated() {
        for url in [
            "",
            "sqlite:",
            "sqlite://",
            "sqlite::memory:",
            "sqlite://secret.db?mode=rw",
            "mysql://user:secret@localhost/name",
            "postgres://user:secret@localhost:port/name",
        ] {
            let error = Database::open(url).await.unwrap_err().to_string();
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
