//! The list of logins.

use async_trait::async_trait;
use portcullis_core::{
    AuditEntry, Cleared, Device, ForeignLogin, ListedLogin, LoginId, LoginListStore, Scheme,
    SeenLogin, Spared, StoreError, Touch, UserId,
};
use time::OffsetDateTime;

use crate::database::Database;
use crate::devices::without_token;
use crate::jwt::flush;
use crate::login_ends::store_error;
use crate::migrations::PATIENCE;
use crate::row::Row;
use crate::sessions::digest;
use crate::user_row::integer;
use crate::value::values;

#[async_trait]
impl LoginListStore for Database {
    async fn list_logins(&self, user: &UserId) -> Result<Vec<ListedLogin>, StoreError> {
        let Some(id) = integer(user) else {
            return Ok(Vec::new());
        };
        let adopt = "INSERT INTO portcullis_login \
                     (user_id, scheme, device, digest, created, last_seen, expires) \
                     SELECT k.user_id, 'device', '', k.digest, k.created, k.created, k.expiry \
                     FROM knox_authtoken k WHERE k.user_id = ?1 AND NOT EXISTS \
                     (SELECT 1 FROM portcullis_login l WHERE l.digest = k.digest) \
                     ON CONFLICT DO NOTHING";
        let knox = self.tables().await?.knox;
        if knox {
            self.execute(adopt, values![id]).await?;
        }
        // Of tokens the other table knows best whether they are there, and until when.
        let sql = match knox {
            true => {
                "SELECT l.id, l.scheme, l.device, l.created, l.last_seen, \
                 CASE WHEN k.digest IS NULL THEN l.expires ELSE k.expiry END, l.address \
                 FROM portcullis_login l LEFT JOIN knox_authtoken k ON k.digest = l.digest \
                 WHERE l.user_id = ?1 AND (l.scheme <> 'device' OR k.digest IS NOT NULL) \
                 ORDER BY l.created DESC, l.id DESC"
            }
            false => {
                "SELECT id, scheme, device, created, last_seen, expires, address \
                 FROM portcullis_login WHERE user_id = ?1 ORDER BY created DESC, id DESC"
            }
        };
        let rows = self.rows(sql, values![id]).await?;
        rows.iter()
            .map(|row| {
                Ok(ListedLogin {
                    id: LoginId(row.get(0)?),
                    scheme: Scheme::of_name(row.get(1)?),
                    device: row.get(2)?,
                    created: row.get(3)?,
                    last_seen: row.get(4)?,
                    expires: row.get(5)?,
                    address: row.get(6)?,
                })
            })
            .collect()
    }

    async fn adopt_login(
        &self,
        user: &UserId,
        credential: ForeignLogin,
        device: Device,
        now: OffsetDateTime,
    ) -> Result<Option<LoginId>, StoreError> {
        let Some(id) = integer(user) else {
            return Ok(None);
        };
        let (name, address) = (&device.name, device.address_text());
        let digest = match credential {
            ForeignLogin::Session(key) => {
                let sql = "INSERT INTO portcullis_login \
                           (user_id, scheme, device, digest, created, last_seen, expires, address) \
                           SELECT ?1, 'session', ?2, ?3, ?4, ?4, s.expire_date, ?5 \
                           FROM django_session s WHERE s.session_key = ?6 ON CONFLICT DO NOTHING";
                let digest = digest(&key);
                let values = values![id, name, &digest, now, address, key];
                self.execute(sql, values).await?;
                digest
            }
            ForeignLogin::Device(digest) => {
                let sql = "INSERT INTO portcullis_login \
                           (user_id, scheme, device, digest, created, last_seen, expires, address) \
                           SELECT k.user_id, 'device', ?2, k.digest, k.created, ?4, k.expiry, ?5 \
                           FROM knox_authtoken k WHERE k.user_id = ?1 AND k.digest = ?3 \
                           ON CONFLICT DO NOTHING";
                if self.tables().await?.knox {
                    let values = values![id, name, &digest, now, address];
                    self.execute(sql, values).await?;
                }
                digest
            }
        };
        let sql = "SELECT id FROM portcullis_login WHERE digest = ?1 AND user_id = ?2";
        let row = self.optional_row(sql, values![&digest, id]).await?;
        row.map(|row| row.get(0).map(LoginId)).transpose()
    }

    async fn touch_logins(&self, mut touches: Vec<Touch>) -> Result<(), StoreError> {
        // In one order: nodes that do so at once then wait for each other and never in a circle.
        touches.sort_by_key(|touch| touch.login.0);
        let mut transaction = self.begin().await?;
        for touch in touches {
            let sql = "UPDATE portcullis_login SET last_seen = ?2, \
                       address = COALESCE(?3, address), expires = COALESCE(?4, expires) \
                       WHERE id = ?1 AND last_seen < ?2";
            let address = touch.device.address_text();
            let values = values![touch.login.0, touch.now, address, touch.expires];
            transaction.execute(sql, values).await?;
        }
        transaction.commit().await
    }

    async fn end_login(
        &self,
        login: LoginId,
        user: Option<&UserId>,
        audit: Option<AuditEntry>,
    ) -> Result<bool, StoreError> {
        let user_id = user.map(|user| integer(user).unwrap_or(-1));
        let ended = self.end_one_login(login, user_id, audit, None).await;
        ended.map_err(store_error)
    }

    async fn end_logins(
        &self,
        user: &UserId,
        spared: Spared,
        audit: Option<AuditEntry>,
    ) -> Result<u64, StoreError> {
        let Some(id) = integer(user) else {
            return Ok(0);
        };
        let login = match spared {
            Spared::Login(login) => login.0,
            Spared::Nothing | Spared::Token => -1,
        };
        let ends_authtoken = !matches!(spared, Spared::Token);
        let ended = self.end_every_login(id, login, ends_authtoken, audit, None);
        ended.await.map_err(store_error)
    }

    async fn clear_expired(&self, now: OffsetDateTime) -> Result<Cleared, StoreError> {
        let mut transaction = self.begin().await?;
        transaction.allow(PATIENCE).await?;
        let sql = "DELETE FROM django_session WHERE expire_date < ?1";
        let sessions = transaction.execute(sql, values![now]).await?;
        // Tokens first: a login whose token another server has given more time stays.
        let mut tokens = 0;
        if transaction.tables.knox {
            let sql = "DELETE FROM knox_authtoken WHERE expiry < ?1";
            tokens = transaction.execute(sql, values![now]).await?;
        }
        let refresh_tokens = flush(&mut transaction, now).await?;
        let sql = format!(
            "DELETE FROM portcullis_login WHERE expires < ?1 {}",
            without_token(&transaction)
        );
        transaction.execute(&sql, values![now]).await?;
        transaction.commit().await?;
        Ok(Cleared {
            sessions,
            tokens,
            refresh_tokens,
        })
    }
}

/// The login in two columns of a row, from `index` on, if there is one.
pub(crate) fn seen(row: &Row, index: usize) -> Result<Option<SeenLogin>, StoreError> {
    let id = row.get::<Option<i64>>(index)?;
    Ok(id.map(|id| SeenLogin {
        id: LoginId(id),
        // A time that cannot be read was long ago.
        last_seen: row.get(index + 1).unwrap_or(OffsetDateTime::UNIX_EPOCH),
    }))
}
