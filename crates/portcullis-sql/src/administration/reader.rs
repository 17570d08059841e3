//! Reading for a page, or inside of the transaction that what is read decides about.

use portcullis_core::StoreError;

use crate::database::Database;
use crate::row::Row;
use crate::transaction::{Dialect, Transaction};
use crate::value::Value;

/// What reads.
pub(super) enum Reader<'a> {
    /// On a connection that waits for no writer.
    Page(&'a Database),
    /// In a transaction, with locks.
    Transaction(&'a mut Transaction),
}

impl Reader<'_> {
    pub(super) async fn rows(
        &mut self,
        sql: &str,
        values: &[Value],
    ) -> Result<Vec<Row>, StoreError> {
        match self {
            Self::Page(database) => database.rows_now(sql, values).await,
            Self::Transaction(transaction) => transaction.rows(sql, values).await,
        }
    }

    /// What users are called in the tables of groups and permissions.
    pub(super) fn key(&self) -> String {
        match self {
            Self::Page(database) => database.user_table().key().to_owned(),
            Self::Transaction(transaction) => transaction.user_table.key().to_owned(),
        }
    }

    /// A lock at the end of a query, where there is need for one: on SQLite transactions come one after the other.
    pub(super) fn locking(&self, lock: &'static str) -> &'static str {
        match self {
            Self::Transaction(transaction) if transaction.dialect() == Dialect::Postgres => lock,
            Self::Page(_) | Self::Transaction(_) => "",
        }
    }
}
