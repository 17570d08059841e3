//! Second factors: secrets of authenticator apps, digests of recovery codes, and proofs of logins.

use async_trait::async_trait;
use portcullis_core::{
    AuditEntry, FactorChange, Factors, LoginId, ProvedAt, SecondFactorStore, StoreError,
    StoredTotp, User, UserId,
};
use time::OffsetDateTime;

use crate::audit::write_audit;
use crate::database::Database;
use crate::outbox::insert_mails;
use crate::transaction::Transaction;
use crate::user_row::integer;
use crate::value::values;

#[async_trait]
impl SecondFactorStore for Database {
    async fn factors(&self, user: &UserId) -> Result<Factors, StoreError> {
        let Some(id) = integer(user) else {
            return Ok(Factors::default());
        };
        let sql = "SELECT (SELECT count(*) FROM portcullis_totp WHERE user_id = ?1), \
                   (SELECT count(*) FROM portcullis_recovery_code WHERE user_id = ?1)";
        let Some(row) = self.optional_row(sql, values![id]).await? else {
            return Ok(Factors::default());
        };
        let (totp, codes): (i64, i64) = (row.get(0)?, row.get(1)?);
        Ok(Factors {
            totp: totp > 0,
            recovery_codes: u32::try_from(codes).unwrap_or(0),
        })
    }

    async fn totp(&self, user: &UserId) -> Result<Option<StoredTotp>, StoreError> {
        let Some(id) = integer(user) else {
            return Ok(None);
        };
        let sql = "SELECT sealed, last_step FROM portcullis_totp WHERE user_id = ?1";
        let Some(row) = self.optional_row(sql, values![id]).await? else {
            return Ok(None);
        };
        Ok(Some(StoredTotp {
            sealed: row.get(0)?,
            last_step: row.get(1)?,
        }))
    }

    async fn add_totp(
        &self,
        user: &User,
        totp: &StoredTotp,
        change: FactorChange,
    ) -> Result<bool, StoreError> {
        let Some(id) = integer(&user.id) else {
            return Ok(false);
        };
        let mut transaction = self.begin().await?;
        if !hold(&mut transaction, user, id).await? {
            return Ok(false);
        }
        let sql = "INSERT INTO portcullis_totp (user_id, sealed, last_step, created) \
                   VALUES (?1, ?2, ?3, ?4) ON CONFLICT (user_id) DO NOTHING";
        let row = values![id, &totp.sealed, totp.last_step, change.audit.at];
        if transaction.execute(sql, row).await? == 0 {
            return Ok(false);
        }
        write(&mut transaction, id, &change).await?;
        transaction.commit().await?;
        Ok(true)
    }

    async fn use_totp_step(&self, user: &UserId, step: i64) -> Result<bool, StoreError> {
        let Some(id) = integer(user) else {
            return Ok(false);
        };
        let sql = "UPDATE portcullis_totp SET last_step = ?1 WHERE user_id = ?2 AND last_step < ?1";
        Ok(self.execute(sql, values![step, id]).await? > 0)
    }

    async fn use_recovery_code(
        &self,
        user: &UserId,
        digest: &str,
        change: FactorChange,
    ) -> Result<bool, StoreError> {
        let Some(id) = integer(user) else {
            return Ok(false);
        };
        let mut transaction = self.begin().await?;
        let sql = "DELETE FROM portcullis_recovery_code WHERE user_id = ?1 AND digest = ?2";
        if transaction.execute(sql, values![id, digest]).await? == 0 {
            return Ok(false);
        }
        write(&mut transaction, id, &change).await?;
        transaction.commit().await?;
        Ok(true)
    }

    async fn replace_recovery_codes(
        &self,
        user: &UserId,
        change: FactorChange,
    ) -> Result<bool, StoreError> {
        let Some(id) = integer(user) else {
            return Ok(false);
        };
        let mut transaction = self.begin().await?;
        // Held, so that of two who make codes at once the later ones are all there is.
        let sql = "UPDATE auth_user SET is_active = is_active WHERE id = ?1";
        transaction.execute(sql, values![id]).await?;
        if !has_factor(&mut transaction, id).await? {
            return Ok(false);
        }
        write(&mut transaction, id, &change).await?;
        transaction.commit().await?;
        Ok(true)
    }

