//! Ending refresh tokens: one, those of a family, all of a user; and sweeping those that are over.

use portcullis_core::{Family, RefreshToken, StoreError};
use time::OffsetDateTime;

use super::{SCHEME, digest_of, insert_refresh};
use crate::transaction::Transaction;
use crate::value::values;

/// Records a token, unless its `jti` is known.
pub(super) async fn outstand(
    transaction: &mut Transaction,
    token: &RefreshToken,
    user_id: Option<i64>,
) -> Result<(), StoreError> {
    if !transaction.tables.blacklist {
        return Ok(());
    }
    let sql = "INSERT INTO token_blacklist_outstandingtoken \
               (token, created_at, expires_at, user_id, jti) VALUES ('', ?1, ?2, ?3, ?4) \
               ON CONFLICT (jti) DO NOTHING";
    let values = values![token.issued, token.expires, user_id, &token.jti];
    transaction.execute(sql, values).await.map(|_| ())
}

/// Ends a token. `false`: it was dead already; of two at once, one ends it.
pub(super) async fn blacklist(
    transaction: &mut Transaction,
    token: &RefreshToken,
    user_id: Option<i64>,
    now: OffsetDateTime,
) -> Result<bool, StoreError> {
    if !transaction.tables.blacklist {
        return bury(transaction, token).await;
    }
    outstand(transaction, token, user_id).await?;
    let sql = "INSERT INTO token_blacklist_blacklistedtoken (token_id, blacklisted_at) \
               SELECT id, ?2 FROM token_blacklist_outstandingtoken WHERE jti = ?1 \
               ON CONFLICT (token_id) DO NOTHING";
    Ok(transaction.execute(sql, values![&token.jti, now]).await? > 0)
}

/// Ends a token where simplejwt's tables are missing: it gets a family without a login, which is over. One
/// that has a family is ended with its login, or has its successor.
async fn bury(transaction: &mut Transaction, token: &RefreshToken) -> Result<bool, StoreError> {
    let family = Family {
        id: buried_family(&token.jti),
        ends: token.issued,
    };
    if insert_refresh(transaction, token, &family).await? {
        return Ok(true);
    }
    let sql = "SELECT 1 FROM portcullis_refresh r JOIN portcullis_login l \
               ON l.digest = ?2 || r.family WHERE r.jti = ?1 AND r.successor IS NULL";
    let values = values![&token.jti, SCHEME];
    Ok(transaction.optional_row(sql, values).await?.is_some())
}

/// A family's name that a token alone has: the first 32 characters of its digest.
fn buried_family(jti: &str) -> String {
    crate::sessions::digest(jti)[..32].to_owned()
}

/// Ends a family: its login, and all of its tokens that are not dead, whose `jti`s it gives.
///
/// The login goes first: whoever rotates a token of the family holds that row, so that what they make
/// is seen afterwards, and ends too.
pub(super) async fn end_family(
    transaction: &mut Transaction,
    family: &str,
) -> Result<Vec<String>, StoreError> {
    let sql = "DELETE FROM portcullis_login WHERE digest = ?1";
    let was_open = transaction.execute(sql, values![digest_of(family)]).await? > 0;
    if !transaction.tables.blacklist {
        let sql = "SELECT jti FROM portcullis_refresh WHERE family = ?1 AND successor IS NULL";
        let rows = transaction.rows(sql, values![family]).await?;
        let ended = rows
            .iter()
            .map(|row| row.get(0))
            .collect::<Result<_, _>>()?;
        return Ok(if was_open { ended } else { Vec::new() });
    }
    let sql = "SELECT o.jti FROM token_blacklist_outstandingtoken o \
               JOIN portcullis_refresh r ON r.jti = o.jti WHERE r.family = ?1 AND NOT EXISTS \
               (SELECT 1 FROM token_blacklist_blacklistedtoken b WHERE b.token_id = o.id)";
    let rows = transaction.rows(sql, values![family]).await?;
    let mut ended = Vec::new();
    for row in rows {
        let jti: String = row.get(0)?;
        // When, by the database's clock: a record that nothing is decided by.
        let sql = "INSERT INTO token_blacklist_blacklistedtoken (token_id, blacklisted_at) \
                   SELECT id, CURRENT_TIMESTAMP FROM token_blacklist_outstandingtoken \
                   WHERE jti = ?1 ON CONFLICT (token_id) DO NOTHING";
        if transaction.execute(sql, values![&jti]).await? > 0 {
            ended.push(jti);
        }
    }
    Ok(ended)
}

/// The same for the family that a row of the list of logins stands for; nothing for other schemes.
pub(crate) async fn end_family_of_login(
    transaction: &mut Transaction,
    digest: &str,
) -> Result<(), StoreError> {
    match family_in(digest) {
        Some(family) => end_family(transaction, family).await.map(|_| ()),
        None => Ok(()),
    }
}

/// The family that a row of the list of logins stands for.
pub(crate) fn family_in(digest: &str) -> Option<&str> {
    digest.strip_prefix(SCHEME)
}

/// Ends all tokens of a user but those of a family; how many were alive. Their logins must be gone by then, see [`end_family`].
pub(crate) async fn end_all(
    transaction: &mut Transaction,
    user_id: i64,
    spared_family: Option<&str>,
) -> Result<u64, StoreError> {
    if !transaction.tables.blacklist {
        return Ok(0);
    }
    let sql = "INSERT INTO token_blacklist_blacklistedtoken (token_id, blacklisted_at) \
               SELECT o.id, CURRENT_TIMESTAMP FROM token_blacklist_outstandingtoken o \
               WHERE o.user_id = ?1 AND NOT EXISTS \
               (SELECT 1 FROM portcullis_refresh r WHERE r.jti = o.jti AND r.family = ?2) \
               AND NOT EXISTS \
               (SELECT 1 FROM token_blacklist_blacklistedtoken b WHERE b.token_id = o.id) \
               ON CONFLICT (token_id) DO NOTHING";
    let values = values![user_id, spared_family];
    transaction.execute(sql, values).await
}

/// Forgets the tokens that are over; how many there were.
pub(crate) async fn flush(
    transaction: &mut Transaction,
    now: OffsetDateTime,
) -> Result<u64, StoreError> {
    let sql = "DELETE FROM portcullis_refresh WHERE expires <= ?1";
    let families = transaction.execute(sql, values![now]).await?;
    if !transaction.tables.blacklist {
        return Ok(families);
    }
    let sql = "DELETE FROM token_blacklist_blacklistedtoken WHERE token_id IN \
               (SELECT id FROM token_blacklist_outstandingtoken WHERE expires_at <= ?1)";
    transaction.execute(sql, values![now]).await?;
    let sql = "DELETE FROM token_blacklist_outstandingtoken WHERE expires_at <= ?1";
    transaction.execute(sql, values![now]).await
}
