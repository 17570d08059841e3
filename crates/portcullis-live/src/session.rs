//! Where statements run: outside of a transaction, or in one.

use portcullis_sql::{Limited, LimitedTransaction, Row, SqlError, Value};

/// A database, or a transaction of it.
pub(crate) enum Session<'s> {
    Pool(&'s Limited),
    Transaction(&'s mut LimitedTransaction),
}

impl Session<'_> {
    pub(crate) async fn rows(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Row>, SqlError> {
        match self {
            Self::Pool(database) => database.rows(sql, values).await,
            Self::Transaction(transaction) => transaction.rows(sql, values).await,
        }
    }
}
