//! Logins that are ended: one, or all of a user, by themselves or by an administrator.

use std::collections::BTreeSet;

use portcullis_core::{
    AdministrationError, Administrator, AuditEntry, AuditEvent, LoginId, Scheme, StoreError, UserId,
};

use crate::administration::{Act, Flag};
use crate::audit::write_audit;
use crate::database::Database;
use crate::failure::away;
use crate::jwt::{end_all, end_family_of_login, family_in};
use crate::sessions::digest;
use crate::transaction::Transaction;
use crate::value::values;

/// How many session keys are looked at in one query.
const PAGE: i64 = 5000;

/// How often logins are looked at that change while they are to be ended.
const LOOKS: usize = 5;

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
pub(crate) fn store_error(error: AdministrationError) -> StoreError {
    match error {
        AdministrationError::Store(error) => error,
        other => away(&other.to_string()),
    }
}
