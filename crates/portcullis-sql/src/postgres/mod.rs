//! PostgreSQL: a pool of connections.

pub(crate) mod statement;
mod watch;

use std::fmt;
use std::future::Future;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use portcullis_core::StoreError;
use sqlx_core::transaction::Transaction;
use sqlx_postgres::{PgConnectOptions, PgPool, PgPoolOptions, Postgres as Driver};
use tokio::time::timeout;

use crate::cache::Cache;
use crate::failure::{away, refused};
use crate::row::Row;
use crate::value::Value;

/// How many connections a node holds at most.
const CONNECTIONS: u32 = 10;

/// How long a caller waits for a connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a caller waits for an answer: longer than the server's own timeouts, so that a busy
/// database is reported by its own name and only one that is out of reach by ours.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the server ends by itself: statements, also those that wait for a lock, and transactions
/// whose node says nothing.
const SESSION: [(&str, &str); 3] = [
    ("statement_timeout", "5s"),
    ("idle_in_transaction_session_timeout", "10s"),
    ("timezone", "UTC"),
];

/// A PostgreSQL database; cheap to clone, all clones share its connections.
#[derive(Clone)]
pub(crate) struct Postgres {
    pool: PgPool,
}

impl Postgres {
    pub(crate) async fn connect(url: &str) -> Result<Self, StoreError> {
        let options = PgConnectOptions::from_str(url).map_err(|error| refused(&error))?;
        let options = options.application_name("portcullis").options(SESSION);
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .connect_with(options)
            .await
            .map_err(|error| refused(&error))?;
        Ok(Self { pool })
    }

    /// Tells the cache of what is written, as far as there are triggers that tell of it.
    pub(crate) async fn watch(&self, cache: &Arc<Cache>) -> Result<(), StoreError> {
        watch::start(&self.pool, cache).await
    }

    pub(crate) async fn begin(&self) -> Result<PostgresTransaction, StoreError> {
        let transaction = within(PATIENCE, self.pool.begin()).await?;
        Ok(PostgresTransaction {
            transaction,
            patience: PATIENCE,
        })
    }

    /// The same database by connections of its own, whose statements the server ends after `time`.
    pub(crate) fn limited(&self, time: Duration) -> Self {
        let limit = [("statement_timeout", format!("{}ms", time.as_millis()))];
        let options = (*self.pool.connect_options()).clone().options(limit);
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .connect_lazy_with(options);
        Self { pool }
    }

    pub(crate) fn pool(&self) -> &PgPool {
        &self.pool
    }

    pub(crate) async fn execute(&self, sql: &str, values: &[Value]) -> Result<u64, StoreError> {
        within(PATIENCE, statement::execute(&self.pool, sql, values)).await
    }

    pub(crate) async fn rows(&self, sql: &str, values: &[Value]) -> Result<Vec<Row>, StoreError> {
        within(PATIENCE, statement::rows(&self.pool, sql, values)).await
    }
}

impl fmt::Debug for Postgres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The password stays out.
        let options = self.pool.connect_options();
        f.debug_struct("Postgres")
            .field("host", &options.get_host())
            .field("database", &options.get_database())
            .finish_non_exhaustive()
    }
}

/// A transaction at READ COMMITTED. Dropping it rolls it back before its connection is used again.
#[derive(Debug)]
pub(crate) struct PostgresTransaction {
    transaction: Transaction<'static, Driver>,
    patience: Duration,
}

impl PostgresTransaction {
    pub(crate) async fn execute(&mut self, sql: &str, values: &[Value]) -> Result<u64, StoreError> {
        let executed = statement::execute(&mut *self.transaction, sql, values);
        within(self.patience, executed).await
    }

    pub(crate) async fn rows(
        &mut self,
        sql: &str,
        values: &[Value],
    ) -> Result<Vec<Row>, StoreError> {
        let rows = statement::rows(&mut *self.transaction, sql, values);
        within(self.patience, rows).await
    }

    pub(crate) async fn batch(&mut self, sql: &'static str) -> Result<(), StoreError> {
        let batch = sqlx_core::raw_sql::raw_sql(sql).execute(&mut *self.transaction);
        within(self.patience, batch).await.map(|_| ())
    }

    /// Lets this transaction's statements take longer than those of others.
    pub(crate) async fn allow(&mut self, time: Duration) -> Result<(), StoreError> {
        let sql = "SELECT set_config('statement_timeout', ?1, true)";
        let text = format!("{}ms", time.as_millis());
        self.rows(sql, &[text.into()]).await?;
        self.patience = time + PATIENCE;
        Ok(())
    }

    /// Durable when this returns `Ok`.
    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        within(self.patience, self.transaction.commit()).await
    }
}

async fn within<T>(
    time: Duration,
    answer: impl Future<Output = Result<T, sqlx_core::Error>>,
) -> Result<T, StoreError> {
    match timeout(time, answer).await {
        Ok(answer) => answer.map_err(|error| refused(&error)),
        Err(_) => Err(away("PostgreSQL does not answer")),
    }
}
