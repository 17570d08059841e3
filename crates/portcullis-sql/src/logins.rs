//! Logins: opening one, finding it by its credential, ending it.

use async_trait::async_trait;
use portcullis_core::{
    DeviceLogin, Issued, LoginId, LoginStore, NewDeviceLogin, NewLogin, PasswordHash, StoreError,
    User, UserId,
};
use rusqlite::{OptionalExtension, Transaction, params};
use time::OffsetDateTime;

use crate::database::Database;
use crate::sessions::insert_session;
use crate::timestamp;
use crate::user_row::{COLUMNS, integer, user};
use crate::writer::unavailable;

#[async_trait]
impl LoginStore for Database {
    async fn log_in(
        &self,
        user: &User,
        login: NewLogin,
        rehashed: Option<PasswordHash>,
    ) -> Result<Option<Issued>, StoreError> {
        let Some(id) = integer(&user.id) else {
            return Ok(None);
        };
        let checked = user.password.clone();
        self.writer()
            .run(move |transaction| {
                let current = rehashed.as_ref().unwrap_or(&checked);
                let is_current = confirm(transaction, id, &checked, current, last_login(&login));
                let issued = is_current.and_then(|is_current| match is_current {
                    false => Ok(None),
                    true => insert_login(transaction, id, &login).map(Some),
                });
                issued.map_err(|error| unavailable(&error))
            })
            .await
    }

    async fn device_logins(&self, token_key: &str) -> Result<Vec<DeviceLogin>, StoreError> {
        let token_key = token_key.to_owned();
        self.read(move |connection| {
            let sql = format!(
                "SELECT {COLUMNS}, l.id, k.digest, k.expiry FROM knox_authtoken k \
                 JOIN auth_user u ON u.id = k.user_id \
                 LEFT JOIN portcullis_login l ON l.digest = k.digest WHERE k.token_key = ?1"
            );
            let mut statement = connection.prepare_cached(&sql)?;
            let rows = statement.query_map([token_key], |row| {
                let expiry: Option<String> = row.get(10)?;
                Ok(DeviceLogin {
                    user: user(row)?,
                    login: row.get::<_, Option<i64>>(8)?.map(LoginId),
                    digest: row.get(9)?,
                    // An expiry that cannot be read is one that has passed: fail closed.
                    expires: expiry
                        .map(|text| timestamp::read(&text).unwrap_or(OffsetDateTime::UNIX_EPOCH)),
                })
            })?;
            rows.collect()
        })
        .await
    }

    async fn end_device_login(&self, user: &UserId, digest: &str) -> Result<bool, StoreError> {
        let Some(id) = integer(user) else {
            return Ok(false);
        };
        let digest = digest.to_owned();
        self.writer()
            .run(move |transaction| {
                let key = params![digest, id];
                let tokens = "DELETE FROM knox_authtoken WHERE digest = ?1 AND user_id = ?2";
                let logins = "DELETE FROM portcullis_login WHERE digest = ?1 AND user_id = ?2";
                let ended = transaction.execute(tokens, key);
                let ended = ended.and_then(|rows| transaction.execute(logins, key).map(|_| rows));
                ended
                    .map(|rows| rows > 0)
                    .map_err(|error| unavailable(&error))
            })
            .await
    }

    async fn user_by_token(&self, key: &str) -> Result<Option<User>, StoreError> {
        let key = key.to_owned();
        self.read(move |connection| {
            let sql = format!(
                "SELECT {COLUMNS} FROM authtoken_token t JOIN auth_user u ON u.id = t.user_id \
                 WHERE t.key = ?1"
            );
            connection
                .prepare_cached(&sql)?
                .query_row([key], user)
                .optional()
        })
        .await
    }

    async fn end_token(&self, user: &UserId) -> Result<bool, StoreError> {
        let Some(id) = integer(user) else {
            return Ok(false);
        };
        self.writer()
            .run(move |transaction| {
                let ended =
                    transaction.execute("DELETE FROM authtoken_token WHERE user_id = ?1", [id]);
                ended
                    .map(|rows| rows > 0)
                    .map_err(|error| unavailable(&error))
            })
            .await
    }
}

/// When `last_login` is written, and with which time: not for DRF's token.
fn last_login(login: &NewLogin) -> Option<OffsetDateTime> {
    match login {
        NewLogin::Device(device) => Some(device.now),
        NewLogin::Session(session) => Some(session.now),
        NewLogin::Token { .. } => None,
    }
}

/// Whether the password that was checked is still the one that is stored; writes what a login writes.
fn confirm(
    transaction: &Transaction<'_>,
    id: i64,
    checked: &PasswordHash,
    current: &PasswordHash,
    at: Option<OffsetDateTime>,
) -> rusqlite::Result<bool> {
    let rows = transaction.execute(
        "UPDATE auth_user SET last_login = COALESCE(?1, last_login), password = ?2 \
         WHERE id = ?3 AND password = ?4 AND is_active",
        params![
            at.map(timestamp::write),
            current.expose_secret(),
            id,
            checked.expose_secret()
        ],
    )?;
    Ok(rows > 0)
}

/// Writes the rows of a login.
pub(crate) fn insert_login(
    transaction: &Transaction<'_>,
    user_id: i64,
    login: &NewLogin,
) -> rusqlite::Result<Issued> {
    match login {
        NewLogin::Device(device) => insert_device(transaction, user_id, device)?,
        NewLogin::Session(session) => insert_session(transaction, user_id, session)?,
        NewLogin::Token { key, now } => {
            transaction.execute(
                "INSERT INTO authtoken_token (key, created, user_id) VALUES (?1, ?2, ?3) \
                 ON CONFLICT (user_id) DO NOTHING",
                params![key, timestamp::write(*now), user_id],
            )?;
            let sql = "SELECT key FROM authtoken_token WHERE user_id = ?1";
            return transaction
                .query_row(sql, [user_id], |row| row.get(0))
                .map(Issued::Token);
        }
    }
    Ok(Issued::AsAsked)
}

fn insert_device(
    transaction: &Transaction<'_>,
    user_id: i64,
    login: &NewDeviceLogin,
) -> rusqlite::Result<()> {
    let (now, expires) = (timestamp::write(login.now), timestamp::write(login.expires));
    transaction.execute(
        "INSERT INTO knox_authtoken (digest, created, user_id, expiry, token_key) \
         VALUES (?1, ?2, ?3, ?4, ?5)",
        params![login.digest, now, user_id, expires, login.token_key],
    )?;
    transaction.execute(
        "INSERT INTO portcullis_login (user_id, scheme, device, digest, created, last_seen, expires) \
         VALUES (?1, 'device', ?2, ?3, ?4, ?4, ?5)",
        params![user_id, login.device, login.digest, now, expires],
    )?;
    Ok(())
}
