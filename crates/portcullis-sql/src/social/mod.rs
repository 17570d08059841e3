//! Accounts at providers: rows of allauth's table, of social-auth-app-django's, or of ours.

mod table;

use async_trait::async_trait;
use portcullis_core::{
    AuditEntry, AuditEvent, CreateAccountError, Ends, Linked, MadeAccount, NewSocialAccount,
    OutgoingMail, PasswordHash, SocialAccount, SocialKey, SocialProfile, SocialStore, StoreError,
    Unlinked, User, UserId, WriteMails,
};
use time::OffsetDateTime;

use crate::accounts::{end_credentials, insert_account};
use crate::audit::write_audit;
use crate::database::Database;
use crate::outbox::insert_mails;
use crate::row::Row;
use crate::transaction::{Dialect, Transaction};
use crate::user_row::{COLUMNS, integer, user};
use crate::value::values;
pub(crate) use table::Table;

/// What stands before the random text of a password that nobody has.
const UNUSABLE: char = '!';

#[async_trait]
impl SocialStore for Database {
    async fn user_by_social(&self, key: &SocialKey) -> Result<Option<User>, StoreError> {
        if key.uid.contains('\0') || key.provider.contains('\0') {
            return Ok(None);
        }
        let sql = format!(
            "SELECT {COLUMNS} FROM {} s JOIN auth_user u ON u.id = s.user_id \
             WHERE s.provider = ?1 AND s.uid = ?2",
            self.social_table().await?.name()
        );
        let values = values![&key.provider, &key.uid];
        let found = self.optional_row(&sql, values).await?;
        found.as_ref().map(user).transpose()
    }

    async fn social_accounts(&self, user: &UserId) -> Result<Vec<SocialAccount>, StoreError> {
        let Some(id) = integer(user) else {
            return Ok(Vec::new());
        };
        let table = self.social_table().await?;
        let (last, first) = table.times();
        let sql = format!(
            "SELECT id, provider, uid, {last}, {first} FROM {} WHERE user_id = ?1 ORDER BY id",
            table.name()
        );
        let rows = self.rows(&sql, values![id]).await?;
        rows.iter().map(account).collect()
    }

    async fn create_social_account(
        &self,
        new: NewSocialAccount,
        mails: WriteMails<'_, MadeAccount>,
    ) -> Result<User, CreateAccountError> {
        self.adopt_newcomers().await?;
        let table = self.social_table().await?;
        let mut transaction = self.begin().await?;
        let Some(mut made) = insert_account(&mut transaction, &new.account).await? else {
            return Err(CreateAccountError::Taken);
        };
        let Some(id) = integer(&made.user.id) else {
            return Err(CreateAccountError::Taken);
        };
        let sql = "UPDATE auth_user SET first_name = ?1, last_name = ?2 WHERE id = ?3";
        let names = values![&new.first_name, &new.last_name, id];
        transaction.execute(sql, names).await?;
        made.user.first_name = new.first_name;
        made.user.last_name = new.last_name;
        if !insert(&mut transaction, table, id, &new.profile, new.account.now).await? {
            return Err(CreateAccountError::Taken);
        }
        let entry = AuditEntry::new(AuditEvent::SignUp, new.account.device, new.account.now);
        write_audit(&mut transaction, Some(&entry), Some(id)).await?;
        insert_mails(&mut transaction, &mails(&made)).await?;
        transaction.commit().await?;
        self.is_adopted(id);
        Ok(made.user)
    }

    async fn link_social(
        &self,
        user: &User,
        profile: &SocialProfile,
        unusable: Option<PasswordHash>,
        audit: AuditEntry,
        mails: &[OutgoingMail],
    ) -> Result<Linked, StoreError> {
        let Some(id) = integer(&user.id) else {
            return Ok(Linked::Stale);
        };
        let table = self.social_table().await?;
        let keys = match unusable {
            Some(_) => self.session_keys_of_user(id).await?,
            None => Vec::new(),
        };
        let mut transaction = self.begin().await?;
        // The row is held: nobody is closed, or given another password, between here and the commit.
        let sql =
            "UPDATE auth_user SET password = ?1 WHERE id = ?2 AND password = ?3 AND is_active";
        let old = user.password.expose_secret();
        let new = unusable.as_ref().map_or(old, PasswordHash::expose_secret);
        if transaction.execute(sql, values![new, id, old]).await? == 0 {
            return Ok(Linked::Stale);
        }
        if !insert(&mut transaction, table, id, profile, audit.at).await? {
            let owner = owner(&mut transaction, table, &profile.key).await?;
            return Ok(match owner == Some(id) {
                true => Linked::Already,
                false => Linked::OfAnother,
            });
        }
        if unusable.is_some() {
            end_credentials(&mut transaction, id, &keys, Ends::Everything).await?;
        }
        write_audit(&mut transaction, Some(&audit), Some(id)).await?;
        insert_mails(&mut transaction, mails).await?;
        transaction.commit().await?;
        if unusable.is_some() {
            self.revoked(&user.id);
        }
        Ok(Linked::Done)
    }

