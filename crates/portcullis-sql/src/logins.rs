//! Logins: opening one, finding it by its credential, ending it.

use async_trait::async_trait;
use portcullis_core::{
    AuditEntry, AuditEvent, DeviceLogin, Issued, LoginStore, NewLogin, PasswordHash, StoreError,
    User, UserId,
};
use time::OffsetDateTime;

use crate::audit::{login_entry, write_audit};
use crate::database::Database;
use crate::devices::insert_device;
use crate::jwt::insert_jwt;
use crate::login_list::seen;
use crate::sessions::insert_session;
use crate::transaction::Transaction;
use crate::user_row::{COLUMNS, WIDTH, integer, user};
use crate::value::values;

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
        let checked = user.password.expose_secret();
        let current = rehashed
            .as_ref()
            .map_or(checked, PasswordHash::expose_secret);
        let mut transaction = self.begin().await?;
        // The password that was checked must still be the one that is stored.
        let written = transaction
            .execute(
                "UPDATE auth_user SET last_login = COALESCE(?1, last_login), password = ?2 \
                 WHERE id = ?3 AND password = ?4 AND is_active",
                values![last_login(&login), current, id, checked],
            )
            .await?;
        if written == 0 {
            return Ok(None);
        }
        let issued = insert_login(&mut transaction, id, &login).await?;
        if issued != Issued::TooMany {
            let is_told = matches!(login, NewLogin::SessionBeside(_));
            let entry = (!is_told).then(|| login_entry(AuditEvent::Login, &login));
            write_audit(&mut transaction, entry.as_ref(), Some(id)).await?;
            transaction.commit().await?;
        }
        Ok(Some(issued))
    }

    async fn device_logins(
        &self,
        token_key: &str,
        digest: &str,
    ) -> Result<Vec<DeviceLogin>, StoreError> {
        let (source, by) = match self.tables().await?.knox {
            true => (
                "l.id, l.last_seen, k.digest, k.expiry, k.created FROM knox_authtoken k \
                 JOIN auth_user u ON u.id = k.user_id \
                 LEFT JOIN portcullis_login l ON l.digest = k.digest WHERE k.token_key = ?1",
                token_key,
            ),
            false => (
                "l.id, l.last_seen, l.digest, l.expires, l.created FROM portcullis_login l \
                 JOIN auth_user u ON u.id = l.user_id WHERE l.digest = ?1 AND l.scheme = 'device'",
                digest,
            ),
        };
        let sql = format!("SELECT {COLUMNS}, {source}");
        let rows = self.rows(&sql, values![by]).await?;
        rows.iter()
            .map(|row| {
                Ok(DeviceLogin {
                    user: user(row)?,
                    login: seen(row, WIDTH)?,
                    digest: row.get(WIDTH + 2)?,
                    // An expiry that cannot be read is one that has passed: fail closed.
                    expires: row
                        .get(WIDTH + 3)
                        .unwrap_or(Some(OffsetDateTime::UNIX_EPOCH)),
                    created: row.get(WIDTH + 4).unwrap_or(OffsetDateTime::UNIX_EPOCH),
                })
            })
            .collect()
    }

    async fn end_device_login(
        &self,
        user: &UserId,
        digest: &str,
        audit: Option<AuditEntry>,
    ) -> Result<bool, StoreError> {
        let Some(id) = integer(user) else {
            return Ok(false);
        };
        let mut transaction = self.begin().await?;
        let logins = "DELETE FROM portcullis_login WHERE digest = ?1 AND user_id = ?2";
        let mut ended = transaction.execute(logins, values![digest, id]).await?;
        if transaction.tables.knox {
            let tokens = "DELETE FROM knox_authtoken WHERE digest = ?1 AND user_id = ?2";
            ended = transaction.execute(tokens, values![digest, id]).await?;
        }
        let audit = audit.filter(|_| ended > 0);
        write_audit(&mut transaction, audit.as_ref(), Some(id)).await?;
        transaction.commit().await?;
        self.revoked(user);
        Ok(ended > 0)
    }

    async fn end_device_logins(
        &self,
        user: &UserId,
        audit: Option<AuditEntry>,
    ) -> Result<u64, StoreError> {
        match integer(user) {
            Some(id) => {
                let ended = self.end_devices(id, audit).await?;
                self.revoked(user);
                Ok(ended)
            }
            None => Ok(0),
        }
    }

    async fn sweep_device_logins(
        &self,
        user: &UserId,
        now: OffsetDateTime,
    ) -> Result<(), StoreError> {
        match integer(user) {
            Some(id) => self.sweep_devices(id, now).await,
            None => Ok(()),
        }
    }

    async fn extend_device_logins(
        &self,
        expiries: &[(String, OffsetDateTime)],
        now: OffsetDateTime,
    ) -> Result<(), StoreError> {
        self.extend_devices(expiries, now).await
    }

    async fn user_by_token(&self, key: &str) -> Result<Option<User>, StoreError> {
        if !self.tables().await?.authtoken {
            return Ok(None);
        }
        let sql = format!(
            "SELECT {COLUMNS} FROM authtoken_token t JOIN auth_user u ON u.id = t.user_id \
             WHERE t.key = ?1"
        );
        let found = self.optional_row(&sql, values![key]).await?;
        found.as_ref().map(user).transpose()
    }

    async fn end_token(
        &self,
        user: &UserId,
        audit: Option<AuditEntry>,
    ) -> Result<bool, StoreError> {
        let Some(id) = integer(user) else {
            return Ok(false);
        };
        if !self.tables().await?.authtoken {
            return Ok(false);
        }
        let sql = "DELETE FROM authtoken_token WHERE user_id = ?1";
        let mut transaction = self.begin().await?;
        let has_ended = transaction.execute(sql, values![id]).await? > 0;
        let audit = audit.filter(|_| has_ended);
        write_audit(&mut transaction, audit.as_ref(), Some(id)).await?;
        transaction.commit().await?;
        self.revoked(user);
        Ok(has_ended)
    }
}

