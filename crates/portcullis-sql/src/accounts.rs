//! Making and changing accounts.

use async_trait::async_trait;
use portcullis_core::{
    AccountStore, AuditEntry, AuditEvent, CreateAccountError, Ended, Ends, MadeAccount, NewAccount,
    NewLogin, NewPassword, PasswordHash, ProfileChange, StoreError, User, UserId, WriteMails,
};

use crate::audit::{login_entry, write_audit};
use crate::database::Database;
use crate::devices::end_tokens;
use crate::emails::insert_address;
use crate::jwt::end_all;
use crate::logins::insert_login;
use crate::names::Names;
use crate::outbox::insert_mails;
use crate::sessions::insert_session;
use crate::transaction::Transaction;
use crate::user_row::{COLUMNS, integer, user as user_of_row};
use crate::value::values;

#[async_trait]
impl AccountStore for Database {
    async fn create_account(
        &self,
        account: NewAccount,
        login: Option<NewLogin>,
        mails: WriteMails<'_, MadeAccount>,
    ) -> Result<User, CreateAccountError> {
        self.adopt_newcomers().await?;
        let mut transaction = self.begin().await?;
        let Some(made) = insert_account(&mut transaction, &account).await? else {
            return Err(CreateAccountError::Taken);
        };
        if let (Some(id), Some(login)) = (integer(&made.user.id), &login) {
            insert_login(&mut transaction, id, login).await?;
        }
        let event = match account.is_superuser {
            true => AuditEvent::AdministratorMade,
            false => AuditEvent::SignUp,
        };
        let entry = match &login {
            Some(login) => login_entry(event, login),
            None => AuditEntry::new(event, account.device, account.now),
        };
        let entry = entry.about(Some(&made.user.id));
        write_audit(&mut transaction, Some(&entry), None).await?;
        insert_mails(&mut transaction, &mails(&made)).await?;
        transaction.commit().await?;
        if let Some(id) = integer(&made.user.id) {
            self.is_adopted(id);
        }
        Ok(made.user)
    }

    async fn rehash_password(&self, user: &User, hash: PasswordHash) -> Result<(), StoreError> {
        let Some(id) = integer(&user.id) else {
            return Ok(());
        };
        let sql = "UPDATE auth_user SET password = ?1 WHERE id = ?2 AND password = ?3";
        let values = values![hash.expose_secret(), id, user.password.expose_secret()];
        self.execute(sql, values).await.map(|_| ())
    }

    async fn change_password(
        &self,
        user: &User,
        change: NewPassword,
    ) -> Result<Option<Ended>, StoreError> {
        let Some(id) = integer(&user.id) else {
            return Ok(None);
        };
        // Looked for outside of the transaction, which nobody should wait for. A session that is
        // opened meanwhile is over with the old password all the same.
        let keys = self.session_keys_of_user(id).await?;
        let mut transaction = self.begin().await?;
        let sql = "UPDATE auth_user SET password = ?1 WHERE id = ?2 AND password = ?3";
        let old = user.password.expose_secret();
        let values = values![change.password.expose_secret(), id, old];
        if transaction.execute(sql, values).await? == 0 {
            return Ok(None);
        }
        let ended = end_credentials(&mut transaction, id, &keys, change.ends).await?;
        if let Some(session) = &change.session {
            insert_session(&mut transaction, id, session).await?;
        }
        write_audit(&mut transaction, change.audit.as_ref(), Some(id)).await?;
        insert_mails(&mut transaction, &change.mails).await?;
        transaction.commit().await?;
        self.revoked(&user.id);
        Ok(Some(ended))
    }

    async fn change_profile(
        &self,
        user: &UserId,
        change: ProfileChange,
    ) -> Result<Option<User>, CreateAccountError> {
        let Some(id) = integer(user) else {
            return Ok(None);
        };
        let mut transaction = self.begin().await?;
        // Where it is the address, it changes as addresses do: with a mail.
        let username = (change.username).filter(|_| transaction.user_table.has_username());
        if let Some(username) = &username
            && !claim_username(&mut transaction, id, username).await?
        {
            return Err(CreateAccountError::Taken);
        }
        let sql = "UPDATE auth_user SET username = COALESCE(?1, username), \
                   first_name = COALESCE(?2, first_name), last_name = COALESCE(?3, last_name) \
                   WHERE id = ?4";
        let values = values![username, change.first_name, change.last_name, id];
        transaction.execute(sql, values).await?;
        let sql = format!("SELECT {COLUMNS} FROM auth_user u WHERE u.id = ?1");
        let changed = transaction.optional_row(&sql, values![id]).await?;
        let changed = changed.as_ref().map(user_of_row).transpose()?;
        transaction.commit().await?;
        Ok(changed)
    }

