//! Rows of `django_session`, and their place in the list of logins.

use async_trait::async_trait;
use portcullis_core::{NewSession, SessionStore, StoreError, StoredSession};
use rusqlite::{OptionalExtension, Transaction, params};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;

use crate::database::Database;
use crate::timestamp;
use crate::writer::unavailable;

#[async_trait]
impl SessionStore for Database {
    async fn session(&self, key: &str) -> Result<Option<StoredSession>, StoreError> {
        let key = key.to_owned();
        self.read(move |connection| {
            let sql = "SELECT session_data, expire_date FROM django_session WHERE session_key = ?1";
            let mut statement = connection.prepare_cached(sql)?;
            let found = statement.query_row([key], |row| {
                Ok(StoredSession {
                    data: row.get(0)?,
                    // A time that cannot be read is one that has passed: fail closed.
                    expires: timestamp::read(&row.get::<_, String>(1)?)
                        .unwrap_or(OffsetDateTime::UNIX_EPOCH),
                })
            });
            found.optional()
        })
        .await
    }

    async fn rekey_session(&self, old_key: &str, session: NewSession) -> Result<bool, StoreError> {
        let old_key = old_key.to_owned();
        self.writer()
            .run(move |transaction| {
                rekey(transaction, &old_key, &session).map_err(|error| unavailable(&error))
            })
            .await
    }

    async fn end_session(&self, key: &str) -> Result<bool, StoreError> {
        let key = key.to_owned();
        self.writer()
            .run(move |transaction| delete(transaction, &key).map_err(|error| unavailable(&error)))
            .await
    }
}

/// What stands for a session in the list of logins, which must not hold its key: 64 hex characters.
fn digest(key: &str) -> String {
    Sha256::digest(key.as_bytes())
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Writes a session of a user, and removes the one that it takes the place of.
pub(crate) fn insert_session(
    transaction: &Transaction<'_>,
    user_id: i64,
    session: &NewSession,
) -> rusqlite::Result<()> {
    if let Some(old) = &session.replaces {
        delete(transaction, old)?;
    }
    let (now, expires) = (
        timestamp::write(session.now),
        timestamp::write(session.expires),
    );
    transaction.execute(
        "INSERT INTO django_session (session_key, session_data, expire_date) VALUES (?1, ?2, ?3)",
        params![session.key, session.data, expires],
    )?;
    transaction.execute(
        "INSERT INTO portcullis_login (user_id, scheme, device, digest, created, last_seen, expires) \
         VALUES (?1, 'session', ?2, ?3, ?4, ?4, ?5)",
        params![user_id, session.device, digest(&session.key), now, expires],
    )?;
    Ok(())
}

fn rekey(
    transaction: &Transaction<'_>,
    old_key: &str,
    session: &NewSession,
) -> rusqlite::Result<bool> {
    let moved = transaction.execute(
        "UPDATE django_session SET session_key = ?1, session_data = ?2, expire_date = ?3 \
         WHERE session_key = ?4",
        params![
            session.key,
            session.data,
            timestamp::write(session.expires),
            old_key
        ],
    )?;
    transaction.execute(
        "UPDATE portcullis_login SET digest = ?1, last_seen = ?2 WHERE digest = ?3",
        params![
            digest(&session.key),
            timestamp::write(session.now),
            digest(old_key)
        ],
    )?;
    Ok(moved > 0)
}

fn delete(transaction: &Transaction<'_>, key: &str) -> rusqlite::Result<bool> {
    transaction.execute(
        "DELETE FROM portcullis_login WHERE digest = ?1",
        [digest(key)],
    )?;
    let ended = transaction.execute("DELETE FROM django_session WHERE session_key = ?1", [key])?;
    Ok(ended > 0)
}
