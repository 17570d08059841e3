//! Users as the admin site lists and shows them.

use super::{GroupRow, PermissionRow, Rights};
use crate::user::User;

/// Which users a list is about, and where it goes on.
#[derive(Clone, Debug, Default)]
pub struct UserQuery {
    /// How a log-in name or an e-mail address begins, in any letter case; empty for all.
    pub search: String,
    /// Whether the text may be anywhere in a name or address: reads every user.
    pub anywhere: bool,
    /// Only those who may log in, or may not.
    pub is_active: Option<bool>,
    /// Only those who may enter the admin site, or may not.
    pub is_staff: Option<bool>,
    /// Only those who have every permission, or do not.
    pub is_superuser: Option<bool>,
    /// Only those of the group with that key.
    pub group: Option<i64>,
    /// In which order; not heeded while a text is searched for by how it begins.
    pub order: UserOrder,
    /// Behind this place.
    pub after: Option<UserCursor>,
    /// At most so many.
    pub limit: u32,
}

/// The order of a list of users.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UserOrder {
    /// By log-in name, byte by byte.
    #[default]
    Username,
    /// The same, backwards.
    UsernameDescending,
    /// Who was made last comes first.
    Newest,
    /// Who was made first comes first.
    Oldest,
}

/// A place in a list of users: behind that row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserCursor {
    /// What the list is ordered by, of the last row; empty when it is the key alone.
    pub text: String,
    /// The key of the last row.
    pub id: i64,
}

/// Some users of a list.
#[derive(Clone, Debug, Default)]
pub struct UserPage {
    /// In order.
    pub users: Vec<User>,
    /// Where the list goes on; `None` at its end.
    pub next: Option<UserCursor>,
}

/// All that the page of a user shows.
#[derive(Clone, Debug)]
pub struct UserSheet {
    /// Their row.
    pub user: User,
    /// The groups that they are in, by name.
    pub groups: Vec<GroupRow>,
    /// The permissions that they hold for themselves.
    pub permissions: Vec<PermissionRow>,
    /// What they may do in all; or might, if they were active.
    pub rights: Rights,
    /// Changes whenever anything does that a form shows: sent back with the form, it tells whether somebody
    /// was faster.
    pub version: String,
}
