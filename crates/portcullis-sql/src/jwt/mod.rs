//! Refresh tokens: simplejwt's tables, and `portcullis_refresh` for families.
//!
//! The text of a token is in no table: simplejwt's `token` column is left empty, which nothing of it reads.

mod blacklist;
mod rotation;

use async_trait::async_trait;
use portcullis_core::{
    AuditEntry, Device, Family, JwtBearer, JwtStore, NewJwtLogin, RefreshStanding, RefreshToken,
    Revoked, Rotated, Rotation, StoreError, UserId,
};
use time::OffsetDateTime;

use crate::audit::write_audit;
use crate::database::Database;
use crate::login_list::seen;
use crate::transaction::Transaction;
use crate::user_row::{COLUMNS, WIDTH, integer, user};
use crate::value::values;
use blacklist::{blacklist, outstand};
pub(crate) use blacklist::{end_all, end_family_of_login, family_in, flush};

/// What stands before a family's name in the list of logins. Longer or shorter than a session's digest
/// and a token's, whatever follows.
const SCHEME: &str = "jwt:";

#[async_trait]
impl JwtStore for Database {
    async fn jwt_bearer(
        &self,
        user_id: &str,
        family: Option<&str>,
    ) -> Result<Option<JwtBearer>, StoreError> {
        let Ok(id) = user_id.parse::<i64>() else {
            return Ok(None);
        };
        let sql = format!(
            "SELECT {COLUMNS}, l.id, l.last_seen FROM auth_user u LEFT JOIN portcullis_login l \
             ON l.digest = ?2 AND l.user_id = u.id AND l.scheme = 'jwt' WHERE u.id = ?1"
        );
        let digest = family.filter(|id| is_family(id)).map(digest_of);
        let Some(row) = self.optional_row(&sql, values![id, digest]).await? else {
            return Ok(None);
        };
        Ok(Some(JwtBearer {
            user: user(&row)?,
            login: seen(&row, WIDTH)?,
        }))
    }

    async fn refresh_standing(
        &self,
        jti: &str,
        family: Option<&str>,
    ) -> Result<RefreshStanding, StoreError> {
        let is_blacklisted = match self.tables().await?.blacklist {
            true => {
                "SELECT 1 FROM token_blacklist_blacklistedtoken b \
                 JOIN token_blacklist_outstandingtoken o ON o.id = b.token_id WHERE o.jti = ?1"
            }
            // Those without a login are over.
            false => {
                "SELECT 1 FROM portcullis_refresh d WHERE d.jti = ?1 AND NOT EXISTS \
                 (SELECT 1 FROM portcullis_login l WHERE l.digest = 'jwt:' || d.family)"
            }
        };
        let sql = format!(
            "SELECT EXISTS ({is_blacklisted}), \
                   r.family, r.ends \
                   FROM (SELECT 1) one LEFT JOIN portcullis_refresh r ON r.jti = COALESCE(\
                   (SELECT jti FROM portcullis_refresh WHERE jti = ?1), \
                   (SELECT max(jti) FROM portcullis_refresh WHERE family = ?2))"
        );
        let family = family.filter(|id| is_family(id));
        let values = values![jti, family.map(str::to_owned)];
        let Some(row) = self.optional_row(&sql, values).await? else {
            return Ok(RefreshStanding::default());
        };
        let family = row.get::<Option<String>>(1)?.map(|id| Family {
            id,
            // A time that cannot be read is one that has passed: fail closed.
            ends: row.get(2).unwrap_or(OffsetDateTime::UNIX_EPOCH),
        });
        Ok(RefreshStanding {
            is_blacklisted: row.get(0)?,
            family,
        })
    }

    async fn rotate_refresh(&self, rotation: Rotation) -> Result<Rotated, StoreError> {
        let mut transaction = self.begin().await?;
        let rotated = rotation::rotate(&mut transaction, &rotation).await?;
        if matches!(rotated, Rotated::Done | Rotated::Reused) {
            transaction.commit().await?;
        }
        if let (Rotated::Reused, Some(user)) = (&rotated, &rotation.user) {
            self.revoked(user);
        }
        Ok(rotated)
    }

    async fn blacklist_refresh(
        &self,
        token: RefreshToken,
        family: Option<&str>,
        user: Option<&UserId>,
        now: OffsetDateTime,
        audit: Option<AuditEntry>,
    ) -> Result<bool, StoreError> {
        let user_id = user.and_then(integer);
        let named = family.filter(|id| is_family(id)).map(str::to_owned);
        let mut transaction = self.begin().await?;
        let mut ended = Vec::new();
        if let Some(family) = family_of(&mut transaction, &token.jti).await?.or(named) {
            ended = blacklist::end_family(&mut transaction, &family).await?;
        }
        let was_alive =
            ended.contains(&token.jti) || blacklist(&mut transaction, &token, user_id, now).await?;
        let audit = audit.filter(|_| was_alive);
        write_audit(&mut transaction, audit.as_ref(), user_id).await?;
        transaction.commit().await?;
        match user {
            Some(user) => self.revoked(user),
            None => self.revocations().publish(&Revoked::Somebody),
        }
        Ok(was_alive)
    }
}

/// Writes the rows of a pair of tokens.
pub(crate) async fn insert_jwt(
    transaction: &mut Transaction,
    user_id: i64,
    login: &NewJwtLogin,
) -> Result<(), StoreError> {
    outstand(transaction, &login.token, Some(user_id)).await?;
    let Some(family) = &login.family else {
        return Ok(());
    };
    insert_refresh(transaction, &login.token, family).await?;
    let (device, now) = (&login.device, login.now);
    insert_login(transaction, user_id, family, &login.token, device, now).await
}

/// The row of a token of a family. `false`: there is one of that `jti`.
async fn insert_refresh(
    transaction: &mut Transaction,
    token: &RefreshToken,
    family: &Family,
) -> Result<bool, StoreError> {
    let sql = "INSERT INTO portcullis_refresh (jti, family, issued, expires, ends) \
               VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (jti) DO NOTHING";
    let values = values![
        &token.jti,
        &family.id,
        token.issued,
        token.expires,
        family.ends
    ];
    Ok(transaction.execute(sql, values).await? > 0)
}

/// The family's place in the list of logins.
async fn insert_login(
    transaction: &mut Transaction,
    user_id: i64,
    family: &Family,
    token: &RefreshToken,
    device: &Device,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO portcullis_login \
               (user_id, scheme, device, digest, created, last_seen, expires, address) \
               VALUES (?1, 'jwt', ?2, ?3, ?4, ?4, ?5, ?6)";
    let digest = digest_of(&family.id);
    let values = values![
        user_id,
        &device.name,
        digest,
        now,
        token.expires,
        device.address_text()
    ];
    transaction.execute(sql, values).await.map(|_| ())
}

/// The family that a token is of.
async fn family_of(transaction: &mut Transaction, jti: &str) -> Result<Option<String>, StoreError> {
    let sql = "SELECT family FROM portcullis_refresh WHERE jti = ?1";
    let row = transaction.optional_row(sql, values![jti]).await?;
    row.map(|row| row.get(0)).transpose()
}

/// Whether a text may be a family's name: claims can hold anything.
fn is_family(id: &str) -> bool {
    id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// What stands for a family in the list of logins.
fn digest_of(family: &str) -> String {
    format!("{SCHEME}{family}")
}
