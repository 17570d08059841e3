//! The commands and queries of accounts and their logins.

use async_trait::async_trait;
use portcullis_core::{
    AccountStore, Attempt, CreateAccountError, DeviceLogin, Limit, LoginId, NewAccount,
    NewDeviceLogin, PasswordHash, StoreError, User, UserId,
};
use time::OffsetDateTime;

use crate::database::Database;
use crate::transaction::Transaction;
use crate::user_row::{COLUMNS, user};
use crate::value::values;

#[async_trait]
impl AccountStore for Database {
    async fn user_by_login_name(&self, name: &str) -> Result<Option<User>, StoreError> {
        let by_username = format!("SELECT {COLUMNS} FROM auth_user u WHERE u.username = ?1");
        if let Some(row) = self.optional_row(&by_username, values![name]).await? {
            return user(&row).map(Some);
        }
        let by_email = format!(
            "SELECT {COLUMNS} FROM portcullis_email e JOIN auth_user u ON u.id = e.user_id \
             WHERE e.folded = ?1"
        );
        let folded = values![name.to_lowercase()];
        let found = self.optional_row(&by_email, folded).await?;
        found.as_ref().map(user).transpose()
    }

    async fn create_account(
        &self,
        account: NewAccount,
        login: NewDeviceLogin,
    ) -> Result<User, CreateAccountError> {
        let mut transaction = self.begin().await?;
        let Some(user) = insert_account(&mut transaction, &account).await? else {
            return Err(CreateAccountError::Taken);
        };
        if let Some(id) = integer(&user.id) {
            insert_login(&mut transaction, id, &login).await?;
        }
        transaction.commit().await?;
        Ok(user)
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
        let checked = user.password.expose_secret();
        let mut transaction = self.begin().await?;
        // The password that was checked must still be the one that is stored.
        let written = transaction
            .execute(
                "UPDATE auth_user SET last_login = ?1, password = ?2 \
                 WHERE id = ?3 AND password = ?4 AND is_active",
                values![
                    login.now,
                    rehashed
                        .as_ref()
                        .map_or(checked, PasswordHash::expose_secret),
                    id,
                    checked,
                ],
            )
            .await?;
        if written == 0 {
            return Ok(false);
        }
        insert_login(&mut transaction, id, &login).await?;
        transaction.commit().await?;
        Ok(true)
    }

    async fn device_logins(&self, token_key: &str) -> Result<Vec<DeviceLogin>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS}, l.id, k.digest, k.expiry FROM knox_authtoken k \
             JOIN auth_user u ON u.id = k.user_id \
             LEFT JOIN portcullis_login l ON l.digest = k.digest WHERE k.token_key = ?1"
        );
        let rows = self.rows(&sql, values![token_key]).await?;
        rows.iter()
            .map(|row| {
                Ok(DeviceLogin {
                    user: user(row)?,
                    login: row.get::<Option<i64>>(8)?.map(LoginId),
                    digest: row.get(9)?,
                    // An expiry that cannot be read is one that has passed: fail closed.
                    expires: row.get(10).unwrap_or(Some(OffsetDateTime::UNIX_EPOCH)),
                })
            })
            .collect()
    }

    async fn end_device_login(&self, user: &UserId, digest: &str) -> Result<bool, StoreError> {
        let Some(id) = integer(user) else {
            return Ok(false);
        };
        let mut transaction = self.begin().await?;
        let tokens = "DELETE FROM knox_authtoken WHERE digest = ?1 AND user_id = ?2";
        let logins = "DELETE FROM portcullis_login WHERE digest = ?1 AND user_id = ?2";
        let ended = transaction.execute(tokens, values![digest, id]).await?;
        transaction.execute(logins, values![digest, id]).await?;
        transaction.commit().await?;
        Ok(ended > 0)
    }

    async fn attempt(
        &self,
        key: &str,
        limit: Limit,
        now: OffsetDateTime,
    ) -> Result<Attempt, StoreError> {
        self.count_attempt(key, limit, now).await
    }

    async fn forget_attempts(&self, key: &str) -> Result<(), StoreError> {
        self.clear_count(key).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM auth_user)";
        self.rows(sql, values![]).await.map(|_| ())
    }
}

/// Django's stock user table has integer keys.
fn integer(id: &UserId) -> Option<i64> {
    match id {
        UserId::Integer(id) => Some(*id),
        _ => None,
    }
}

/// The new user, or `None` when the name or address is taken, also by a transaction beside this
/// one: the unique keys decide, not a look before.
async fn insert_account(
    transaction: &mut Transaction,
    account: &NewAccount,
) -> Result<Option<User>, StoreError> {
    let sql = "INSERT INTO auth_user (password, last_login, is_superuser, username, last_name, \
               email, is_staff, is_active, date_joined, first_name) \
               VALUES (?1, NULL, FALSE, ?2, '', ?3, FALSE, TRUE, ?4, '') \
               ON CONFLICT DO NOTHING RETURNING id";
    let values = values![
        account.password.expose_secret(),
        &account.username,
        &account.email,
        account.now,
    ];
    let Some(row) = transaction.optional_row(sql, values).await? else {
        return Ok(None);
    };
    let id: i64 = row.get(0)?;
    // Accounts without an address share the empty one, which is nobody's log-in name.
    if !account.email.is_empty() {
        let sql = "INSERT INTO portcullis_email (folded, user_id) VALUES (?1, ?2) \
                   ON CONFLICT DO NOTHING";
        let values = values![account.email.to_lowercase(), id];
        if transaction.execute(sql, values).await? == 0 {
            return Ok(None);
        }
    }
    let sql = format!("SELECT {COLUMNS} FROM auth_user u WHERE u.id = ?1");
    let made = transaction.optional_row(&sql, values![id]).await?;
    made.as_ref().map(user).transpose()
}

async fn insert_login(
    transaction: &mut Transaction,
    user_id: i64,
    login: &NewDeviceLogin,
) -> Result<(), StoreError> {
    transaction
        .execute(
            "INSERT INTO knox_authtoken (digest, created, user_id, expiry, token_key) \
             VALUES (?1, ?2, ?3, ?4, ?5)",
            values![
                &login.digest,
                login.now,
                user_id,
                login.expires,
                &login.token_key
            ],
        )
        .await?;
    transaction
        .execute(
            "INSERT INTO portcullis_login \
             (user_id, scheme, device, digest, created, last_seen, expires) \
             VALUES (?1, 'device', ?2, ?3, ?4, ?4, ?5)",
            values![
                user_id,
                &login.device,
                &login.digest,
                login.now,
                login.expires
            ],
        )
        .await?;
    Ok(())
}
