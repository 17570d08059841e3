//! What the admin site reads and does: Django's `contrib.admin`, as commands.

mod rights;
mod users;

use async_trait::async_trait;

pub use rights::{GroupRow, PermissionRow, Rights};
pub use users::{UserCursor, UserOrder, UserPage, UserQuery, UserSheet};

use super::StoreError;
use crate::user::UserId;

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
}
