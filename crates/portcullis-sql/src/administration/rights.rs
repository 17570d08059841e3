//! What somebody may do.

use portcullis_core::{Rights, StoreError};

use super::reader::Reader;
use crate::value::values;

/// Whose rights count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Counts {
    /// Those of active users.
    Active,
    /// Those of all: what somebody would have who is let in again.
    Everybody,
}

/// What a user may do; nothing, when there is no such row. In a transaction
/// nobody changes the row until it ends.
pub(super) async fn rights_of(
    reader: &mut Reader<'_>,
    user_id: i64,
    counts: Counts,
) -> Result<Rights, StoreError> {
    let lock = reader.locking(" FOR SHARE");
    let sql =
        format!("SELECT is_active, is_staff, is_superuser FROM auth_user WHERE id = ?1{lock}");
    let rows = reader.rows(&sql, values![user_id]).await?;
    let Some(row) = rows.first() else {
        return Ok(Rights::default());
    };
    if !row.get::<bool>(0)? && counts == Counts::Active {
        return Ok(Rights::default());
    }
    let (is_staff, is_superuser) = (row.get(1)?, row.get(2)?);
    let key = reader.key();
    let sql = format!(
        "SELECT c.app_label, p.codename FROM auth_permission p \
         JOIN django_content_type c ON c.id = p.content_type_id WHERE p.id IN (\
         SELECT o.permission_id FROM auth_user_user_permissions o WHERE o.{key} = ?1 UNION \
         SELECT g.permission_id FROM auth_group_permissions g \
         JOIN auth_user_groups m ON m.group_id = g.group_id WHERE m.{key} = ?1)"
    );
    let rows = reader.rows(&sql, values![user_id]).await?;
    let names = rows.iter().map(|row| {
        let (app, codename): (String, String) = (row.get(0)?, row.get(1)?);
        Ok(format!("{app}.{codename}"))
    });
    Ok(Rights {
        is_staff,
        is_superuser,
        permissions: names.collect::<Result<_, StoreError>>()?,
    })
}
