//! Rows of `django_session`, and their place in the list of logins.

use async_trait::async_trait;
use portcullis_core::{
    AuditEntry, NewSession, Revoked, SessionStore, StoreError, StoredSession, UserId,
};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;

use crate::audit::write_audit;
use crate::database::Database;
use crate::login_list::seen;
use crate::transaction::Transaction;
use crate::value::values;

#[async_trait]
impl SessionStore for Database {
    async fn session(&self, key: &str) -> Result<Option<StoredSession>, StoreError> {
        let sql = "SELECT s.session_data, s.expire_date, l.id, l.last_seen, l.created FROM django_session s \
                   LEFT JOIN portcullis_login l ON l.digest = ?2 WHERE s.session_key = ?1";
        let Some(row) = self.optional_row(sql, values![key, digest(key)]).await? else {
            return Ok(None);
        };
        Ok(Some(StoredSession {
            data: row.get(0)?,
            // A time that cannot be read is one that has passed: fail closed.
            expires: row.get(1).unwrap_or(OffsetDateTime::UNIX_EPOCH),
            login: seen(&row, 2)?,
            // A log-in that cannot be read was long ago.
            since: row.get(4).unwrap_or(Some(OffsetDateTime::UNIX_EPOCH)),
        }))
    }

    async fn open_anonymous_session(&self, session: NewSession) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        insert_row(&mut transaction, &session).await?;
        transaction.commit().await
    }

    async fn rekey_session(&self, old_key: &str, session: NewSession) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        let moved = transaction
            .execute(
                "UPDATE django_session SET session_key = ?1, session_data = ?2, expire_date = ?3 \
                 WHERE session_key = ?4",
                values![&session.key, &session.data, session.expires, old_key],
            )
            .await?;
        let sql = "UPDATE portcullis_login SET digest = ?1, last_seen = ?2, expires = ?3 \
                   WHERE digest = ?4";
        let (new, old) = (digest(&session.key), digest(old_key));
        let values = values![new, session.now, session.expires, old];
        transaction.execute(sql, values).await?;
        transaction.commit().await?;
        Ok(moved > 0)
    }

    async fn end_session(&self, key: &str, audit: Option<AuditEntry>) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        let ended = delete(&mut transaction, key).await?;
        // A session of nobody is no login.
        let audit = audit.filter(|_| ended.user_id.is_some());
        write_audit(&mut transaction, audit.as_ref(), ended.user_id).await?;
        transaction.commit().await?;
        match ended.user_id {
            Some(user) => self.revoked(&UserId::Integer(user)),
            // Another server opened it: whose it was stands in its data alone, which is not read for this.
            None if ended.is_there => self.revocations().publish(&Revoked::Somebody),
            None => {}
        }
        Ok(ended.is_there)
    }
}

/// What stands for a session in the list of logins, which must not hold its key: 64 hex characters.
pub(crate) fn digest(key: &str) -> String {
    hex::encode(Sha256::digest(key.as_bytes()))
}

/// Writes a session of a user, and removes the one that it takes the place of.
pub(crate) async fn insert_session(
    transaction: &mut Transaction,
    user_id: i64,
    session: &NewSession,
) -> Result<(), StoreError> {
    insert_row(transaction, session).await?;
    let sql = "INSERT INTO portcullis_login \
               (user_id, scheme, device, digest, created, last_seen, expires, address) \
               VALUES (?1, 'session', ?2, ?3, ?4, ?4, ?5, ?6)";
    let login = values![
        user_id,
        &session.device.name,
        digest(&session.key),
        session.now,
        session.expires,
        session.device.address_text()
    ];
    transaction.execute(sql, login).await?;
    Ok(())
}

async fn insert_row(transaction: &mut Transaction, session: &NewSession) -> Result<(), StoreError> {
    if let Some(old) = &session.replaces {
        delete(transaction, old).await?;
    }
    let sql = "INSERT INTO django_session (session_key, session_data, expire_date) \
               VALUES (?1, ?2, ?3)";
    let values = values![&session.key, &session.data, session.expires];
    transaction.execute(sql, values).await.map(|_| ())
}

/// A session that was deleted.
struct Deleted {
    /// Whether it was there.
    is_there: bool,
    /// Whose it was, as far as the list of logins knows.
    user_id: Option<i64>,
}

async fn delete(transaction: &mut Transaction, key: &str) -> Result<Deleted, StoreError> {
    let sql = "DELETE FROM portcullis_login WHERE digest = ?1 RETURNING user_id";
    let row = transaction.optional_row(sql, values![digest(key)]).await?;
    let sql = "DELETE FROM django_session WHERE session_key = ?1";
    Ok(Deleted {
        is_there: transaction.execute(sql, values![key]).await? > 0,
        user_id: row.map(|row| row.get(0)).transpose()?,
    })
}
