//! The commands and queries of accounts and their logins.

use async_trait::async_trait;
use portcullis_core::{
    AccountStore, Attempt, CreateAccountError, DeviceLogin, Limit, LoginId, NewAccount,
    NewDeviceLogin, PasswordHash, StoreError, User, UserId,
};
use rusqlite::{OptionalExtension, Transaction, params};
use time::OffsetDateTime;

use crate::database::Database;
use crate::timestamp;
use crate::user_row::{COLUMNS, user};
use crate::writer::unavailable;

#[async_trait]
impl AccountStore for Database {
    async fn user_by_login_name(&self, name: &str) -> Result<Option<User>, StoreError> {
        let (exact, folded) = (name.to_owned(), name.to_lowercase());
        self.read(move |connection| {
            let by_username = format!("SELECT {COLUMNS} FROM auth_user u WHERE u.username = ?1");
            let found = connection
                .prepare_cached(&by_username)?
                .query_row([exact], user)
                .optional()?;
            if found.is_some() {
                return Ok(found);
            }
            let by_email = format!(
                "SELECT {COLUMNS} FROM portcullis_email e JOIN auth_user u ON u.id = e.user_id \
                 WHERE e.folded = ?1"
            );
            connection
                .prepare_cached(&by_email)?
                .query_row([folded], user)
                .optional()
        })
        .await
    }

    async fn create_account(
        &self,
        account: NewAccount,
        login: NewDeviceLogin,
    ) -> Result<User, CreateAccountError> {
        self.writer()
            .run(move |transaction| {
                if is_taken(transaction, &account).map_err(|error| unavailable(&error))? {
                    return Err(CreateAccountError::Taken);
                }
                let made = insert_account(transaction, &account, &login);
                made.map_err(|error| CreateAccountError::Store(unavailable(&error)))
            })
            .await
    }

    async fn log_in(
        &self,
        user: &User,
        login: NewDeviceLogin,
        rehashed: Option<PasswordHash>,
    ) -> Result<bool, StoreError> {
        let Some(id) = integer(&user.id) else {
            return Ok(false);
        };
        let checked = user.password.clone();
        self.writer()
            .run(move |transaction| {
                // The password that was checked must still be the one that is stored.
                let written = transaction.execute(
                    "UPDATE auth_user SET last_login = ?1, password = ?2 \
                     WHERE id = ?3 AND password = ?4 AND is_active",
                    params![
                        timestamp::write(login.now),
                        rehashed.as_ref().unwrap_or(&checked).expose_secret(),
                        id,
                        checked.expose_secret(),
                    ],
                );
                let issued = written.and_then(|rows| match rows {
                    0 => Ok(false),
                    _ => insert_login(transaction, id, &login).map(|()| true),
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
                    expires: expiry.map(|text| {
                        timestamp::read(&text).unwrap_or(time::OffsetDateTime::UNIX_EPOCH)
                    }),
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

    async fn attempt(
        &self,
        key: &str,
        limit: Limit,
        now: OffsetDateTime,
    ) -> Result<Attempt, StoreError> {
        self.count_attempt(key.to_owned(), limit, now).await
    }

    async fn forget_attempts(&self, key: &str) -> Result<(), StoreError> {
        self.clear_count(key.to_owned()).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.read(|connection| {
            connection.query_row("SELECT EXISTS (SELECT 1 FROM auth_user)", [], |_| Ok(()))
        })
        .await
    }
}

/// The embedded database's user table has integer keys.
fn integer(id: &UserId) -> Option<i64> {
    match id {
        UserId::Integer(id) => Some(*id),
        _ => None,
    }
}

fn is_taken(transaction: &Transaction<'_>, account: &NewAccount) -> rusqlite::Result<bool> {
    transaction.query_row(
        "SELECT EXISTS (SELECT 1 FROM auth_user WHERE username = ?1) \
         OR EXISTS (SELECT 1 FROM portcullis_email WHERE folded = ?2)",
        params![account.username, account.email.to_lowercase()],
        |row| row.get(0),
    )
}

fn insert_account(
    transaction: &Transaction<'_>,
    account: &NewAccount,
    login: &NewDeviceLogin,
) -> rusqlite::Result<User> {
    let NewAccount {
        username,
        email,
        password,
        now,
    } = account;
    let joined = timestamp::write(*now);
    transaction.execute(
        "INSERT INTO auth_user (password, last_login, is_superuser, username, last_name, email, \
         is_staff, is_active, date_joined, first_name) \
         VALUES (?1, NULL, 0, ?2, '', ?3, 0, 1, ?4, '')",
        params![password.expose_secret(), username, email, joined],
    )?;
    let id = transaction.last_insert_rowid();
    // Accounts without an address share the empty one, which is nobody's log-in name.
    if !email.is_empty() {
        transaction.execute(
            "INSERT INTO portcullis_email (folded, user_id) VALUES (?1, ?2)",
            params![email.to_lowercase(), id],
        )?;
    }
    insert_login(transaction, id, login)?;
    let sql = format!("SELECT {COLUMNS} FROM auth_user u WHERE u.id = ?1");
    transaction.query_row(&sql, [id], user)
}

fn insert_login(
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
