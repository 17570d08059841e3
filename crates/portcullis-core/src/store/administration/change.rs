//! What the admin site does to users and groups.

use std::collections::BTreeSet;

use time::OffsetDateTime;

use crate::store::{Device, StoreError};
use crate::user::{PasswordHash, UserId};

/// Who does something in the admin site, from where, and when. What they may is looked up inside of the command.
#[derive(Clone, Debug)]
pub struct Administrator {
    /// Their key.
    pub user: UserId,
    /// Their client, for the audit log: it names them.
    pub device: Device,
    /// When.
    pub now: OffsetDateTime,
}

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AdministrationError {
    /// Whoever asks may not do this, or not any more.
    #[error("the administrator may not do this")]
    Forbidden,
    /// They would lock themselves out.
    #[error("the administrator would lock themselves out")]
    Yourself,
    /// It was changed since the form was shown.
    #[error("it was changed meanwhile")]
    Changed,
    /// It is not there, or not any more.
    #[error("it is not there")]
    Gone,
    /// Somebody has that name already; the letter case does not count.
    #[error("the name is taken")]
    NameTaken,
    /// Somebody has that address already; the letter case does not count.
    #[error("the address is taken")]
    EmailTaken,
    /// The user has as many tokens as they may.
    #[error("there are as many tokens as there may be")]
    TooMany,
    /// The machine failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A user as the form for a new one has it.
#[derive(Clone, Debug)]
pub struct AddedUser {
    /// The log-in name; unique.
    pub username: String,
    /// E-mail address, or empty.
    pub email: String,
    /// The password, already hashed, or one that nobody has.
    pub password: PasswordHash,
}

/// A user as their form has them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserForm {
    /// The log-in name; unique.
    pub username: String,
    /// E-mail address, or empty.
    pub email: String,
    /// Given name, or empty.
    pub first_name: String,
    /// Family name, or empty.
    pub last_name: String,
    /// Whether they may log in.
    pub is_active: bool,
    /// Whether they may enter the admin site.
    pub is_staff: bool,
    /// Whether they have every permission.
    pub is_superuser: bool,
    /// The keys of their groups. Those that the administrator could not give stay as they are.
    pub groups: BTreeSet<i64>,
    /// The keys of the permissions that they hold for themselves; the same holds of them.
    pub permissions: BTreeSet<i64>,
}

/// A group as its form has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupForm {
    /// Its name; unique.
    pub name: String,
    /// The keys of its permissions. Those that the administrator could not give stay as they are.
    pub permissions: BTreeSet<i64>,
}

/// A group, and what a form about it needs.
#[derive(Clone, Debug)]
pub struct GroupSheet {
    /// Its row.
    pub group: super::GroupRow,
    /// The permissions that its members hold by it.
    pub permissions: Vec<super::PermissionRow>,
    /// Changes whenever anything of it does.
    pub version: String,
}

impl GroupSheet {
    /// What its members may do by it.
    #[must_use]
    pub fn rights(&self) -> super::Rights {
        super::Rights {
            permissions: self
                .permissions
                .iter()
                .map(super::PermissionRow::perm)
                .collect(),
            ..super::Rights::default()
        }
    }
}

/// A row of `django_admin_log`: what somebody did in an admin site, Django's or this one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdminLogRow {
    /// When.
    pub at: OffsetDateTime,
    /// Whose doing it was: their log-in name.
    pub by: String,
    /// To what, as it was called then.
    pub object: String,
    /// Which kind of thing that is, such as `user`; empty where nobody knows.
    pub model: String,
    /// Its key.
    pub object_id: String,
    /// 1 added, 2 changed, 3 deleted.
    pub flag: i64,
    /// What was changed: a JSON text of Django's, or a sentence, or empty.
    pub message: String,
}
