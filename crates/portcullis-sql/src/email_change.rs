//! An address that takes the place of another, once it is verified.

use portcullis_core::StoreError;

use crate::accounts::claim_username;
use crate::emails::claim_email;
use crate::transaction::Transaction;
use crate::value::values;

/// What came of a verified address that was asked for.
pub(crate) enum Applied {
    /// Nobody asked for it instead of another.
    NotAsked,
    /// It is the user's now, in place of this one.
    Instead(String),
    /// Somebody else has it by now.
    Taken,
}

/// Puts an address that was just verified in the place of the user's, if they asked for that.
pub(crate) async fn apply(
    transaction: &mut Transaction,
    user_id: i64,
    address: i64,
    email: &str,
) -> Result<Applied, StoreError> {
    let sql = "DELETE FROM portcullis_email_change WHERE user_id = ?1 AND address_id = ?2";
    if transaction.execute(sql, values![user_id, address]).await? == 0 {
        return Ok(Applied::NotAsked);
    }
    let sql = "SELECT email, username FROM auth_user WHERE id = ?1";
    let Some(row) = transaction.optional_row(sql, values![user_id]).await? else {
        return Ok(Applied::Taken);
    };
    let (old, username): (String, String) = (row.get(0)?, row.get(1)?);
    if !claim_email(transaction, user_id, email).await? {
        return Ok(Applied::Taken);
    }
    // People who signed up without a username have their address as one.
    let is_name = !old.is_empty() && username.to_lowercase() == old.to_lowercase();
    let name = match is_name {
        true => email,
        false => username.as_str(),
    };
    if is_name && !claim_username(transaction, user_id, name).await? {
        return Ok(Applied::Taken);
    }
    match transaction.user_table.has_username() {
        true => {
            let sql = "UPDATE auth_user SET email = ?1, username = ?2 WHERE id = ?3";
            let values = values![email, name, user_id];
            transaction.execute(sql, values).await?
        }
        false => {
            let sql = "UPDATE auth_user SET email = ?1 WHERE id = ?2";
            transaction.execute(sql, values![email, user_id]).await?
        }
    };
    for sql in [
        "UPDATE account_emailaddress SET \"primary\" = FALSE WHERE user_id = ?1 AND id <> ?2",
        "UPDATE account_emailaddress SET \"primary\" = TRUE WHERE user_id = ?1 AND id = ?2",
    ] {
        transaction.execute(sql, values![user_id, address]).await?;
    }
    for sql in [
        "DELETE FROM account_emailconfirmation WHERE email_address_id IN \
         (SELECT id FROM account_emailaddress WHERE user_id = ?1 AND email = ?2)",
        "DELETE FROM account_emailaddress WHERE user_id = ?1 AND email = ?2",
    ] {
        let values = values![user_id, old.to_lowercase()];
        transaction.execute(sql, values).await?;
    }
    Ok(Applied::Instead(old))
}
