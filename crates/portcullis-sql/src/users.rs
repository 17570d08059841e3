//! Looking users up.

use async_trait::async_trait;
use portcullis_core::{StoreError, User, UserStore};

use crate::database::Database;
use crate::user_row::{COLUMNS, user};
use crate::value::values;

#[async_trait]
impl UserStore for Database {
    async fn user_by_login_name(&self, name: &str) -> Result<Option<User>, StoreError> {
        if name.contains('\0') {
            // Nobody's, and PostgreSQL has no text with it.
            return Ok(None);
        }
        self.adopt_newcomers().await?;
        // One query, whoever is meant: the work tells nothing.
        let sql = format!(
            "SELECT {COLUMNS} FROM auth_user u WHERE u.id = COALESCE(\
             (SELECT n.id FROM auth_user n WHERE n.username = ?1), \
             (SELECT n.user_id FROM portcullis_username n WHERE n.folded = ?2), \
             (SELECT e.user_id FROM portcullis_email e WHERE e.folded = ?2))"
        );
        let folded = name.to_lowercase();
        let found = self.optional_row(&sql, values![name, &folded]).await?;
        let found = found.as_ref().map(user).transpose()?;
        // Somebody else may have changed the row meanwhile: then the name is not theirs any more.
        Ok(found.filter(|user| {
            [&user.username, &user.email]
                .iter()
                .any(|own| own.to_lowercase() == folded)
        }))
    }

    async fn user_by_id(&self, id: &str) -> Result<Option<User>, StoreError> {
        let Ok(id) = id.parse::<i64>() else {
            return Ok(None);
        };
        let sql = format!("SELECT {COLUMNS} FROM auth_user u WHERE u.id = ?1");
        let found = self.optional_row(&sql, values![id]).await?;
        found.as_ref().map(user).transpose()
    }

    async fn user_by_id_now(&self, id: &str) -> Result<Option<User>, StoreError> {
        let Ok(id) = id.parse::<i64>() else {
            return Ok(None);
        };
        let sql = format!("SELECT {COLUMNS} FROM auth_user u WHERE u.id = ?1");
        let found = self.rows_now(&sql, values![id]).await?;
        found.first().map(user).transpose()
    }
}
