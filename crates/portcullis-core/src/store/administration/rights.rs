//! What somebody may do in the admin site.

use std::collections::BTreeSet;

/// The permissions that a user holds, for themselves and by their groups, as the tables say at this moment.
///
/// Inactive users hold none, superusers all.
#[doc(alias = "get_all_permissions")]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rights {
    /// Whether they may enter the admin site at all.
    pub is_staff: bool,
    /// Whether they have every permission.
    pub is_superuser: bool,
    /// Such as `auth.change_user`.
    pub permissions: BTreeSet<String>,
}

impl Rights {
    /// Whether they hold that permission, such as `auth.change_user`.
    #[doc(alias = "has_perm")]
    #[must_use]
    pub fn hold(&self, permission: &str) -> bool {
        self.is_superuser || self.permissions.contains(permission)
    }

    /// Whether they may do everything that others may: only then may they change or hand that out.
    ///
    /// ```
    /// use portcullis_core::Rights;
    /// let root = Rights { is_superuser: true, ..Rights::default() };
    /// assert!(root.cover(&Rights::default()) && !Rights::default().cover(&root));
    /// ```
    #[must_use]
    pub fn cover(&self, others: &Self) -> bool {
        self.is_superuser
            || (!others.is_superuser && others.permissions.is_subset(&self.permissions))
    }
}

/// A row of `auth_permission`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PermissionRow {
    /// Its key.
    pub id: i64,
    /// Such as `auth`.
    pub app_label: String,
    /// Such as `user`.
    pub model: String,
    /// Such as `change_user`.
    pub codename: String,
    /// Such as `Can change user`.
    pub name: String,
}

impl PermissionRow {
    /// Such as `auth.change_user`.
    #[must_use]
    pub fn perm(&self) -> String {
        format!("{}.{}", self.app_label, self.codename)
    }
}

/// A row of `auth_group`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupRow {
    /// Its key.
    pub id: i64,
    /// Its name; unique.
    pub name: String,
}
