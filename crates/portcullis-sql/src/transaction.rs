//! A transaction on either engine: every command of the stores is one.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use portcullis_core::StoreError;

use crate::cache::Cache;
use crate::failure::away;
use crate::postgres::PostgresTransaction;
use crate::row::Row;
use crate::sqlite::SqliteTransaction;
use crate::tables::Tables;
use crate::user_table::UserTable;
use crate::value::Value;

/// Which SQL an engine understands, for the few statements that differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// SQLite, as it is bundled.
    Sqlite,
    /// PostgreSQL.
    Postgres,
}

/// A transaction. Dropped without [`commit`](Self::commit) it is rolled back: by an early return,
/// by a panic, and when the future that holds it is dropped because the client went away.
///
/// Statements are written once, with the placeholders `?1`, `?2`, in SQL that both engines have:
/// `RETURNING`, `ON CONFLICT`, `TRUE`.
///
/// On SQLite transactions run one after the other. On PostgreSQL they run beside each other at
/// READ COMMITTED: a command that looks first and writes then may find the world changed between
/// the two. Let unique keys (`ON CONFLICT … DO NOTHING` and the number of rows) or conditions in
/// the writing statement decide.
///
/// After a statement that failed or was abandoned nothing more is run or committed, as PostgreSQL
/// has it.
#[derive(Debug)]
pub(crate) struct Transaction {
    engine: Engine,
    sound: bool,
    statements: Arc<AtomicU64>,
    /// To be emptied after the commit, where the engine does not do so itself.
    cache: Option<Arc<Cache>>,
    /// Which of Django's tables there are.
    pub(crate) tables: Tables,
    /// Where users are.
    pub(crate) user_table: UserTable,
}

#[derive(Debug)]
enum Engine {
    Sqlite(SqliteTransaction),
    Postgres(PostgresTransaction),
}

impl Transaction {
    pub(crate) fn sqlite(transaction: SqliteTransaction, statements: Arc<AtomicU64>) -> Self {
        Self {
            engine: Engine::Sqlite(transaction),
            sound: true,
            statements,
            cache: None,
            tables: Tables::default(),
            user_table: UserTable::default(),
        }
    }

    pub(crate) fn postgres(
        transaction: PostgresTransaction,
        statements: Arc<AtomicU64>,
        cache: Option<Arc<Cache>>,
    ) -> Self {
        Self {
            engine: Engine::Postgres(transaction),
            sound: true,
            statements,
            cache,
            tables: Tables::default(),
            user_table: UserTable::default(),
        }
    }

    pub(crate) fn dialect(&self) -> Dialect {
        match self.engine {
            Engine::Sqlite(_) => Dialect::Sqlite,
            Engine::Postgres(_) => Dialect::Postgres,
        }
    }

    /// Runs one statement; the number of rows that it changed.
    pub(crate) async fn execute(&mut self, sql: &str, values: &[Value]) -> Result<u64, StoreError> {
        self.stake()?;
        let user_table = self.user_table.clone();
        let sql = &user_table.put_into(sql);
        let changed = match &mut self.engine {
            Engine::Sqlite(transaction) => transaction.execute(sql, values).await,
            Engine::Postgres(transaction) => transaction.execute(sql, values).await,
        }?;
        self.sound = true;
        Ok(changed)
    }

    /// All rows of a query, or of a statement with `RETURNING`.
    pub(crate) async fn rows(
        &mut self,
        sql: &str,
        values: &[Value],
    ) -> Result<Vec<Row>, StoreError> {
        self.stake()?;
        let user_table = self.user_table.clone();
        let sql = &user_table.put_into(sql);
        let rows = match &mut self.engine {
            Engine::Sqlite(transaction) => transaction.rows(sql, values).await,
            Engine::Postgres(transaction) => transaction.rows(sql, values).await,
        }?;
        self.sound = true;
        Ok(rows)
    }

    /// The first row of such a statement.
    pub(crate) async fn optional_row(
        &mut self,
        sql: &str,
        values: &[Value],
    ) -> Result<Option<Row>, StoreError> {
        Ok(self.rows(sql, values).await?.into_iter().next())
    }

    /// Runs several statements without values, in the engine's own SQL.
    pub(crate) async fn batch(&mut self, sql: &'static str) -> Result<(), StoreError> {
        self.stake()?;
        match &mut self.engine {
            Engine::Sqlite(transaction) => transaction.batch(sql).await,
            Engine::Postgres(transaction) => transaction.batch(sql).await,
        }?;
        self.sound = true;
        Ok(())
    }

    /// Lets its statements take that long, where the engine would stop them earlier.
    pub(crate) async fn allow(&mut self, time: std::time::Duration) -> Result<(), StoreError> {
        self.stake()?;
        match &mut self.engine {
            Engine::Sqlite(transaction) => transaction.allow(time),
            Engine::Postgres(transaction) => transaction.allow(time).await?,
        }
        self.sound = true;
        Ok(())
    }

    /// Makes it durable. When the future is dropped before it ends, it may be durable or undone.
    pub(crate) async fn commit(mut self) -> Result<(), StoreError> {
        self.stake()?;
        let _forgetting = self.cache.as_ref().map(Cache::forget_at_the_end);
        match self.engine {
            Engine::Sqlite(transaction) => transaction.commit().await,
            Engine::Postgres(transaction) => transaction.commit().await,
        }
    }

    /// Until the statement that comes now has succeeded, the transaction is not sound.
    fn stake(&mut self) -> Result<(), StoreError> {
        self.statements.fetch_add(1, Ordering::Relaxed);
        if !std::mem::replace(&mut self.sound, false) {
            return Err(away("a statement of this transaction has failed"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::database::Database;
    use crate::value::values;

    #[tokio::test]
    async fn failed_statement_spoils_its_transaction() {
        let folder = tempfile::tempdir().unwrap();
        let (database, _) = Database::open_sqlite(&folder.path().join("test.db")).unwrap();
        let table = "CREATE TABLE number (value integer UNIQUE)";
        database.execute(table, values![]).await.unwrap();
        let insert = "INSERT INTO number VALUES (?1)";
        let mut transaction = database.begin().await.unwrap();
        transaction.execute(insert, values![1]).await.unwrap();
        assert!(transaction.execute(insert, values![1]).await.is_err());
        assert!(transaction.execute(insert, values![2]).await.is_err());
        assert!(transaction.commit().await.is_err());
        let left = database.rows("SELECT value FROM number", values![]);
        assert!(left.await.unwrap().is_empty());
    }
}
