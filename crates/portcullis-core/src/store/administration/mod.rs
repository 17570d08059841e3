//! What the admin site reads and does: Django's `contrib.admin`, as commands.

mod change;
mod operations;
mod rights;
mod users;

use async_trait::async_trait;
use time::OffsetDateTime;

pub use change::{
    AddedUser, AdminLogRow, AdministrationError, Administrator, GroupForm, GroupSheet, UserForm,
};
pub use operations::{Lock, Operations, UnsentMail};
pub use rights::{GroupRow, PermissionRow, Rights};
pub use users::{UserCursor, UserOrder, UserPage, UserQuery, UserSheet};

use super::{NewDeviceLogin, StoreError};
use crate::authenticator::LoginId;
use crate::user::{PasswordHash, UserId};

/// What the admin site asks of a database. Nothing here is answered from what was read before.
#[doc(alias = "ModelAdmin")]
#[async_trait]
pub trait AdministrationStore: Send + Sync {
    /// What a user may do now; nothing, when nobody has that key.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    async fn rights(&self, user: &UserId) -> Result<Rights, StoreError>;

    /// The model of users as permissions name it: `("auth", "user")`, or that of the project.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    async fn user_model(&self) -> Result<(String, String), StoreError>;

    /// Some users of a list: by the keys of indexes, and without counting. A search by how a text begins and lists
    /// without filters read no more than they show; filters and a search for a text that may be anywhere read
    /// until enough is found.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    async fn list_users(&self, query: &UserQuery) -> Result<UserPage, StoreError>;

    /// What the page of a user shows; `None` when nobody has that key.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    async fn user_sheet(&self, user: &UserId) -> Result<Option<UserSheet>, StoreError>;

    /// Every group, by name.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    async fn all_groups(&self) -> Result<Vec<GroupRow>, StoreError>;

    /// Every permission, by application, model and codename.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    async fn all_permissions(&self) -> Result<Vec<PermissionRow>, StoreError>;

    /// A group with its permissions; `None` when there is none with that key.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    async fn group_sheet(&self, group: i64) -> Result<Option<GroupSheet>, StoreError>;

    /// The last so many things that were done in the admin site: by that user, or to that object of a model, or at all.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    async fn admin_log(
        &self,
        by: Option<&UserId>,
        object: Option<(&str, &str, &str)>,
        limit: u32,
    ) -> Result<Vec<AdminLogRow>, StoreError>;

    /// Makes a user. Needs `add_user` and `change_user`, as in Django.
    ///
    /// # Errors
    /// [`AdministrationError`] when nothing was written.
    async fn add_user(
        &self,
        by: &Administrator,
        user: AddedUser,
    ) -> Result<UserId, AdministrationError>;

    /// Makes a user what a form says, if they still are what it showed (`version`). Needs `change_user`, and all that
    /// the user may; nobody hands out more than they hold. The user's sockets and caches hear of it at once.
    ///
    /// # Errors
    /// [`AdministrationError`] when nothing was written.
    async fn edit_user(
        &self,
        by: &Administrator,
        user: &UserId,
        version: &str,
        form: &UserForm,
    ) -> Result<(), AdministrationError>;

    /// Sets a password, and ends every credential of the user. Needs what [`edit_user`](Self::edit_user) needs.
    ///
    /// # Errors
    /// [`AdministrationError`] when nothing was written.
    async fn set_password_of(
        &self,
        by: &Administrator,
        user: &UserId,
        password: PasswordHash,
    ) -> Result<(), AdministrationError>;

    /// Makes a group. Needs `auth.add_group`, and every permission that it gets.
    ///
    /// # Errors
    /// [`AdministrationError`] when nothing was written.
    async fn add_group(
        &self,
        by: &Administrator,
        form: &GroupForm,
    ) -> Result<i64, AdministrationError>;

    /// Makes a group what a form says, if it still is what it showed. Needs `auth.change_group`, and every permission
    /// that it had and gets.
    ///
    /// # Errors
    /// [`AdministrationError`] when nothing was written.
    async fn edit_group(
        &self,
        by: &Administrator,
        group: i64,
        version: &str,
        form: &GroupForm,
    ) -> Result<(), AdministrationError>;

    /// Deletes a group; its members stay. Needs `auth.delete_group`, and every permission that it has.
    ///
    /// # Errors
    /// [`AdministrationError`] when nothing was written.
    async fn delete_group(&self, by: &Administrator, group: i64)
    -> Result<(), AdministrationError>;

    /// Ends a login of a user, or with `None` all of them, with the credentials behind. Needs what
    /// [`edit_user`](Self::edit_user) needs. Says how many there were.
    ///
    /// # Errors
    /// [`AdministrationError`] when nothing was written.
    async fn end_logins_of(
        &self,
        by: &Administrator,
        user: &UserId,
        login: Option<LoginId>,
    ) -> Result<u64, AdministrationError>;

    /// Opens a login for a device of a user, whose token is issued once. Needs what [`edit_user`](Self::edit_user) needs.
    ///
    /// # Errors
    /// [`AdministrationError`] when nothing was written.
    async fn issue_device_token(
        &self,
        by: &Administrator,
        user: &UserId,
        login: NewDeviceLogin,
    ) -> Result<(), AdministrationError>;

    /// What an operator looks after, with at most so many mails and locks.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    async fn operations(&self, now: OffsetDateTime, limit: u32) -> Result<Operations, StoreError>;

    /// Lets log-ins go on that were stopped: the tries that the lock with that key counts are forgotten, and those of
    /// `user`, whom the name means. Needs a superuser.
    ///
    /// # Errors
    /// [`AdministrationError`] when nothing was written.
    async fn lift_lock(
        &self,
        by: &Administrator,
        key: &str,
        user: Option<&UserId>,
    ) -> Result<(), AdministrationError>;
}