    async fn touch_social(
        &self,
        profile: &SocialProfile,
        now: OffsetDateTime,
    ) -> Result<(), StoreError> {
        let table = self.social_table().await?;
        let mut transaction = self.begin().await?;
        let key = &profile.key;
        let sql = table.touch(transaction.dialect());
        let values = values![now, &key.provider, &key.uid, &profile.extra_data];
        let count = if table.has_own_data() { 4 } else { 3 };
        transaction.execute(&sql, &values[..count]).await?;
        transaction.commit().await
    }

    async fn unlink_social(
        &self,
        user: &UserId,
        id: i64,
        audit: AuditEntry,
    ) -> Result<Unlinked, StoreError> {
        let Some(user_id) = integer(user) else {
            return Ok(Unlinked::NotFound);
        };
        let table = self.social_table().await?.name();
        let mut transaction = self.begin().await?;
        let lock = match transaction.dialect() {
            Dialect::Sqlite => "",
            Dialect::Postgres => "FOR UPDATE",
        };
        // Of two accounts that are unlinked at once, one waits here.
        let sql = format!("SELECT password FROM auth_user WHERE id = ?1 {lock}");
        let Some(row) = transaction.optional_row(&sql, values![user_id]).await? else {
            return Ok(Unlinked::NotFound);
        };
        let password: String = row.get(0)?;
        let tokens = "DELETE FROM socialaccount_socialtoken WHERE account_id = ?1 AND EXISTS \
                      (SELECT 1 FROM socialaccount_socialaccount a WHERE a.id = ?1 AND a.user_id = ?2)";
        if table == Table::Allauth.name() {
            transaction.execute(tokens, values![id, user_id]).await?;
        }
        let sql = format!("DELETE FROM {table} WHERE id = ?1 AND user_id = ?2");
        if transaction.execute(&sql, values![id, user_id]).await? == 0 {
            return Ok(Unlinked::NotFound);
        }
        let sql = format!("SELECT 1 FROM {table} WHERE user_id = ?1 LIMIT 1");
        let has_another = transaction.optional_row(&sql, values![user_id]).await?;
        let has_password = !password.is_empty() && !password.starts_with(UNUSABLE);
        if !has_password && has_another.is_none() {
            return Ok(Unlinked::LastWay);
        }
        write_audit(&mut transaction, Some(&audit), Some(user_id)).await?;
        transaction.commit().await?;
        Ok(Unlinked::Done)
    }
}

/// Writes whose an account at a provider is. `false`: it is somebody's already.
async fn insert(
    transaction: &mut Transaction,
    table: Table,
    user_id: i64,
    profile: &SocialProfile,
    now: OffsetDateTime,
) -> Result<bool, StoreError> {
    let sql = table.insert(transaction.dialect());
    let key = &profile.key;
    let values = values![&key.provider, &key.uid, user_id, now, &profile.extra_data];
    Ok(transaction.execute(&sql, values).await? > 0)
}

async fn owner(
    transaction: &mut Transaction,
    table: Table,
    key: &SocialKey,
) -> Result<Option<i64>, StoreError> {
    let sql = format!(
        "SELECT user_id FROM {} WHERE provider = ?1 AND uid = ?2",
        table.name()
    );
    let values = values![&key.provider, &key.uid];
    let row = transaction.optional_row(&sql, values).await?;
    row.map(|row| row.get(0)).transpose()
}

fn account(row: &Row) -> Result<SocialAccount, StoreError> {
    Ok(SocialAccount {
        id: row.get(0)?,
        key: SocialKey {
            provider: row.get(1)?,
            uid: row.get(2)?,
        },
        // Nothing is decided by these.
        last_login: row.get(3).unwrap_or(OffsetDateTime::UNIX_EPOCH),
        date_joined: row.get(4).unwrap_or(OffsetDateTime::UNIX_EPOCH),
    })
}
