//! What the admin site reads and does, in Django's tables.

mod act;
mod edit;
mod groups;
mod list;
mod log;
mod logins;
mod operations;
mod reader;
mod rights;
mod sheet;

use async_trait::async_trait;
use portcullis_core::{
    AddedUser, AdminLogRow, AdministrationError, AdministrationStore, Administrator, GroupForm,
    GroupRow, GroupSheet, LoginId, NewDeviceLogin, Operations, PasswordHash, PermissionRow, Rights,
    StoreError, UserForm, UserId, UserPage, UserQuery, UserSheet,
};

use time::OffsetDateTime;

pub(crate) use self::act::{Act, Flag};
use self::reader::Reader;
use self::rights::{Counts, rights_of};
use crate::database::Database;
use crate::row::Row;
use crate::user_row::integer;
use crate::value::values;

/// What a permission's row is read from; the table is `p`, its content type `c`.
const PERMISSION: &str = "SELECT p.id, c.app_label, c.model, p.codename, p.name FROM auth_permission p \
                          JOIN django_content_type c ON c.id = p.content_type_id";

#[async_trait]
impl AdministrationStore for Database {
    async fn rights(&self, user: &UserId) -> Result<Rights, StoreError> {
        let Some(id) = integer(user) else {
            return Ok(Rights::default());
        };
        rights_of(&mut Reader::Page(self), id, Counts::Active).await
    }

    async fn user_model(&self) -> Result<(String, String), StoreError> {
        self.model_of_users().await
    }

    async fn list_users(&self, query: &UserQuery) -> Result<UserPage, StoreError> {
        let has_nul = query.search.contains('\0')
            || query
                .after
                .as_ref()
                .is_some_and(|after| after.text.contains('\0'));
        if has_nul {
            // Nobody's, and PostgreSQL has no text with it.
            return Ok(UserPage::default());
        }
        if query.search.is_empty() || query.anywhere {
            self.listed(query).await
        } else {
            self.found_by_prefix(query).await
        }
    }

    async fn user_sheet(&self, user: &UserId) -> Result<Option<UserSheet>, StoreError> {
        let Some(id) = integer(user) else {
            return Ok(None);
        };
        sheet::sheet_of(&mut Reader::Page(self), id).await
    }

    async fn all_groups(&self) -> Result<Vec<GroupRow>, StoreError> {
        let sql = "SELECT id, name FROM auth_group ORDER BY name";
        let rows = self.rows_now(sql, values![]).await?;
        rows.iter().map(group).collect()
    }

    async fn all_permissions(&self) -> Result<Vec<PermissionRow>, StoreError> {
        let sql = format!("{PERMISSION} ORDER BY c.app_label, c.model, p.codename");
        let rows = self.rows_now(&sql, values![]).await?;
        rows.iter().map(permission).collect()
    }

    async fn group_sheet(&self, group: i64) -> Result<Option<GroupSheet>, StoreError> {
        groups::group_sheet_of(&mut Reader::Page(self), group).await
    }

    async fn admin_log(
        &self,
        by: Option<&UserId>,
        object: Option<(&str, &str, &str)>,
        limit: u32,
    ) -> Result<Vec<AdminLogRow>, StoreError> {
        self.log_rows(by, object, limit).await
    }

    async fn add_user(
        &self,
        by: &Administrator,
        user: AddedUser,
    ) -> Result<UserId, AdministrationError> {
        self.added_user(by, user).await
    }

    async fn edit_user(
        &self,
        by: &Administrator,
        user: &UserId,
        version: &str,
        form: &UserForm,
    ) -> Result<(), AdministrationError> {
        self.edited_user(by, user, version, form).await
    }

    async fn set_password_of(
        &self,
        by: &Administrator,
        user: &UserId,
        password: PasswordHash,
    ) -> Result<(), AdministrationError> {
        self.password_set(by, user, password).await
    }

    async fn add_group(
        &self,
        by: &Administrator,
        form: &GroupForm,
    ) -> Result<i64, AdministrationError> {
        self.added_group(by, form).await
    }

    async fn edit_group(
        &self,
        by: &Administrator,
        group: i64,
        version: &str,
        form: &GroupForm,
    ) -> Result<(), AdministrationError> {
        self.edited_group(by, group, version, form).await
    }

    async fn delete_group(
        &self,
        by: &Administrator,
        group: i64,
    ) -> Result<(), AdministrationError> {
        self.deleted_group(by, group).await
    }

    async fn end_logins_of(
        &self,
        by: &Administrator,
        user: &UserId,
        login: Option<LoginId>,
    ) -> Result<u64, AdministrationError> {
        self.logins_ended(by, user, login).await
    }

    async fn issue_device_token(
        &self,
        by: &Administrator,
        user: &UserId,
        login: NewDeviceLogin,
    ) -> Result<(), AdministrationError> {
        self.device_token_issued(by, user, login).await
    }

    async fn operations(&self, now: OffsetDateTime, limit: u32) -> Result<Operations, StoreError> {
        self.operations_at(now, limit).await
    }

    async fn lift_lock(
        &self,
        by: &Administrator,
        key: &str,
        user: Option<&UserId>,
    ) -> Result<(), AdministrationError> {
        self.lock_lifted(by, key, user).await
    }
}

impl Database {
    /// The application and model of users, as permissions name them.
    pub(super) async fn model_of_users(&self) -> Result<(String, String), StoreError> {
        let table = self.user_table().name();
        if table != "auth_user" {
            let sql = "SELECT app_label, model FROM django_content_type \
                       WHERE app_label || '_' || model = ?1 ORDER BY id LIMIT 1";
            if let Some(row) = self.rows_now(sql, values![table]).await?.first() {
                return Ok((row.get(0)?, row.get(1)?));
            }
        }
        Ok(("auth".to_owned(), "user".to_owned()))
    }
}

fn group(row: &Row) -> Result<GroupRow, StoreError> {
    Ok(GroupRow {
        id: row.get(0)?,
        name: row.get(1)?,
    })
}

fn permission(row: &Row) -> Result<PermissionRow, StoreError> {
    Ok(PermissionRow {
        id: row.get(0)?,
        app_label: row.get(1)?,
        model: row.get(2)?,
        codename: row.get(3)?,
        name: row.get(4)?,
    })
}
