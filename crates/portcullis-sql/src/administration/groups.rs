//! Groups: showing, making, changing and deleting them.

use std::collections::BTreeSet;

use portcullis_core::{
    AdministrationError, Administrator, GroupForm, GroupRow, GroupSheet, Revoked, StoreError,
};
use sha2::{Digest, Sha256};

use super::act::{Act, Flag, changed};
use super::edit::name_of_permission;
use super::reader::Reader;
use super::{PERMISSION, group, permission};
use crate::database::Database;
use crate::value::values;

impl Database {
    pub(super) async fn added_group(
        &self,
        by: &Administrator,
        form: &GroupForm,
    ) -> Result<i64, AdministrationError> {
        let mut act = Act::begin(self, by).await?;
        act.want("auth.add_group")?;
        let sql = "INSERT INTO auth_group (name) VALUES (?1) ON CONFLICT DO NOTHING RETURNING id";
        let row = act
            .transaction
            .optional_row(sql, values![&form.name])
            .await?;
        let id: i64 = row.ok_or(AdministrationError::NameTaken)?.get(0)?;
        write_permissions(&mut act, id, &BTreeSet::new(), &form.permissions).await?;
        act.tell_group(Flag::Added, (id, &form.name), "[{\"added\": {}}]")
            .await?;
        act.commit().await?;
        Ok(id)
    }

    pub(super) async fn edited_group(
        &self,
        by: &Administrator,
        id: i64,
        version: &str,
        form: &GroupForm,
    ) -> Result<(), AdministrationError> {
        let mut act = Act::begin(self, by).await?;
        let sheet = wanted_group(&mut act, "auth.change_group", id).await?;
        if sheet.version != version {
            return Err(AdministrationError::Changed);
        }
        let mut fields = Vec::new();
        if sheet.group.name != form.name {
            let sql = "SELECT 1 FROM auth_group WHERE name = ?1 AND id <> ?2";
            let values = values![&form.name, id];
            if act.transaction.optional_row(sql, values).await?.is_some() {
                return Err(AdministrationError::NameTaken);
            }
            let sql = "UPDATE auth_group SET name = ?1 WHERE id = ?2";
            act.transaction.execute(sql, values).await?;
            fields.push("Name");
        }
        let current = sheet.permissions.iter().map(|row| row.id).collect();
        if write_permissions(&mut act, id, &current, &form.permissions).await? {
            fields.push("Permissions");
        }
        if fields.is_empty() {
            return Ok(());
        }
        act.tell_group(Flag::Changed, (id, &form.name), &changed(&fields))
            .await?;
        act.commit().await?;
        self.revocations().publish(&Revoked::Somebody);
        Ok(())
    }

    pub(super) async fn deleted_group(
        &self,
        by: &Administrator,
        id: i64,
    ) -> Result<(), AdministrationError> {
        let mut act = Act::begin(self, by).await?;
        let sheet = wanted_group(&mut act, "auth.delete_group", id).await?;
        for sql in [
            "DELETE FROM auth_group_permissions WHERE group_id = ?1",
            "DELETE FROM auth_user_groups WHERE group_id = ?1",
            "DELETE FROM auth_group WHERE id = ?1",
        ] {
            act.transaction.execute(sql, values![id]).await?;
        }
        act.tell_group(Flag::Deleted, (id, &sheet.group.name), "")
            .await?;
        act.commit().await?;
        self.revocations().publish(&Revoked::Somebody);
        Ok(())
    }
}

/// A group that the administrator may do that to: none that may do more than they.
async fn wanted_group(
    act: &mut Act<'_>,
    permission: &str,
    id: i64,
) -> Result<GroupSheet, AdministrationError> {
    act.want(permission)?;
    let sheet = group_sheet_of(&mut Reader::Transaction(&mut act.transaction), id).await?;
    let sheet = sheet.ok_or(AdministrationError::Gone)?;
    match act.rights.cover(&sheet.rights()) {
        true => Ok(sheet),
        false => Err(AdministrationError::Forbidden),
    }
}

/// Gives permissions to a group and takes others away; whether anything was changed. Nobody gives what they do not hold.
async fn write_permissions(
    act: &mut Act<'_>,
    id: i64,
    current: &BTreeSet<i64>,
    wanted: &BTreeSet<i64>,
) -> Result<bool, AdministrationError> {
    let mut is_changed = false;
    for permission in current.symmetric_difference(wanted) {
        let is_new = wanted.contains(permission);
        let name = name_of_permission(&mut act.transaction, *permission).await?;
        if is_new && !name.is_some_and(|name| act.rights.hold(&name)) {
            return Err(AdministrationError::Forbidden);
        }
        let sql = match is_new {
            true => {
                "INSERT INTO auth_group_permissions (group_id, permission_id) VALUES (?1, ?2) \
                 ON CONFLICT DO NOTHING"
            }
            false => {
                "DELETE FROM auth_group_permissions WHERE group_id = ?1 AND permission_id = ?2"
            }
        };
        act.transaction
            .execute(sql, values![id, *permission])
            .await?;
        is_changed = true;
    }
    Ok(is_changed)
}

/// A group with its permissions. In a transaction nobody changes its row until it ends.
pub(super) async fn group_sheet_of(
    reader: &mut Reader<'_>,
    id: i64,
) -> Result<Option<GroupSheet>, StoreError> {
    let lock = reader.locking(" FOR UPDATE");
    let sql = format!("SELECT id, name FROM auth_group WHERE id = ?1{lock}");
    let rows = reader.rows(&sql, values![id]).await?;
    let Some(row) = rows.first() else {
        return Ok(None);
    };
    let group: GroupRow = group(row)?;
    let sql = format!(
        "{PERMISSION} JOIN auth_group_permissions g ON g.permission_id = p.id \
         WHERE g.group_id = ?1 ORDER BY c.app_label, c.model, p.codename"
    );
    let rows = reader.rows(&sql, values![id]).await?;
    let permissions = rows.iter().map(permission).collect::<Result<Vec<_>, _>>()?;
    let mut digest = Sha256::new();
    digest.update(&group.name);
    for id in super::sheet::sorted(permissions.iter().map(|row| row.id)) {
        digest.update(id.to_be_bytes());
    }
    Ok(Some(GroupSheet {
        group,
        permissions,
        version: hex::encode(digest.finalize()),
    }))
}
