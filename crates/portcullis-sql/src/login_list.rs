//! The list of logins.

use std::collections::BTreeSet;

use async_trait::async_trait;
use portcullis_core::{
    AdministrationError, Administrator, AuditEntry, AuditEvent, Cleared, Device, ForeignLogin,
    ListedLogin, LoginId, LoginListStore, Scheme, SeenLogin, Spared, StoreError, Touch, UserId,
};
use time::OffsetDateTime;

use crate::administration::{Act, Flag};
use crate::audit::write_audit;
use crate::database::Database;
use crate::devices::without_token;
use crate::failure::away;
use crate::jwt::{end_all, end_family_of_login, family_in, flush};
use crate::migrations::PATIENCE;
use crate::row::Row;
use crate::sessions::digest;
use crate::transaction::Transaction;
use crate::user_row::integer;
use crate::value::values;

/// How many session keys are looked at in one query.
const PAGE: i64 = 5000;

/// How often logins are looked at that change while they are to be ended.
const LOOKS: usize = 5;

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

/// Ends all logins of a user but `spared`; how many there were. `known` are the sessions among them
/// that have the keys `keys`. `None`: there is another session by now; nothing must be committed.
async fn end_all_logins(
    transaction: &mut Transaction,
    user_id: i64,
    spared: i64,
    known: &BTreeSet<String>,
    keys: &[String],
) -> Result<Option<u64>, StoreError> {
    let sql = "SELECT digest FROM portcullis_login WHERE id = ?1 AND user_id = ?2";
    let row = transaction
        .optional_row(sql, values![spared, user_id])
        .await?;
    let kept: String = row.map_or(Ok(String::new()), |row| row.get(0))?;
    for key in keys {
        let sql = "DELETE FROM django_session WHERE session_key = ?1";
        transaction.execute(sql, values![key]).await?;
    }
    let knox = transaction.tables.knox;
    let mut ended = 0;
    if knox {
        let sql = "DELETE FROM knox_authtoken WHERE user_id = ?1 AND digest <> ?2";
        ended = transaction.execute(sql, values![user_id, &kept]).await?;
    }
    let sql = "DELETE FROM portcullis_login WHERE user_id = ?1 AND id <> ?2 \
               RETURNING scheme, digest";
    for row in transaction.rows(sql, values![user_id, spared]).await? {
        let scheme = Scheme::of_name(row.get(0)?);
        if scheme == Scheme::Session && !known.contains(&row.get::<String>(1)?) {
            return Ok(None);
        }
        ended += u64::from(scheme != Scheme::Device || !knox);
    }
    end_all(transaction, user_id, family_in(&kept)).await?;
    Ok(Some(ended))
}

impl Database {
    /// Ends a login; where an administrator does, only if they may, and with their lines in both logs.
    pub(crate) async fn end_one_login(
        &self,
        login: LoginId,
        user_id: Option<i64>,
        audit: Option<AuditEntry>,
        by: Option<&Administrator>,
    ) -> Result<bool, AdministrationError> {
        for _ in 0..LOOKS {
            let sql = "SELECT digest, user_id, scheme FROM portcullis_login \
                       WHERE id = ?1 AND user_id = COALESCE(?2, user_id)";
            let Some(row) = self.optional_row(sql, values![login.0, user_id]).await? else {
                return Ok(false);
            };
            let digest: String = row.get(0)?;
            let keys = self.session_keys(BTreeSet::from([digest.clone()])).await?;
            let mut transaction = match by {
                Some(by) => self.begin_for(by, row.get(1)?, "Ended a login.").await?,
                None => self.begin().await?,
            };
            for key in &keys {
                let sql = "DELETE FROM django_session WHERE session_key = ?1";
                transaction.execute(sql, values![key]).await?;
            }
            if transaction.tables.knox {
                let sql = "DELETE FROM knox_authtoken WHERE digest = ?1";
                transaction.execute(sql, values![&digest]).await?;
            }
            let sql = "DELETE FROM portcullis_login WHERE id = ?1 AND digest = ?2";
            if transaction.execute(sql, values![login.0, &digest]).await? == 0 {
                // Its session has moved to another key, or it ended meanwhile.
                continue;
            }
            end_family_of_login(&mut transaction, &digest).await?;
            let scheme = Scheme::of_name(row.get(2)?);
            let audit = audit.map(|entry| entry.by(scheme));
            write_audit(&mut transaction, audit.as_ref(), Some(row.get(1)?)).await?;
            transaction.commit().await?;
            self.revoked(&UserId::Integer(row.get(1)?));
            return Ok(true);
        }
        Err(away("a login does not stand still").into())
    }

    /// Ends all logins of a user but the one with that number, and DRF's token where that is said.
    pub(crate) async fn end_every_login(
        &self,
        id: i64,
        login: i64,
        ends_authtoken: bool,
        audit: Option<AuditEntry>,
        by: Option<&Administrator>,
    ) -> Result<u64, AdministrationError> {
        for _ in 0..LOOKS {
            let sql = "SELECT digest FROM portcullis_login \
                       WHERE user_id = ?1 AND scheme = 'session' AND id <> ?2";
            let rows = self.rows(sql, values![id, login]).await?;
            let known: Result<BTreeSet<String>, _> = rows.iter().map(|row| row.get(0)).collect();
            let known = known?;
            let keys = self.session_keys(known.clone()).await?;
            let mut transaction = match by {
                Some(by) => self.begin_for(by, id, "Ended all logins.").await?,
                None => self.begin().await?,
            };
            let Some(ended) = end_all_logins(&mut transaction, id, login, &known, &keys).await?
            else {
                continue;
            };
            let sql = "DELETE FROM authtoken_token WHERE user_id = ?1";
            let tokens = match ends_authtoken && transaction.tables.authtoken {
                true => transaction.execute(sql, values![id]).await?,
                false => 0,
            };
            let audit = audit.filter(|_| ended + tokens > 0);
            write_audit(&mut transaction, audit.as_ref(), Some(id)).await?;
            transaction.commit().await?;
            self.revoked(&UserId::Integer(id));
            return Ok(ended + tokens);
        }
        Err(away("the logins do not stand still").into())
    }

    /// Begins the transaction of an administrator who may change that user, and writes what they do.
    async fn begin_for(
        &self,
        by: &Administrator,
        user_id: i64,
        message: &str,
    ) -> Result<Transaction, AdministrationError> {
        let mut act = Act::begin(self, by).await?;
        let name = act.user("change", user_id).await?.user.username;
        let event = AuditEvent::TokenRevoked;
        act.tell_user(event, Flag::Changed, (user_id, &name), message)
            .await?;
        Ok(act.transaction)
    }

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
            for row in rows.iter() {
                last = row.get(0)?;
                if wanted.remove(&digest(&last)) {
                    found.push(last.clone());
                }
            }
        }
        Ok(found)
    }
}

/// The error of a command that no administrator gave: there is but one.
fn store_error(error: AdministrationError) -> StoreError {
    match error {
        AdministrationError::Store(error) => error,
        other => away(&other.to_string()),
    }
}
