//! `portcullis_username` and `portcullis_email`: whose a name or address is, in whatever letter case.
//!
//! Django knows nothing of these tables. What it makes, changes and deletes is caught up with here: new
//! users before each search, rows of users who are gone or have another name now when somebody wants theirs.

use std::sync::atomic::Ordering;

use portcullis_core::StoreError;

use crate::database::Database;
use crate::transaction::Transaction;
use crate::value::values;

/// How many users are looked at in one query.
const PAGE: i64 = 1000;

/// One of the tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Names {
    /// Log-in names.
    Usernames,
    /// E-mail addresses.
    Emails,
}

impl Names {
    /// Our table, and the column of `auth_user` that it is about.
    fn table_and_column(self) -> (&'static str, &'static str) {
        match self {
            Self::Usernames => ("portcullis_username", "username"),
            Self::Emails => ("portcullis_email", "email"),
        }
    }

    /// Writes that a name is that user's. `false`: it is somebody else's, who has it still.
    pub(crate) async fn claim(
        self,
        transaction: &mut Transaction,
        name: &str,
        user_id: i64,
    ) -> Result<bool, StoreError> {
        let (table, column) = self.table_and_column();
        let folded = name.to_lowercase();
        let sql =
            format!("INSERT INTO {table} (folded, user_id) VALUES (?1, ?2) ON CONFLICT DO NOTHING");
        if transaction.execute(&sql, values![&folded, user_id]).await? > 0 {
            return Ok(true);
        }
        let sql = format!(
            "SELECT n.user_id, COALESCE(u.{column}, '') FROM {table} n \
             LEFT JOIN auth_user u ON u.id = n.user_id WHERE n.folded = ?1"
        );
        let Some(row) = transaction.optional_row(&sql, values![&folded]).await? else {
            return Ok(false);
        };
        let (holder, held): (i64, String) = (row.get(0)?, row.get(1)?);
        if holder == user_id {
            return Ok(true);
        }
        if held.to_lowercase() == folded {
            return Ok(false);
        }
        // Of two who want it at once, one finds the holder as it was.
        let sql = format!("UPDATE {table} SET user_id = ?1 WHERE folded = ?2 AND user_id = ?3");
        let values = values![user_id, &folded, holder];
        Ok(transaction.execute(&sql, values).await? > 0)
    }

    /// Takes over the names of the users that are there; of two that differ in letter case only, the
    /// older account keeps it and the log says so.
    pub(crate) async fn adopt_all(self, transaction: &mut Transaction) -> Result<(), StoreError> {
        let (table, column) = self.table_and_column();
        // Also of users whose name was changed by somebody else.
        let page = format!(
            "SELECT u.id, u.{column} FROM auth_user u WHERE u.{column} <> '' AND u.id > ?1 \
             AND NOT EXISTS (SELECT 1 FROM {table} n WHERE n.user_id = u.id AND n.folded = u.{column}) \
             ORDER BY u.id LIMIT ?2"
        );
        let mut last = i64::MIN;
        loop {
            let users = transaction.rows(&page, values![last, PAGE]).await?;
            let Some(row) = users.last() else {
                return Ok(());
            };
            last = row.get(0)?;
            for row in users {
                let (id, name): (i64, String) = (row.get(0)?, row.get(1)?);
                if !self.claim(transaction, &name, id).await? {
                    tracing::warn!(
                        user = id,
                        column,
                        "another account has the same but for letter case"
                    );
                }
            }
        }
    }
}

impl Database {
    /// Takes over the names and addresses of users that another server has made since the last time:
    /// one query of the primary key's end.
    ///
    /// On a database that cannot be written to nothing is taken over, and nothing fails.
    pub(crate) async fn adopt_newcomers(&self) -> Result<(), StoreError> {
        loop {
            let known = self.newest_user().load(Ordering::Acquire);
            let sql =
                "SELECT id, username, email FROM auth_user WHERE id > ?1 ORDER BY id LIMIT ?2";
            let users = self.rows_now(sql, values![known, PAGE]).await?;
            let Some(row) = users.last() else {
                return Ok(());
            };
            let last: i64 = row.get(0)?;
            let mut transaction = match self.begin().await {
                Ok(transaction) => transaction,
                Err(error) => return tell(&error),
            };
            for row in &users {
                let (id, username, email): (i64, String, String) =
                    (row.get(0)?, row.get(1)?, row.get(2)?);
                for (names, name) in [(Names::Usernames, username), (Names::Emails, email)] {
                    if name.is_empty() {
                        continue;
                    }
                    if let Err(error) = names.claim(&mut transaction, &name, id).await {
                        return tell(&error);
                    }
                }
            }
            if let Err(error) = transaction.commit().await {
                return tell(&error);
            }
            self.newest_user().fetch_max(last, Ordering::AcqRel);
        }
    }

    /// Remembers that a user's names were written with them, when they are the next.
    pub(crate) fn is_adopted(&self, user_id: i64) {
        let newest = self.newest_user();
        let next = (user_id - 1, user_id);
        // Otherwise others are between, who are looked at first.
        let _ = newest.compare_exchange(next.0, next.1, Ordering::AcqRel, Ordering::Relaxed);
    }
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "the callers' answer: a search goes on without it"
)]
fn tell(error: &StoreError) -> Result<(), StoreError> {
    tracing::warn!(cause = %error, "users that another server made could not be taken over");
    Ok(())
}
