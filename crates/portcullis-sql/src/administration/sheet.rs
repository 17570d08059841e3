//! What the page of a user shows, and by what a form knows that it is not what was shown.

use portcullis_core::{StoreError, User, UserSheet};
use sha2::{Digest, Sha256};

use super::reader::Reader;
use super::rights::{Counts, rights_of};
use super::{PERMISSION, group, permission};
use crate::user_row::{COLUMNS, user};
use crate::value::values;

/// The user with that key. In a transaction nobody changes the row until it ends.
pub(super) async fn sheet_of(
    reader: &mut Reader<'_>,
    id: i64,
) -> Result<Option<UserSheet>, StoreError> {
    let lock = reader.locking(" FOR UPDATE");
    let sql = format!("SELECT {COLUMNS} FROM auth_user u WHERE u.id = ?1{lock}");
    let rows = reader.rows(&sql, values![id]).await?;
    let Some(row) = rows.first() else {
        return Ok(None);
    };
    let user = user(row)?;
    let key = reader.key();
    let sql = format!(
        "SELECT g.id, g.name FROM auth_group g JOIN auth_user_groups m ON m.group_id = g.id \
         WHERE m.{key} = ?1 ORDER BY g.name"
    );
    let rows = reader.rows(&sql, values![id]).await?;
    let groups = rows.iter().map(group).collect::<Result<Vec<_>, _>>()?;
    let sql = format!(
        "{PERMISSION} JOIN auth_user_user_permissions o ON o.permission_id = p.id \
         WHERE o.{key} = ?1 ORDER BY c.app_label, c.model, p.codename"
    );
    let rows = reader.rows(&sql, values![id]).await?;
    let permissions = rows.iter().map(permission).collect::<Result<Vec<_>, _>>()?;
    let rights = rights_of(reader, id, Counts::Everybody).await?;
    let version = version_of(
        &user,
        groups.iter().map(|group| group.id),
        permissions.iter().map(|permission| permission.id),
    );
    Ok(Some(UserSheet {
        user,
        groups,
        permissions,
        rights,
        version,
    }))
}

/// A digest of all that the form of a user shows.
fn version_of(
    user: &User,
    groups: impl Iterator<Item = i64>,
    permissions: impl Iterator<Item = i64>,
) -> String {
    let mut digest = Sha256::new();
    for text in [
        &user.username,
        &user.email,
        &user.first_name,
        &user.last_name,
    ] {
        digest.update(text.len().to_be_bytes());
        digest.update(text);
    }
    digest.update([
        u8::from(user.is_active),
        u8::from(user.is_staff),
        u8::from(user.is_superuser),
    ]);
    for ids in [sorted(groups), sorted(permissions)] {
        digest.update(ids.len().to_be_bytes());
        for id in ids {
            digest.update(id.to_be_bytes());
        }
    }
    hex::encode(digest.finalize())
}

pub(super) fn sorted(ids: impl Iterator<Item = i64>) -> Vec<i64> {
    let mut ids: Vec<i64> = ids.collect();
    ids.sort_unstable();
    ids
}
