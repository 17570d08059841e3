//! Looking users up.

use async_trait::async_trait;
use portcullis_core::{StoreError, User, UserStore};
use rusqlite::OptionalExtension;

use crate::database::Database;
use crate::user_row::{COLUMNS, user};

#[async_trait]
impl UserStore for Database {
    async fn user_by_login_name(&self, name: &str) -> Result<Option<User>, StoreError> {
        let (exact, folded) = (name.to_owned(), name.to_lowercase());
        self.read(move |connection| {
            let by_username = format!("SELECT {COLUMNS} FROM auth_user u WHERE u.username = ?1");
            let found = connection
                .prepare_cached(&by_username)?
                .query_row([exact], user)
                .optional()?;
            if found.is_some() {
                return Ok(found);
            }
            let by_email = format!(
                "SELECT {COLUMNS} FROM portcullis_email e JOIN auth_user u ON u.id = e.user_id \
                 WHERE e.folded = ?1"
            );
            connection
                .prepare_cached(&by_email)?
                .query_row([folded], user)
                .optional()
        })
        .await
    }

    async fn user_by_id(&self, id: &str) -> Result<Option<User>, StoreError> {
        let Ok(id) = id.parse::<i64>() else {
            return Ok(None);
        };
        self.read(move |connection| {
            let sql = format!("SELECT {COLUMNS} FROM auth_user u WHERE u.id = ?1");
            connection
                .prepare_cached(&sql)?
                .query_row([id], user)
                .optional()
        })
        .await
    }
}
