//! Telling the triggers that a transaction is our own.

use std::sync::atomic::{AtomicBool, Ordering};

use portcullis_sql::{Dialect, LimitedTransaction};

use crate::error::LiveError;
use crate::job::Job;

/// Whether there are triggers that want to know.
#[derive(Debug, Default)]
pub(crate) struct Writing(AtomicBool);

impl Writing {
    /// Whether there were none until now.
    pub(super) fn turn_on(&self) -> bool {
        !self.0.swap(true, Ordering::AcqRel)
    }

    fn is_on(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }

    /// Before the commit: the word is taken back, which on PostgreSQL the commit does by itself.
    pub(crate) async fn end(&self, transaction: &mut LimitedTransaction) -> Result<(), LiveError> {
        if self.is_on() && transaction.dialect() == Dialect::Sqlite {
            let sql = "UPDATE portcullis_writing SET is_ours = 0";
            transaction.execute(sql, &[]).await?;
        }
        Ok(())
    }
}

impl Job<'_> {
    /// Begins a transaction of our own.
    pub(crate) async fn begin(&self) -> Result<LimitedTransaction, LiveError> {
        let mut transaction = self.live.database.begin().await?;
        if self.live.bus.writing.is_on() {
            // Both are seen by this transaction alone, and gone with it when it is given up.
            match transaction.dialect() {
                Dialect::Sqlite => {
                    let sql = "UPDATE portcullis_writing SET is_ours = 1";
                    transaction.execute(sql, &[]).await?;
                }
                Dialect::Postgres => {
                    let sql = "SELECT set_config('portcullis.writing', '1', true)";
                    transaction.rows(sql, &[]).await?;
                }
            }
        }
        Ok(transaction)
    }
}
