//! Making and changing accounts.

use async_trait::async_trait;
use portcullis_core::{
    AccountStore, CreateAccountError, NewAccount, NewLogin, PasswordHash, StoreError, User, UserId,
};
use rusqlite::{Transaction, params};

use crate::database::Database;
use crate::logins::insert_login;
use crate::timestamp;
use crate::user_row::{COLUMNS, integer, user};
use crate::writer::unavailable;

#[async_trait]
impl AccountStore for Database {
    async fn create_account(
        &self,
        account: NewAccount,
        login: Option<NewLogin>,
    ) -> Result<User, CreateAccountError> {
        self.writer()
            .run(move |transaction| {
                if is_taken(transaction, &account).map_err(|error| unavailable(&error))? {
                    return Err(CreateAccountError::Taken);
                }
                let made = insert_account(transaction, &account, login.as_ref());
                made.map_err(|error| CreateAccountError::Store(unavailable(&error)))
            })
            .await
    }

    async fn rehash_password(&self, user: &User, hash: PasswordHash) -> Result<(), StoreError> {
        let Some(id) = integer(&user.id) else {
            return Ok(());
        };
        let checked = user.password.clone();
        self.writer()
            .run(move |transaction| {
                let sql = "UPDATE auth_user SET password = ?1 WHERE id = ?2 AND password = ?3";
                let values = params![hash.expose_secret(), id, checked.expose_secret()];
                let written = transaction.execute(sql, values);
                written.map(|_| ()).map_err(|error| unavailable(&error))
            })
            .await
    }

    async fn holds_permission(
        &self,
        user: &UserId,
        app_label: &str,
        codename: &str,
    ) -> Result<bool, StoreError> {
        let Some(id) = integer(user) else {
            return Ok(false);
        };
        let (app_label, codename) = (app_label.to_owned(), codename.to_owned());
        self.read(move |connection| {
            let sql = "SELECT EXISTS (SELECT 1 FROM auth_permission p \
                       JOIN django_content_type c ON c.id = p.content_type_id \
                       WHERE c.app_label = ?2 AND p.codename = ?3 AND (\
                       EXISTS (SELECT 1 FROM auth_user_user_permissions o \
                               WHERE o.permission_id = p.id AND o.user_id = ?1) OR \
                       EXISTS (SELECT 1 FROM auth_group_permissions g \
                               JOIN auth_user_groups m ON m.group_id = g.group_id \
                               WHERE g.permission_id = p.id AND m.user_id = ?1)))";
            let mut statement = connection.prepare_cached(sql)?;
            statement.query_row(params![id, app_label, codename], |row| row.get(0))
        })
        .await
    }
}

fn is_taken(transaction: &Transaction<'_>, account: &NewAccount) -> rusqlite::Result<bool> {
    transaction.query_row(
        "SELECT EXISTS (SELECT 1 FROM auth_user WHERE username = ?1) \
         OR EXISTS (SELECT 1 FROM portcullis_email WHERE folded = ?2 AND ?2 <> '')",
        params![account.username, account.email.to_lowercase()],
        |row| row.get(0),
    )
}

fn insert_account(
    transaction: &Transaction<'_>,
    account: &NewAccount,
    login: Option<&NewLogin>,
) -> rusqlite::Result<User> {
    let joined = timestamp::write(account.now);
    transaction.execute(
        "INSERT INTO auth_user (password, last_login, is_superuser, username, last_name, email, \
         is_staff, is_active, date_joined, first_name) \
         VALUES (?1, NULL, ?2, ?3, '', ?4, ?5, 1, ?6, '')",
        params![
            account.password.expose_secret(),
            account.is_superuser,
            account.username,
            account.email,
            account.is_staff,
            joined
        ],
    )?;
    let id = transaction.last_insert_rowid();
    if !account.email.is_empty() {
        transaction.execute(
            "INSERT INTO portcullis_email (folded, user_id) VALUES (?1, ?2)",
            params![account.email.to_lowercase(), id],
        )?;
    }
    if let Some(login) = login {
        insert_login(transaction, id, login)?;
    }
    let sql = format!("SELECT {COLUMNS} FROM auth_user u WHERE u.id = ?1");
    transaction.query_row(&sql, [id], user)
}
