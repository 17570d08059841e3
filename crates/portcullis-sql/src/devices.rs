//! Device tokens, the rows of `knox_authtoken`, with their places in the list of logins.

use portcullis_core::{AuditEntry, Issued, NewDeviceLogin, StoreError};
use time::OffsetDateTime;

use crate::audit::write_audit;
use crate::database::Database;
use crate::transaction::Transaction;
use crate::value::values;

/// Writes a device token of a user, unless they have as many as they may.
///
/// The user's row is held by the caller, so that of many at once no more than the limit get one.
pub(crate) async fn insert_device(
    transaction: &mut Transaction,
    user_id: i64,
    login: &NewDeviceLogin,
) -> Result<Issued, StoreError> {
    sweep(transaction, user_id, login.now).await?;
    if let Some(limit) = login.limit {
        let sql = match transaction.tables.knox {
            true => {
                "SELECT count(*) FROM knox_authtoken WHERE user_id = ?1 \
                 AND (expiry IS NULL OR expiry > ?2)"
            }
            false => {
                "SELECT count(*) FROM portcullis_login WHERE user_id = ?1 AND scheme = 'device' \
                 AND (expires IS NULL OR expires > ?2)"
            }
        };
        let values = values![user_id, login.now];
        let row = transaction.optional_row(sql, values).await?;
        let count: i64 = row.map_or(Ok(0), |row| row.get(0))?;
        if count >= i64::from(limit) {
            return Ok(Issued::TooMany);
        }
    }
    if transaction.tables.knox {
        let sql = "INSERT INTO knox_authtoken (digest, created, user_id, expiry, token_key) \
                   VALUES (?1, ?2, ?3, ?4, ?5)";
        let (created, key) = (login.now, &login.token_key);
        let token = values![&login.digest, created, user_id, login.expires, key];
        transaction.execute(sql, token).await?;
    }
    transaction
        .execute(
            "INSERT INTO portcullis_login \
             (user_id, scheme, device, digest, created, last_seen, expires, address) \
             VALUES (?1, 'device', ?2, ?3, ?4, ?4, ?5, ?6)",
            values![
                user_id,
                &login.device.name,
                &login.digest,
                login.now,
                login.expires,
                login.device.address_text()
            ],
        )
        .await?;
    Ok(Issued::AsAsked)
}

/// Removes the tokens of a user that are over.
async fn sweep(
    transaction: &mut Transaction,
    user_id: i64,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    // Tokens first: a login whose token another server has given more time stays.
    if transaction.tables.knox {
        let sql = "DELETE FROM knox_authtoken WHERE user_id = ?1 AND expiry < ?2";
        transaction.execute(sql, values![user_id, now]).await?;
    }
    let sql = format!(
        "DELETE FROM portcullis_login WHERE user_id = ?1 AND scheme = 'device' AND expires < ?2 {}",
        without_token(transaction)
    );
    transaction.execute(&sql, values![user_id, now]).await?;
    Ok(())
}

/// The condition that a row of the list of logins has no token of knox any more.
pub(crate) fn without_token(transaction: &Transaction) -> &'static str {
    match transaction.tables.knox {
        true => {
            "AND NOT EXISTS (SELECT 1 FROM knox_authtoken k WHERE k.digest = portcullis_login.digest)"
        }
        false => "",
    }
}

/// Ends all device tokens of a user, with their rows in the list of logins; how many there were.
pub(crate) async fn end_tokens(
    transaction: &mut Transaction,
    user_id: i64,
) -> Result<u64, StoreError> {
    let mut tokens = 0;
    if transaction.tables.knox {
        let sql = "DELETE FROM knox_authtoken WHERE user_id = ?1";
        tokens = transaction.execute(sql, values![user_id]).await?;
    }
    let sql = "DELETE FROM portcullis_login WHERE user_id = ?1 AND scheme = 'device'";
    let logins = transaction.execute(sql, values![user_id]).await?;
    Ok(if transaction.tables.knox {
        tokens
    } else {
        logins
    })
}

impl Database {
    /// Ends all device logins of a user; how many tokens there were.
    pub(crate) async fn end_devices(
        &self,
        user_id: i64,
        audit: Option<AuditEntry>,
    ) -> Result<u64, StoreError> {
        let mut transaction = self.begin().await?;
        let ended = end_tokens(&mut transaction, user_id).await?;
        let audit = audit.filter(|_| ended > 0);
        write_audit(&mut transaction, audit.as_ref(), Some(user_id)).await?;
        transaction.commit().await?;
        Ok(ended)
    }

    pub(crate) async fn sweep_devices(
        &self,
        user_id: i64,
        now: OffsetDateTime,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        sweep(&mut transaction, user_id, now).await?;
        transaction.commit().await
    }

    /// Gives tokens more time, all in one transaction, in the order of digests: nodes that do so at
    /// once then wait for each other and never in a circle.
    pub(crate) async fn extend_devices(
        &self,
        expiries: &[(String, OffsetDateTime)],
        now: OffsetDateTime,
    ) -> Result<(), StoreError> {
        let mut expiries: Vec<_> = expiries.iter().collect();
        expiries.sort();
        let mut transaction = self.begin().await?;
        for (digest, expires) in expiries {
            let values = values![digest, *expires, now];
            if !transaction.tables.knox {
                let sql = "UPDATE portcullis_login SET expires = ?2, last_seen = ?3 \
                           WHERE digest = ?1 AND expires < ?2 AND expires >= ?3";
                transaction.execute(sql, values).await?;
                continue;
            }
            // A token that is over by now stays over.
            let sql = "UPDATE knox_authtoken SET expiry = ?2 \
                       WHERE digest = ?1 AND expiry < ?2 AND expiry >= ?3";
            if transaction.execute(sql, values).await? > 0 {
                let sql = "UPDATE portcullis_login SET expires = ?2, last_seen = ?3 \
                           WHERE digest = ?1";
                transaction.execute(sql, values).await?;
            }
        }
        transaction.commit().await
    }
}
