//! What an operator looks after.

use portcullis_core::{
    AdministrationError, Administrator, AuditEntry, AuditEvent, Lock, Operations, StoreError,
    UnsentMail, UserId,
};
use time::OffsetDateTime;

use super::act::Act;
use crate::audit::write_audit;
use crate::database::Database;
use crate::row::Row;
use crate::user_row::integer;
use crate::value::values;

/// What the keys of locks begin with.
const LOCK: &str = "lock:";

impl Database {
    pub(super) async fn operations_at(
        &self,
        now: OffsetDateTime,
        limit: u32,
    ) -> Result<Operations, StoreError> {
        let count = "SELECT (SELECT count(*) FROM portcullis_outbox WHERE sent IS NULL AND given_up IS NULL \
                     AND recipient <> ''), \
                     (SELECT count(*) FROM portcullis_outbox WHERE given_up IS NOT NULL AND recipient <> '')";
        let counts = self.rows_now(count, values![]).await?;
        let (mails_waiting, mails_given_up) = match counts.first() {
            Some(row) => (row.get(0)?, row.get(1)?),
            None => (0, 0),
        };
        let sql = "SELECT kind, recipient, created, attempts, last_error, given_up FROM portcullis_outbox \
                   WHERE sent IS NULL AND recipient <> '' ORDER BY id DESC LIMIT ?1";
        let mails = self.rows_now(sql, values![limit]).await?;
        let sql = "SELECT key, until FROM portcullis_throttle WHERE key LIKE 'lock:%' AND until > ?1 \
                   ORDER BY until DESC LIMIT ?2";
        let locks = self.rows_now(sql, values![now, limit]).await?;
        Ok(Operations {
            mails_waiting,
            mails_given_up,
            mails: mails.iter().map(mail).collect::<Result<_, _>>()?,
            locks: locks.iter().map(lock).collect::<Result<_, _>>()?,
        })
    }

    pub(super) async fn lock_lifted(
        &self,
        by: &Administrator,
        key: &str,
        user: Option<&UserId>,
    ) -> Result<(), AdministrationError> {
        let counted = key.strip_prefix(LOCK).ok_or(AdministrationError::Gone)?;
        let mut keys = vec![key.to_owned(), counted.to_owned()];
        if let Some(name) = counted.strip_prefix("login:name:") {
            let account = match user {
                Some(user) => format!("login:account:{user}"),
                None => format!("login:nobody:{name}"),
            };
            keys.push(format!("{account}:long"));
            keys.push(account);
        } else if let Some(address) = counted.strip_prefix("address:") {
            keys.push(format!("login:address:{address}"));
        }
        // As all who write these rows go about it.
        keys.sort();
        let mut act = Act::begin(self, by).await?;
        if !act.rights.is_superuser {
            return Err(AdministrationError::Forbidden);
        }
        let mut lifted = 0;
        for key in &keys {
            let sql = "DELETE FROM portcullis_throttle WHERE key = ?1";
            lifted += act.transaction.execute(sql, values![key]).await?;
        }
        if lifted == 0 {
            return Err(AdministrationError::Gone);
        }
        let entry = AuditEntry::new(AuditEvent::LockLifted, by.device.clone(), by.now);
        let about = user.and_then(integer);
        write_audit(&mut act.transaction, Some(&entry), about).await?;
        act.commit().await?;
        Ok(())
    }
}

fn mail(row: &Row) -> Result<UnsentMail, StoreError> {
    Ok(UnsentMail {
        kind: row.get(0)?,
        recipient: row.get(1)?,
        created: row.get(2)?,
        attempts: row.get(3)?,
        last_error: row.get(4)?,
        is_given_up: row.get::<Option<OffsetDateTime>>(5)?.is_some(),
    })
}

fn lock(row: &Row) -> Result<Lock, StoreError> {
    Ok(Lock {
        key: row.get(0)?,
        until: row.get(1)?,
    })
}
