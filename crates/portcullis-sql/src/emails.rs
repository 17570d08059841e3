//! Addresses of users: rows of allauth's table.

use async_trait::async_trait;
use portcullis_core::{
    AuditEntry, EmailAddress, EmailStore, StoreError, User, VerifiedEmail, WriteMails,
};
use time::OffsetDateTime;

use crate::audit::write_audit;
use crate::database::Database;
use crate::email_change::{self, Applied};
use crate::names::Names;
use crate::outbox::insert_mails;
use crate::row::Row;
use crate::transaction::{Dialect, Transaction};
use crate::user_row::{COLUMNS, WIDTH, integer, user};
use crate::value::values;

#[async_trait]
impl EmailStore for Database {
    async fn email_addresses(&self, user: &User) -> Result<Vec<EmailAddress>, StoreError> {
        let Some(id) = integer(&user.id) else {
            return Ok(Vec::new());
        };
        if !self.tables().await?.emails {
            return Ok(Vec::new());
        }
        let sql = "SELECT id, email, verified, \"primary\" FROM account_emailaddress \
                   WHERE user_id = ?1";
        let addresses = addresses(&self.rows(sql, values![id]).await?)?;
        let own = user.email.to_lowercase();
        if own.is_empty() || addresses.iter().any(|address| address.email == own) {
            return Ok(addresses);
        }
        let mut transaction = self.begin().await?;
        insert_address(&mut transaction, id, &own, false).await?;
        transaction.commit().await?;
        self::addresses(&self.rows(sql, values![id]).await?)
    }

    async fn users_by_email(&self, email: &str) -> Result<Vec<User>, StoreError> {
        self.adopt_newcomers().await?;
        let folded = email.to_lowercase();
        let (is_listed, listed) = match self.tables().await?.emails {
            true => (
                "EXISTS (SELECT 1 FROM account_emailaddress a \
                 WHERE a.user_id = u.id AND a.email = ?1)",
                "UNION SELECT user_id FROM account_emailaddress WHERE email = ?1",
            ),
            false => ("FALSE", ""),
        };
        let sql = format!(
            "SELECT {COLUMNS}, {is_listed} FROM auth_user u WHERE u.id IN \
             (SELECT user_id FROM portcullis_email WHERE folded = ?1 {listed}) ORDER BY u.id"
        );
        let mut users = Vec::new();
        for row in self.rows(&sql, values![&folded]).await?.iter() {
            let found = user(row)?;
            // Another server may have changed the row meanwhile.
            if row.get::<bool>(WIDTH)? || found.email.to_lowercase() == folded {
                users.push(found);
            }
        }
        Ok(users)
    }

    async fn has_verified_email(&self, user: Option<&User>) -> Result<bool, StoreError> {
        if !self.tables().await?.emails {
            return Ok(false);
        }
        let id = user.and_then(|user| integer(&user.id)).unwrap_or(-1);
        let sql = "SELECT 1 FROM account_emailaddress WHERE user_id = ?1 AND verified LIMIT 1";
        Ok(self.optional_row(sql, values![id]).await?.is_some())
    }

    async fn begin_email_change(
        &self,
        user: &User,
        email: &str,
        now: OffsetDateTime,
        mails: WriteMails<'_, EmailAddress>,
    ) -> Result<(), StoreError> {
        let Some(id) = integer(&user.id) else {
            return Ok(());
        };
        if !self.tables().await?.emails {
            return Ok(());
        }
        let mut transaction = self.begin().await?;
        insert_address(&mut transaction, id, email, false).await?;
        let sql = "SELECT id, email, verified, \"primary\" FROM account_emailaddress \
                   WHERE user_id = ?1 AND email = ?2";
        let rows = transaction
            .rows(sql, values![id, email.to_lowercase()])
            .await?;
        for address in addresses(&rows)? {
            let sql = "DELETE FROM portcullis_email_change WHERE user_id = ?1";
            transaction.execute(sql, values![id]).await?;
            let sql = "INSERT INTO portcullis_email_change (user_id, address_id, asked) \
                       VALUES (?1, ?2, ?3)";
            transaction
                .execute(sql, values![id, address.id, now])
                .await?;
            // An address that is theirs and verified already was another of theirs in Django.
            let sql = "UPDATE account_emailaddress SET verified = FALSE WHERE id = ?1";
            transaction.execute(sql, values![address.id]).await?;
            insert_mails(&mut transaction, &mails(&address)).await?;
        }
        transaction.commit().await
    }

