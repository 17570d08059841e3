//! Django's permissions: a user's own, and those of their groups.

use async_trait::async_trait;
use portcullis_core::{PermissionStore, StoreError, UserId};

use crate::database::Database;
use crate::user_row::integer;
use crate::value::values;

#[async_trait]
impl PermissionStore for Database {
    async fn holds_permission(
        &self,
        user: &UserId,
        app_label: &str,
        codename: &str,
    ) -> Result<bool, StoreError> {
        let Some(id) = integer(user) else {
            return Ok(false);
        };
        let key = self.user_table().key();
        let sql = format!(
            "SELECT p.id FROM auth_permission p \
                   JOIN django_content_type c ON c.id = p.content_type_id \
                   WHERE c.app_label = ?2 AND p.codename = ?3 AND (\
                   EXISTS (SELECT 1 FROM auth_user_user_permissions o \
                           WHERE o.permission_id = p.id AND o.{key} = ?1) OR \
                   EXISTS (SELECT 1 FROM auth_group_permissions g \
                           JOIN auth_user_groups m ON m.group_id = g.group_id \
                           WHERE g.permission_id = p.id AND m.{key} = ?1)) LIMIT 1"
        );
        let held = self
            .optional_row(&sql, values![id, app_label, codename])
            .await?;
        Ok(held.is_some())
    }

    async fn groups(&self, user: &UserId) -> Result<Vec<String>, StoreError> {
        let Some(id) = integer(user) else {
            return Ok(Vec::new());
        };
        let sql = format!(
            "SELECT g.name FROM auth_group g JOIN auth_user_groups m ON m.group_id = g.id \
             WHERE m.{} = ?1 ORDER BY g.name",
            self.user_table().key()
        );
        let rows = self.rows(&sql, values![id]).await?;
        rows.iter().map(|row| row.get(0)).collect()
    }
}