    async fn has_administrator(&self) -> Result<bool, StoreError> {
        let sql = "SELECT id FROM auth_user WHERE is_superuser AND is_active LIMIT 1";
        Ok(self.optional_row(sql, values![]).await?.is_some())
    }

    async fn set_active(&self, user: &UserId, is_active: bool) -> Result<bool, StoreError> {
        let Some(id) = integer(user) else {
            return Ok(false);
        };
        let sql = "UPDATE auth_user SET is_active = ?1 WHERE id = ?2";
        let is_changed = self.execute(sql, values![is_active, id]).await? > 0;
        self.revoked(user);
        Ok(is_changed)
    }
}

/// The new user, or `None` when the name or address is taken, also by a transaction beside this
/// one: the unique keys decide, not a look before.
pub(crate) async fn insert_account(
    transaction: &mut Transaction,
    account: &NewAccount,
) -> Result<Option<MadeAccount>, StoreError> {
    let empty = transaction.user_table.empty_columns();
    let has_username = transaction.user_table.has_username();
    let (name_column, name_value) = match has_username {
        true => (", username", ", ?6"),
        false => ("", ""),
    };
    let sql = format!(
        "INSERT INTO auth_user (password, last_login, is_superuser, last_name, \
         email, is_staff, is_active, date_joined, first_name{name_column}{empty}) \
         VALUES (?1, NULL, ?2, '', ?3, ?4, TRUE, ?5, ''{name_value}{}) \
         ON CONFLICT DO NOTHING RETURNING id",
        ", ''".repeat(empty.matches(',').count())
    );
    let username = match has_username {
        true => &account.username,
        // Nobody could log in without either.
        false if account.email.is_empty() => return Ok(None),
        false => &account.email,
    };
    let values = values![
        account.password.expose_secret(),
        account.is_superuser,
        &account.email,
        account.is_staff,
        account.now,
        username,
    ];
    let values = if has_username { values } else { &values[..5] };
    let Some(row) = transaction.optional_row(&sql, values).await? else {
        return Ok(None);
    };
    let id: i64 = row.get(0)?;
    let names = Names::Usernames;
    if !names.claim(transaction, username, id).await? {
        return Ok(None);
    }
    let mut email_address = None;
    // Accounts without an address share the empty one, which is nobody's log-in name.
    if !account.email.is_empty() {
        if !Names::Emails.claim(transaction, &account.email, id).await? {
            return Ok(None);
        }
        if let Some(is_verified) = account.is_email_verified {
            email_address = insert_address(transaction, id, &account.email, is_verified).await?;
        }
    }
    let sql = format!("SELECT {COLUMNS} FROM auth_user u WHERE u.id = ?1");
    let made = transaction.optional_row(&sql, values![id]).await?;
    let made = made.as_ref().map(user_of_row).transpose()?;
    Ok(made.map(|user| MadeAccount {
        user,
        email_address,
    }))
}

/// Ends what an old password opened; `keys` are those of the user's sessions.
pub(crate) async fn end_credentials(
    transaction: &mut Transaction,
    user_id: i64,
    keys: &[String],
    ends: Ends,
) -> Result<Ended, StoreError> {
    let mut ended = Ended::default();
    let sql = "DELETE FROM django_session WHERE session_key = ?1";
    for key in keys {
        ended.sessions += transaction.execute(sql, values![key]).await?;
    }
    if ends == Ends::Sessions {
        let sql = "DELETE FROM portcullis_login WHERE user_id = ?1 AND scheme = 'session'";
        transaction.execute(sql, values![user_id]).await?;
        return Ok(ended);
    }
    if transaction.tables.authtoken {
        let sql = "DELETE FROM authtoken_token WHERE user_id = ?1";
        ended.tokens += transaction.execute(sql, values![user_id]).await?;
    }
    ended.tokens += end_tokens(transaction, user_id).await?;
    let sql = "DELETE FROM portcullis_login WHERE user_id = ?1";
    transaction.execute(sql, values![user_id]).await?;
    ended.tokens += end_all(transaction, user_id, None).await?;
    Ok(ended)
}

/// Writes that a log-in name is that user's, and their former one nobody's. `false`: it is somebody else's.
pub(crate) async fn claim_username(
    transaction: &mut Transaction,
    user_id: i64,
    username: &str,
) -> Result<bool, StoreError> {
    let folded = username.to_lowercase();
    let sql = "DELETE FROM portcullis_username WHERE user_id = ?1 AND folded <> ?2";
    transaction.execute(sql, values![user_id, &folded]).await?;
    if !Names::Usernames
        .claim(transaction, &folded, user_id)
        .await?
    {
        return Ok(false);
    }
    // Names that another server gave somebody are in the user table only.
    let sql = "SELECT 1 FROM auth_user WHERE username = ?1 AND id <> ?2";
    let values = values![username, user_id];
    Ok(transaction.optional_row(sql, values).await?.is_none())
}
