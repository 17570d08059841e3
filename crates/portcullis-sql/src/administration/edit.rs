//! Making and changing users.

use std::collections::BTreeSet;

use portcullis_core::{
    AddedUser, AdministrationError, Administrator, AuditEvent, Ends, NewAccount, PasswordHash,
    Rights, StoreError, UserForm, UserId, UserSheet, UserStore,
};

use super::act::{Act, Flag, changed};
use crate::accounts::{claim_username, end_credentials, insert_account};
use crate::database::Database;
use crate::emails::insert_address;
use crate::names::Names;
use crate::transaction::Transaction;
use crate::user_row::integer;
use crate::value::values;

impl Database {
    pub(super) async fn added_user(
        &self,
        by: &Administrator,
        user: AddedUser,
    ) -> Result<UserId, AdministrationError> {
        self.adopt_newcomers().await?;
        let mut act = Act::begin(self, by).await?;
        act.want_users("add")?;
        act.want_users("change")?;
        let username = user.username.clone();
        let account = NewAccount {
            username: user.username,
            email: user.email,
            // Nobody has shown that it is theirs.
            is_email_verified: Some(false),
            password: user.password,
            is_staff: false,
            is_superuser: false,
            device: by.device.clone(),
            now: by.now,
        };
        let Some(made) = insert_account(&mut act.transaction, &account).await? else {
            drop(act);
            let holder = self.user_by_login_name(&username).await?;
            let folded = username.to_lowercase();
            let is_name = holder.is_some_and(|user| user.username.to_lowercase() == folded);
            return Err(match is_name {
                true => AdministrationError::NameTaken,
                false => AdministrationError::EmailTaken,
            });
        };
        let id = integer(&made.user.id).ok_or(AdministrationError::Gone)?;
        let event = AuditEvent::AccountAdded;
        act.tell_user(event, Flag::Added, (id, &username), "[{\"added\": {}}]")
            .await?;
        act.commit().await?;
        self.is_adopted(id);
        Ok(made.user.id)
    }

    pub(super) async fn edited_user(
        &self,
        by: &Administrator,
        user: &UserId,
        version: &str,
        form: &UserForm,
    ) -> Result<(), AdministrationError> {
        let id = integer(user).ok_or(AdministrationError::Gone)?;
        let mut act = Act::begin(self, by).await?;
        let sheet = act.user("change", id).await?;
        if sheet.version != version {
            return Err(AdministrationError::Changed);
        }
        let old = &sheet.user;
        // Where there are no log-in names, the address is one.
        let has_username = act.transaction.user_table.has_username();
        let username = match has_username {
            true => &form.username,
            false => &form.email,
        };
        if old.is_superuser != form.is_superuser && !act.rights.is_superuser {
            return Err(AdministrationError::Forbidden);
        }
        let is_shut_out =
            !form.is_active || !form.is_staff || (old.is_superuser && !form.is_superuser);
        if act.is_about_themselves(id) && is_shut_out {
            return Err(AdministrationError::Yourself);
        }
        let mut fields = Vec::new();
        let mut note = |is_changed: bool, label: &'static str| {
            if is_changed {
                fields.push(label);
            }
        };
        note(has_username && old.username != *username, "Username");
        note(old.first_name != form.first_name, "First name");
        note(old.last_name != form.last_name, "Last name");
        note(old.email != form.email, "Email address");
        note(old.is_active != form.is_active, "Active");
        note(old.is_staff != form.is_staff, "Staff status");
        note(old.is_superuser != form.is_superuser, "Superuser status");
        if write_groups(&mut act, id, &sheet, &form.groups).await? {
            fields.push("Groups");
        }
        if write_permissions(&mut act, id, &sheet, &form.permissions).await? {
            fields.push("User permissions");
        }
        if fields.is_empty() {
            return Ok(());
        }
        let transaction = &mut act.transaction;
        if old.username != form.username && !claim_username(transaction, id, &form.username).await?
        {
            return Err(AdministrationError::NameTaken);
        }
        if old.email != form.email && !claim_email(transaction, id, &form.email).await? {
            return Err(AdministrationError::EmailTaken);
        }
        let sql = "UPDATE auth_user SET first_name = ?1, last_name = ?2, email = ?3, is_active = ?4, \
                   is_staff = ?5, is_superuser = ?6 WHERE id = ?7";
        let values = values![
            &form.first_name,
            &form.last_name,
            &form.email,
            form.is_active,
            form.is_staff,
            form.is_superuser,
            id,
        ];
        transaction.execute(sql, values).await?;
        if has_username {
            let sql = "UPDATE auth_user SET username = ?1 WHERE id = ?2";
            transaction.execute(sql, values![username, id]).await?;
        }
        let message = changed(&fields);
        let event = AuditEvent::AccountChanged;
        act.tell_user(event, Flag::Changed, (id, username), &message)
            .await?;
        act.commit().await?;
        self.revoked(user);
        Ok(())
    }

    pub(super) async fn password_set(
        &self,
        by: &Administrator,
        user: &UserId,
        password: PasswordHash,
    ) -> Result<(), AdministrationError> {
        let id = integer(user).ok_or(AdministrationError::Gone)?;
        // Looked for outside of the transaction, which nobody should wait for.
        let keys = self.session_keys_of_user(id).await?;
        let mut act = Act::begin(self, by).await?;
        let sheet = act.user("change", id).await?;
        let sql = "UPDATE auth_user SET password = ?1 WHERE id = ?2";
        let values = values![password.expose_secret(), id];
        act.transaction.execute(sql, values).await?;
        end_credentials(&mut act.transaction, id, &keys, Ends::Everything).await?;
        let (event, message) = (AuditEvent::PasswordChange, changed(&["password"]));
        act.tell_user(event, Flag::Changed, (id, &sheet.user.username), &message)
            .await?;
        act.commit().await?;
        self.revoked(user);
        Ok(())
    }
}

