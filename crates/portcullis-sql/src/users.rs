//! Looking users up.

use async_trait::async_trait;
use portcullis_core::{StoreError, User, UserStore};

use crate::database::Database;
use crate::user_row::{COLUMNS, user};
use crate::value::values;

#[async_trait]
impl UserStore for Database {
    async fn user_by_login_name(&self, name: &str) -> Result<Option<User>, StoreError> {
        let by_username = format!("SELECT {COLUMNS} FROM auth_user u WHERE u.username = ?1");
        if let Some(row) = self.optional_row(&by_username, values![name]).await? {
            return user(&row).map(Some);
        }
        let by_email = format!(
            "SELECT {COLUMNS} FROM portcullis_email e JOIN auth_user u ON u.id = e.user_id \
             WHERE e.folded = ?1"
        );
        let found = self
            .optional_row(&by_email, values![name.to_lowercase()])
            .await?;
        found.as_ref().map(user).transpose()
    }

    async fn user_by_id(&self, id: &str) -> Result<Option<User>, StoreError> {
        let Ok(id) = id.parse::<i64>() else {
            return Ok(None);
        };
        let sql = format!("SELECT {COLUMNS} FROM auth_user u WHERE u.id = ?1");
        let found = self.optional_row(&sql, values![id]).await?;
        found.as_ref().map(user).transpose()
    }
}