/// When `last_login` is written, and with which time: not for DRF's token, and as simplejwt by itself
/// not for JWTs.
fn last_login(login: &NewLogin) -> Option<OffsetDateTime> {
    match login {
        NewLogin::Device(device) => Some(device.now),
        NewLogin::Session(session) | NewLogin::SessionBeside(session) => Some(session.now),
        NewLogin::Token { .. } | NewLogin::Jwt(_) => None,
    }
}

/// Writes the rows of a login.
pub(crate) async fn insert_login(
    transaction: &mut Transaction,
    user_id: i64,
    login: &NewLogin,
) -> Result<Issued, StoreError> {
    match login {
        NewLogin::Device(device) => return insert_device(transaction, user_id, device).await,
        NewLogin::Session(session) | NewLogin::SessionBeside(session) => {
            insert_session(transaction, user_id, session).await?;
        }
        NewLogin::Jwt(login) => insert_jwt(transaction, user_id, login).await?,
        NewLogin::Token { key, now, .. } => {
            return insert_token(transaction, user_id, key, *now)
                .await
                .map(Issued::Token);
        }
    }
    Ok(Issued::AsAsked)
}

/// The user's one token: an older one wins, also one that another transaction writes meanwhile.
async fn insert_token(
    transaction: &mut Transaction,
    user_id: i64,
    key: &str,
    now: OffsetDateTime,
) -> Result<String, StoreError> {
    // Writing an existing row's own key back gives the row, whoever wrote it.
    let sql = "INSERT INTO authtoken_token AS t (key, created, user_id) VALUES (?1, ?2, ?3) \
               ON CONFLICT (user_id) DO UPDATE SET key = t.key RETURNING key";
    let row = transaction
        .optional_row(sql, values![key, now, user_id])
        .await?;
    let row = row.ok_or_else(|| StoreError::Unavailable("no token was written".to_owned()))?;
    row.get(0)
}
