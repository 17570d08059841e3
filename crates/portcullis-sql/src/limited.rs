//! Statements about tables that this crate does not know, each with an end and an honest error.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sqlx_core::transaction::Transaction as PgTransaction;
use sqlx_postgres::Postgres as Driver;
use tokio::time::timeout;

use crate::cache::Cache;
use crate::failure::away;
use crate::postgres::{Postgres, statement as postgres_statement};
use crate::row::Row;
use crate::sql_error::SqlError;
use crate::sqlite::{Sqlite, SqliteTransaction, statement as sqlite_statement};
use crate::transaction::Dialect;
use crate::value::Value;

/// How much longer than the server itself we wait for its answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// A database whose statements end in time; made by [`Database::limited`](crate::Database::limited).
///
/// Statements have the placeholders `?1`, `?2`. They are the caller's: nothing from outside belongs
/// into their text but as a bound [`Value`].
#[derive(Clone, Debug)]
pub struct Limited {
    engine: Engine,
    time: Duration,
    statements: Arc<AtomicU64>,
    /// Forgets at our commits; SQLite's writer tells it by itself.
    cache: Option<Arc<Cache>>,
}

#[derive(Clone, Debug)]
enum Engine {
    Sqlite(Sqlite),
    Postgres(Postgres),
}

impl Limited {
    pub(crate) fn sqlite(sqlite: Sqlite, time: Duration, statements: Arc<AtomicU64>) -> Self {
        Self {
            engine: Engine::Sqlite(sqlite),
            time,
            statements,
            cache: None,
        }
    }

    pub(crate) fn postgres(
        postgres: Postgres,
        time: Duration,
        statements: Arc<AtomicU64>,
        cache: Option<Arc<Cache>>,
    ) -> Self {
        Self {
            engine: Engine::Postgres(postgres),
            time,
            statements,
            cache,
        }
    }

    /// Which SQL it understands.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        match self.engine {
            Engine::Sqlite(_) => Dialect::Sqlite,
            Engine::Postgres(_) => Dialect::Postgres,
        }
    }

    /// All rows of a query that changes nothing.
    ///
    /// # Errors
    /// [`SqlError`], by what went wrong.
    pub async fn rows(&self, sql: &str, values: &[Value]) -> Result<Vec<Row>, SqlError> {
        self.statements.fetch_add(1, Ordering::Relaxed);
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.rows_within(sql, values, self.time).await,
            Engine::Postgres(postgres) => {
                let rows = postgres_statement::rows(postgres.pool(), sql, values);
                within(self.time, rows).await
            }
        }
    }

    /// Begins a transaction. Dropped without [`commit`](LimitedTransaction::commit) it is rolled back.
    ///
    /// # Errors
    /// When the database is away, or too many writers wait.
    pub async fn begin(&self) -> Result<LimitedTransaction, SqlError> {
        self.statements.fetch_add(1, Ordering::Relaxed);
        let engine = match &self.engine {
            Engine::Sqlite(sqlite) => Begun::Sqlite(sqlite.begin().await?),
            Engine::Postgres(postgres) => {
                Begun::Postgres(within(self.time, postgres.pool().begin()).await?)
            }
        };
        Ok(LimitedTransaction {
            engine,
            time: self.time,
            statements: Arc::clone(&self.statements),
            cache: self.cache.clone(),
        })
    }
}

/// A transaction of a [`Limited`] database: on SQLite one after the other, on PostgreSQL at READ COMMITTED.
#[derive(Debug)]
pub struct LimitedTransaction {
    engine: Begun,
    time: Duration,
    statements: Arc<AtomicU64>,
    cache: Option<Arc<Cache>>,
}

#[derive(Debug)]
enum Begun {
    Sqlite(SqliteTransaction),
    Postgres(PgTransaction<'static, Driver>),
}

impl LimitedTransaction {
    /// Which SQL it understands.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        match self.engine {
            Begun::Sqlite(_) => Dialect::Sqlite,
            Begun::Postgres(_) => Dialect::Postgres,
        }
    }

    /// All rows of a query, or of a statement with `RETURNING`.
    ///
    /// # Errors
    /// [`SqlError`]; on PostgreSQL nothing more can be run after one.
    pub async fn rows(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Row>, SqlError> {
        self.statements.fetch_add(1, Ordering::Relaxed);
        let time = self.time;
        match &mut self.engine {
            Begun::Sqlite(transaction) => {
                let (sql, values) = (sql.to_owned(), values.to_vec());
                let run = transaction.run_within(time, move |connection| {
                    sqlite_statement::rows(connection, &sql, &values)
                });
                run.await
            }
            Begun::Postgres(transaction) => {
                within(
                    time,
                    postgres_statement::rows(&mut **transaction, sql, values),
                )
                .await
            }
        }
    }

    /// Runs one statement; the number of rows that it changed.
    ///
    /// # Errors
    /// As [`rows`](Self::rows).
    pub async fn execute(&mut self, sql: &str, values: &[Value]) -> Result<u64, SqlError> {
        self.statements.fetch_add(1, Ordering::Relaxed);
        let time = self.time;
        match &mut self.engine {
            Begun::Sqlite(transaction) => {
                let (sql, values) = (sql.to_owned(), values.to_vec());
                let run = transaction.run_within(time, move |connection| {
                    sqlite_statement::execute(connection, &sql, &values)
                });
                run.await
            }
            Begun::Postgres(transaction) => {
                within(
                    time,
                    postgres_statement::execute(&mut **transaction, sql, values),
                )
                .await
            }
        }
    }

    /// Makes it durable.
    ///
    /// # Errors
    /// [`SqlError::Constraint`] where a deferred constraint is broken; then nothing is written.
    pub async fn commit(self) -> Result<(), SqlError> {
        self.statements.fetch_add(1, Ordering::Relaxed);
        let _forgetting = self.cache.as_ref().map(Cache::forget_at_the_end);
        match self.engine {
            Begun::Sqlite(transaction) => transaction.try_commit().await,
            Begun::Postgres(transaction) => within(self.time, transaction.commit()).await,
        }
    }
}

async fn within<T>(
    time: Duration,
    answer: impl Future<Output = Result<T, sqlx_core::Error>>,
) -> Result<T, SqlError> {
    match timeout(time + PATIENCE, answer).await {
        Ok(answer) => answer.map_err(|error| SqlError::of_postgres(&error)),
        Err(_) => Err(away("PostgreSQL does not answer").into()),
    }
}