    async fn verify_email(
        &self,
        address: i64,
        mails: WriteMails<'_, VerifiedEmail>,
        audit: Option<AuditEntry>,
    ) -> Result<Option<VerifiedEmail>, StoreError> {
        if !self.tables().await?.emails {
            return Ok(None);
        }
        let mut transaction = self.begin().await?;
        let Some((user_id, email)) = unverified(&mut transaction, address).await? else {
            return Ok(None);
        };
        let sql = "UPDATE account_emailaddress SET verified = TRUE WHERE id = ?1";
        transaction.execute(sql, values![address]).await?;
        let instead_of =
            match email_change::apply(&mut transaction, user_id, address, &email).await? {
                Applied::Taken => return Ok(None),
                Applied::Instead(old) => Some(old),
                Applied::NotAsked
                    if make_first_primary(&mut transaction, user_id, address, &email).await? =>
                {
                    None
                }
                Applied::NotAsked => return Ok(None),
            };
        let sql = format!("SELECT {COLUMNS} FROM auth_user u WHERE u.id = ?1");
        let Some(row) = transaction.optional_row(&sql, values![user_id]).await? else {
            return Ok(None);
        };
        let verified = VerifiedEmail {
            user: user(&row)?,
            instead_of,
        };
        write_audit(&mut transaction, audit.as_ref(), Some(user_id)).await?;
        insert_mails(&mut transaction, &mails(&verified)).await?;
        transaction.commit().await?;
        Ok(Some(verified))
    }
}

/// Whose an address is that nobody has verified, and the address.
async fn unverified(
    transaction: &mut Transaction,
    address: i64,
) -> Result<Option<(i64, String)>, StoreError> {
    let lock = match transaction.dialect() {
        Dialect::Sqlite => "",
        Dialect::Postgres => "FOR UPDATE",
    };
    // All rows of the address, in one order: of two users who confirm it at once, one waits.
    let sql = format!(
        "SELECT id, user_id, email, verified FROM account_emailaddress WHERE email = \
         (SELECT email FROM account_emailaddress WHERE id = ?1) ORDER BY id {lock}"
    );
    let mut found = None;
    for row in &transaction.rows(&sql, values![address]).await? {
        if row.get::<bool>(3)? {
            return Ok(None);
        }
        if row.get::<i64>(0)? == address {
            found = Some((row.get(1)?, row.get(2)?));
        }
    }
    Ok(found)
}

/// Makes an address the user's primary one, where they have none. `false`: it is somebody else's.
async fn make_first_primary(
    transaction: &mut Transaction,
    user_id: i64,
    address: i64,
    email: &str,
) -> Result<bool, StoreError> {
    let sql = "UPDATE account_emailaddress SET \"primary\" = TRUE WHERE id = ?1 AND NOT EXISTS \
               (SELECT 1 FROM account_emailaddress p WHERE p.user_id = ?2 AND p.\"primary\")";
    if transaction.execute(sql, values![address, user_id]).await? == 0 {
        return Ok(true);
    }
    let sql = "UPDATE auth_user SET email = ?1 WHERE id = ?2";
    transaction.execute(sql, values![email, user_id]).await?;
    claim_email(transaction, user_id, email).await
}

/// Writes that an address is that user's, and their former one nobody's. `false`: it is somebody else's.
pub(crate) async fn claim_email(
    transaction: &mut Transaction,
    user_id: i64,
    email: &str,
) -> Result<bool, StoreError> {
    let folded = email.to_lowercase();
    let sql = "DELETE FROM portcullis_email WHERE user_id = ?1 AND folded <> ?2";
    transaction.execute(sql, values![user_id, &folded]).await?;
    Names::Emails.claim(transaction, &folded, user_id).await
}

/// Adds an address, as the primary one where the user has none; its id, unless it was there.
pub(crate) async fn insert_address(
    transaction: &mut Transaction,
    user_id: i64,
    email: &str,
    is_verified: bool,
) -> Result<Option<i64>, StoreError> {
    if !transaction.tables.emails {
        return Ok(None);
    }
    let sql = "INSERT INTO account_emailaddress (user_id, email, verified, \"primary\") \
               SELECT ?1, ?2, ?3, NOT EXISTS (SELECT 1 FROM account_emailaddress p \
               WHERE p.user_id = ?1 AND p.\"primary\") WHERE TRUE ON CONFLICT DO NOTHING RETURNING id";
    let values = values![user_id, email.to_lowercase(), is_verified];
    let row = transaction.optional_row(sql, values).await?;
    row.map(|row| row.get(0)).transpose()
}

fn addresses(rows: &[Row]) -> Result<Vec<EmailAddress>, StoreError> {
    let mut addresses = Vec::new();
    for row in rows {
        addresses.push(EmailAddress {
            id: row.get(0)?,
            email: row.get(1)?,
            is_verified: row.get(2)?,
            is_primary: row.get(3)?,
        });
    }
    addresses.sort_by(|a, b| a.email.cmp(&b.email));
    Ok(addresses)
}
