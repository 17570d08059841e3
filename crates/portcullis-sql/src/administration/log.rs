//! Reading `django_admin_log`.

use portcullis_core::{AdminLogRow, StoreError, UserId};
use time::OffsetDateTime;

use crate::database::Database;
use crate::row::Row;
use crate::user_row::integer;
use crate::value::values;

impl Database {
    pub(super) async fn log_rows(
        &self,
        by: Option<&UserId>,
        object: Option<(&str, &str, &str)>,
        limit: u32,
    ) -> Result<Vec<AdminLogRow>, StoreError> {
        if !self.has_table("django_admin_log").await? {
            return Ok(Vec::new());
        }
        let by = by.map(|by| integer(by).unwrap_or(-1));
        let (app, model, id) = object.map_or((None, None, None), |(app, model, id)| {
            (Some(app), Some(model), Some(id))
        });
        let sql = "SELECT l.action_time, u.username, l.object_repr, c.model, l.object_id, l.action_flag, \
                   l.change_message FROM django_admin_log l LEFT JOIN auth_user u ON u.id = l.user_id \
                   LEFT JOIN django_content_type c ON c.id = l.content_type_id \
                   WHERE (?1 IS NULL OR l.user_id = ?1) AND (?2 IS NULL OR (l.content_type_id = \
                   (SELECT id FROM django_content_type WHERE app_label = ?2 AND model = ?3) \
                   AND l.object_id = ?4)) ORDER BY l.id DESC LIMIT ?5";
        let rows = self
            .rows_now(sql, values![by, app, model, id, limit])
            .await?;
        rows.iter().map(log_row).collect()
    }
}

fn log_row(row: &Row) -> Result<AdminLogRow, StoreError> {
    Ok(AdminLogRow {
        // Nothing is decided by it.
        at: row.get(0).unwrap_or(OffsetDateTime::UNIX_EPOCH),
        by: row.get::<Option<String>>(1)?.unwrap_or_default(),
        object: row.get(2)?,
        model: row.get::<Option<String>>(3)?.unwrap_or_default(),
        object_id: row.get::<Option<String>>(4)?.unwrap_or_default(),
        flag: row.get(5)?,
        message: row.get(6)?,
    })
}