    async fn remove_totp(&self, user: &UserId, change: FactorChange) -> Result<bool, StoreError> {
        let Some(id) = integer(user) else {
            return Ok(false);
        };
        let mut transaction = self.begin().await?;
        let sql = "DELETE FROM portcullis_totp WHERE user_id = ?1";
        if transaction.execute(sql, values![id]).await? == 0 {
            return Ok(false);
        }
        if !has_factor(&mut transaction, id).await? {
            remove_recovery_codes(&mut transaction, id).await?;
        }
        write(&mut transaction, id, &change).await?;
        transaction.commit().await?;
        Ok(true)
    }

    async fn prove_login(
        &self,
        user: &UserId,
        login: LoginId,
        audit: AuditEntry,
    ) -> Result<bool, StoreError> {
        let Some(id) = integer(user) else {
            return Ok(false);
        };
        let mut transaction = self.begin().await?;
        // Held: a login that ends meanwhile takes the proof with it.
        let sql =
            "UPDATE portcullis_login SET last_seen = last_seen WHERE id = ?1 AND user_id = ?2";
        if transaction.execute(sql, values![login.0, id]).await? == 0 {
            return Ok(false);
        }
        let sql = "INSERT INTO portcullis_proof (login_id, at) VALUES (?1, ?2) \
                   ON CONFLICT (login_id) DO UPDATE SET at = excluded.at";
        transaction.execute(sql, values![login.0, audit.at]).await?;
        write_audit(&mut transaction, Some(&audit), Some(id)).await?;
        transaction.commit().await?;
        Ok(true)
    }

    async fn proved_at(
        &self,
        user: &UserId,
        login: LoginId,
    ) -> Result<Option<ProvedAt>, StoreError> {
        let Some(id) = integer(user) else {
            return Ok(None);
        };
        let sql = "SELECT l.scheme, l.created, u.last_login, p.at FROM portcullis_login l \
                   JOIN auth_user u ON u.id = l.user_id \
                   LEFT JOIN portcullis_proof p ON p.login_id = l.id \
                   WHERE l.id = ?1 AND l.user_id = ?2";
        let Some(row) = self.optional_row(sql, values![login.0, id]).await? else {
            return Ok(None);
        };
        let scheme: String = row.get(0)?;
        let created: Option<OffsetDateTime> = row.get(1).ok();
        let last_login: Option<OffsetDateTime> = row.get(2).unwrap_or(None);
        // A session of another server is in the list since it was first seen, and not since a log-in.
        let is_ours = scheme != "session" || last_login >= created;
        Ok(Some(ProvedAt {
            opened: created.filter(|_| is_ours),
            again: row.get(3).unwrap_or(None),
        }))
    }
}

/// Holds a user's row to the end of the transaction. `false`: they were closed, or their password is
/// another.
async fn hold(transaction: &mut Transaction, user: &User, id: i64) -> Result<bool, StoreError> {
    let sql = "UPDATE auth_user SET is_active = is_active \
               WHERE id = ?1 AND password = ?2 AND is_active";
    let password = user.password.expose_secret();
    Ok(transaction.execute(sql, values![id, password]).await? > 0)
}

async fn has_factor(transaction: &mut Transaction, id: i64) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM portcullis_totp WHERE user_id = ?1";
    Ok(transaction.optional_row(sql, values![id]).await?.is_some())
}

async fn remove_recovery_codes(transaction: &mut Transaction, id: i64) -> Result<(), StoreError> {
    let sql = "DELETE FROM portcullis_recovery_code WHERE user_id = ?1";
    transaction.execute(sql, values![id]).await?;
    Ok(())
}

/// Writes the codes of a change, its line of the log, and its mails.
async fn write(
    transaction: &mut Transaction,
    id: i64,
    change: &FactorChange,
) -> Result<(), StoreError> {
    if let Some(digests) = &change.recovery_codes {
        remove_recovery_codes(transaction, id).await?;
        for digest in digests {
            let sql = "INSERT INTO portcullis_recovery_code (user_id, digest) VALUES (?1, ?2) \
                       ON CONFLICT DO NOTHING";
            transaction.execute(sql, values![id, digest]).await?;
        }
    }
    write_audit(transaction, Some(&change.audit), Some(id)).await?;
    insert_mails(transaction, &change.mails).await
}