/// Puts a user into groups and takes them out of others; whether anything was changed. Groups that may do more than the
/// administrator stay as they are.
async fn write_groups(
    act: &mut Act<'_>,
    id: i64,
    sheet: &UserSheet,
    wanted: &BTreeSet<i64>,
) -> Result<bool, AdministrationError> {
    let current: BTreeSet<i64> = sheet.groups.iter().map(|group| group.id).collect();
    let key = act.transaction.user_table.key().to_owned();
    let mut is_changed = false;
    for group in current.symmetric_difference(wanted) {
        let is_new = wanted.contains(group);
        let rights = rights_of_group(&mut act.transaction, *group).await?;
        let rights = match rights {
            Some(rights) => rights,
            // Deleted since the form was shown.
            None if is_new => return Err(AdministrationError::Changed),
            None => continue,
        };
        match (act.rights.cover(&rights), is_new) {
            (false, true) => return Err(AdministrationError::Forbidden),
            (false, false) => continue,
            (true, _) => {}
        }
        let sql = match is_new {
            true => format!(
                "INSERT INTO auth_user_groups ({key}, group_id) VALUES (?1, ?2) ON CONFLICT DO NOTHING"
            ),
            false => format!("DELETE FROM auth_user_groups WHERE {key} = ?1 AND group_id = ?2"),
        };
        act.transaction.execute(&sql, values![id, *group]).await?;
        is_changed = true;
    }
    Ok(is_changed)
}

/// The same for permissions of the user's own.
async fn write_permissions(
    act: &mut Act<'_>,
    id: i64,
    sheet: &UserSheet,
    wanted: &BTreeSet<i64>,
) -> Result<bool, AdministrationError> {
    let current: BTreeSet<i64> = sheet.permissions.iter().map(|row| row.id).collect();
    let key = act.transaction.user_table.key().to_owned();
    let mut is_changed = false;
    for permission in current.symmetric_difference(wanted) {
        let is_new = wanted.contains(permission);
        let name = name_of_permission(&mut act.transaction, *permission).await?;
        match (name.is_some_and(|name| act.rights.hold(&name)), is_new) {
            (false, true) => return Err(AdministrationError::Forbidden),
            (false, false) => continue,
            (true, _) => {}
        }
        let sql = match is_new {
            true => format!(
                "INSERT INTO auth_user_user_permissions ({key}, permission_id) VALUES (?1, ?2) \
                 ON CONFLICT DO NOTHING"
            ),
            false => format!(
                "DELETE FROM auth_user_user_permissions WHERE {key} = ?1 AND permission_id = ?2"
            ),
        };
        act.transaction
            .execute(&sql, values![id, *permission])
            .await?;
        is_changed = true;
    }
    Ok(is_changed)
}

/// Such as `auth.change_user`; `None` when there is no permission with that key.
pub(super) async fn name_of_permission(
    transaction: &mut Transaction,
    id: i64,
) -> Result<Option<String>, StoreError> {
    let sql = "SELECT c.app_label, p.codename FROM auth_permission p \
               JOIN django_content_type c ON c.id = p.content_type_id WHERE p.id = ?1";
    let row = transaction.optional_row(sql, values![id]).await?;
    let name = |row: crate::row::Row| {
        let (app, codename): (String, String) = (row.get(0)?, row.get(1)?);
        Ok(format!("{app}.{codename}"))
    };
    row.map(name).transpose()
}

/// What members of a group may do by it; `None` when there is no group with that key.
pub(super) async fn rights_of_group(
    transaction: &mut Transaction,
    id: i64,
) -> Result<Option<Rights>, StoreError> {
    let sql = "SELECT id FROM auth_group WHERE id = ?1";
    if transaction.optional_row(sql, values![id]).await?.is_none() {
        return Ok(None);
    }
    let sql = "SELECT c.app_label, p.codename FROM auth_group_permissions g \
               JOIN auth_permission p ON p.id = g.permission_id \
               JOIN django_content_type c ON c.id = p.content_type_id WHERE g.group_id = ?1";
    let rows = transaction.rows(sql, values![id]).await?;
    let names = rows.iter().map(|row| {
        let (app, codename): (String, String) = (row.get(0)?, row.get(1)?);
        Ok(format!("{app}.{codename}"))
    });
    Ok(Some(Rights {
        permissions: names.collect::<Result<_, StoreError>>()?,
        ..Rights::default()
    }))
}

/// Writes that an address is that user's, and their former one nobody's. `false`: it is somebody else's.
async fn claim_email(
    transaction: &mut Transaction,
    id: i64,
    email: &str,
) -> Result<bool, StoreError> {
    let folded = email.to_lowercase();
    let sql = "DELETE FROM portcullis_email WHERE user_id = ?1 AND folded <> ?2";
    transaction.execute(sql, values![id, &folded]).await?;
    if folded.is_empty() {
        return Ok(true);
    }
    if !Names::Emails.claim(transaction, &folded, id).await? {
        return Ok(false);
    }
    insert_address(transaction, id, &folded, false).await?;
    Ok(true)
}
