//! Exchanging a refresh token for its successor, in one transaction.

use portcullis_core::{
    AuditEntry, AuditEvent, AuditOutcome, Family, RefreshToken, Rotated, Rotation, RotationWay,
    Scheme, StoreError,
};
use time::{Duration, OffsetDateTime};

use super::blacklist::{blacklist, end_family, outstand};
use super::{digest_of, family_of, insert_login, insert_refresh};
use crate::audit::write_audit;
use crate::row::Row;
use crate::transaction::Transaction;
use crate::user_row::integer;
use crate::value::values;

/// Does it; commit for [`Rotated::Done`] and [`Rotated::Reused`].
pub(super) async fn rotate(
    transaction: &mut Transaction,
    rotation: &Rotation,
) -> Result<Rotated, StoreError> {
    let user_id = rotation.user.as_ref().and_then(integer);
    match (&rotation.way, user_id) {
        (RotationWay::Alone { blacklists_old }, _) => {
            alone(transaction, rotation, user_id, *blacklists_old).await
        }
        // A login is somebody's.
        (RotationWay::Family { .. }, None) => Ok(Rotated::Over),
        (RotationWay::Family { family, .. }, _) if family.ends <= rotation.now => Ok(Rotated::Over),
        (
            RotationWay::Family {
                family,
                is_new,
                grace,
            },
            Some(id),
        ) => {
            let family = match family_of(transaction, &rotation.old.jti).await? {
                Some(family) => family,
                None => match adopt(transaction, rotation, id, family, *is_new).await? {
                    Some(family) => family,
                    None => return Ok(Rotated::Over),
                },
            };
            in_family(transaction, rotation, id, &family, *grace).await
        }
    }
}

/// A token by itself: the blacklist decides.
async fn alone(
    transaction: &mut Transaction,
    rotation: &Rotation,
    user_id: Option<i64>,
    blacklists_old: bool,
) -> Result<Rotated, StoreError> {
    if let Some(id) = user_id
        && !hold_user(transaction, id).await?
    {
        return Ok(Rotated::Over);
    }
    if blacklists_old {
        let (old, now) = (&rotation.old, rotation.now);
        if !blacklist(transaction, old, user_id, now).await? {
            return Ok(Rotated::Over);
        }
    }
    outstand(transaction, &rotation.new, user_id).await?;
    Ok(Rotated::Done)
}

/// Gives a token that another server made its family, and a new family its login; the family's name,
/// also when somebody else did so meanwhile. `None`: its user is not active.
async fn adopt(
    transaction: &mut Transaction,
    rotation: &Rotation,
    user_id: i64,
    family: &Family,
    is_new: bool,
) -> Result<Option<String>, StoreError> {
    if !hold_user(transaction, user_id).await? {
        return Ok(None);
    }
    if !insert_refresh(transaction, &rotation.old, family).await? {
        return family_of(transaction, &rotation.old.jti).await;
    }
    if is_new {
        let (device, now) = (&rotation.device, rotation.now);
        insert_login(transaction, user_id, family, &rotation.old, device, now).await?;
    }
    Ok(Some(family.id.clone()))
}

/// Holds the row of an active user until the end: a change of password, which ends all tokens, either
/// waits and sees those made here, or is waited for.
async fn hold_user(transaction: &mut Transaction, user_id: i64) -> Result<bool, StoreError> {
    let sql = "UPDATE auth_user SET is_active = is_active WHERE id = ?1 AND is_active";
    Ok(transaction.execute(sql, values![user_id]).await? > 0)
}

async fn in_family(
    transaction: &mut Transaction,
    rotation: &Rotation,
    user_id: i64,
    family: &str,
    grace: Duration,
) -> Result<Rotated, StoreError> {
    let Rotation { old, new, now, .. } = rotation;
    // The login's row is held until the end: who comes with the same token at the same time waits
    // here, and then finds it exchanged.
    let sql = "UPDATE portcullis_login SET last_seen = ?1 WHERE digest = ?2 AND user_id = ?3";
    let held = values![*now, digest_of(family), user_id];
    if transaction.execute(sql, held).await? == 0 {
        return Ok(Rotated::Over);
    }
    let sql = "SELECT successor, rotated, ends FROM portcullis_refresh WHERE jti = ?1";
    let Some(row) = transaction.optional_row(sql, values![&old.jti]).await? else {
        return Ok(Rotated::Over);
    };
    if let Some(successor) = row.get::<Option<String>>(0)? {
        // A time that cannot be read was long ago.
        let rotated = row.get::<OffsetDateTime>(1);
        let is_recent = rotated.is_ok_and(|rotated| *now - rotated < grace);
        if is_recent && let Some(token) = unused(transaction, &successor).await? {
            let family = family.to_owned();
            return Ok(Rotated::Again { token, family });
        }
        end_family(transaction, family).await?;
        let entry = AuditEntry::new(AuditEvent::TokenRevoked, rotation.device.clone(), *now)
            .with_outcome(AuditOutcome::Reused)
            .by(Scheme::Jwt);
        write_audit(transaction, Some(&entry), Some(user_id)).await?;
        return Ok(Rotated::Reused);
    }
    if !blacklist(transaction, old, Some(user_id), *now).await? {
        return Ok(Rotated::Over);
    }
    let ends = row.get(2)?;
    let family = Family {
        id: family.to_owned(),
        ends,
    };
    outstand(transaction, new, Some(user_id)).await?;
    insert_refresh(transaction, new, &family).await?;
    let sql = "UPDATE portcullis_refresh SET successor = ?1, rotated = ?2 WHERE jti = ?3";
    let link = values![&new.jti, *now, &old.jti];
    transaction.execute(sql, link).await?;
    let sql = "UPDATE portcullis_login SET expires = ?1 WHERE digest = ?2";
    let login = values![new.expires, digest_of(&family.id)];
    transaction.execute(sql, login).await?;
    Ok(Rotated::Done)
}

/// A token that was neither exchanged nor ended.
async fn unused(
    transaction: &mut Transaction,
    jti: &str,
) -> Result<Option<RefreshToken>, StoreError> {
    if !transaction.tables.blacklist {
        let sql = "SELECT issued, expires FROM portcullis_refresh \
                   WHERE jti = ?1 AND successor IS NULL";
        let row = transaction.optional_row(sql, values![jti]).await?;
        return row.map(|row| refresh_token(jti, &row)).transpose();
    }
    let sql = "SELECT r.issued, r.expires FROM portcullis_refresh r \
               JOIN token_blacklist_outstandingtoken o ON o.jti = r.jti \
               WHERE r.jti = ?1 AND r.successor IS NULL AND NOT EXISTS \
               (SELECT 1 FROM token_blacklist_blacklistedtoken b WHERE b.token_id = o.id)";
    let Some(row) = transaction.optional_row(sql, values![jti]).await? else {
        return Ok(None);
    };
    refresh_token(jti, &row).map(Some)
}

fn refresh_token(jti: &str, row: &Row) -> Result<RefreshToken, StoreError> {
    Ok(RefreshToken {
        jti: jti.to_owned(),
        issued: row.get(0)?,
        expires: row.get(1)?,
    })
}
