//! The list of logins.

use std::collections::BTreeSet;

use async_trait::async_trait;
use portcullis_core::{Cleared, ListedLogin, LoginId, LoginListStore, Scheme, StoreError, UserId};
use time::OffsetDateTime;

use crate::database::Database;
use crate::jwt::{end_family_of_login, flush};
use crate::migrations::PATIENCE;
use crate::sessions::{delete, digest};
use crate::user_row::integer;
use crate::value::values;

/// How many session keys are looked at in one query.
const PAGE: i64 = 5000;

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
        self.execute(adopt, values![id]).await?;
        let sql = "SELECT id, scheme, device, created, last_seen, expires FROM portcullis_login \
                   WHERE user_id = ?1 ORDER BY created DESC, id DESC";
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
                })
            })
            .collect()
    }

    async fn end_login(&self, login: LoginId) -> Result<bool, StoreError> {
        let sql = "SELECT digest FROM portcullis_login WHERE id = ?1";
        let Some(row) = self.optional_row(sql, values![login.0]).await? else {
            return Ok(false);
        };
        let digest: String = row.get(0)?;
        let keys = self.session_keys(BTreeSet::from([digest.clone()])).await?;
        let mut transaction = self.begin().await?;
        for key in &keys {
            delete(&mut transaction, key).await?;
        }
        let sql = "DELETE FROM knox_authtoken WHERE digest = ?1";
        let tokens = transaction.execute(sql, values![&digest]).await?;
        let sql = "DELETE FROM portcullis_login WHERE id = ?1";
        let logins = transaction.execute(sql, values![login.0]).await?;
        end_family_of_login(&mut transaction, &digest).await?;
        transaction.commit().await?;
        Ok(tokens > 0 || logins > 0 || !keys.is_empty())
    }

    async fn clear_expired(&self, now: OffsetDateTime) -> Result<Cleared, StoreError> {
        let mut transaction = self.begin().await?;
        transaction.allow(PATIENCE).await?;
        let sql = "DELETE FROM django_session WHERE expire_date < ?1";
        let sessions = transaction.execute(sql, values![now]).await?;
        // Tokens first: a login whose token another server has given more time stays.
        let sql = "DELETE FROM knox_authtoken WHERE expiry < ?1";
        let tokens = transaction.execute(sql, values![now]).await?;
        let refresh_tokens = flush(&mut transaction, now).await?;
        let sql = "DELETE FROM portcullis_login WHERE expires < ?1 AND NOT EXISTS \
                   (SELECT 1 FROM knox_authtoken k WHERE k.digest = portcullis_login.digest)";
        transaction.execute(sql, values![now]).await?;
        transaction.commit().await?;
        Ok(Cleared {
            sessions,
            tokens,
            refresh_tokens,
        })
    }
}

impl Database {
    /// The keys of the sessions that the list of logins has for a user.
    pub(crate) async fn session_keys_of_user(&self, id: i64) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT digest FROM portcullis_login WHERE user_id = ?1 AND scheme = 'session'";
        let rows = self.rows(sql, values![id]).await?;
        let digests: Result<BTreeSet<String>, _> = rows.iter().map(|row| row.get(0)).collect();
        self.session_keys(digests?).await
    }

    /// The session keys that have these digests.
    ///
    /// Django's table has neither digests nor users, so that every key may have to be looked at:
    /// a hash for each, no column but the key. Only for what is rare.
    async fn session_keys(&self, mut wanted: BTreeSet<String>) -> Result<Vec<String>, StoreError> {
        // Those of others are longer or shorter: nothing has to be looked at for them.
        wanted.retain(|digest| digest.len() == 64);
        let (mut found, mut last) = (Vec::new(), String::new());
        while !wanted.is_empty() {
            let sql = "SELECT session_key FROM django_session WHERE session_key > ?1 \
                       ORDER BY session_key LIMIT ?2";
            let rows = self.rows(sql, values![&last, PAGE]).await?;
            if rows.is_empty() {
                break;
            }
            for row in rows {
                last = row.get(0)?;
                if wanted.remove(&digest(&last)) {
                    found.push(last.clone());
                }
            }
        }
        Ok(found)
    }
}
