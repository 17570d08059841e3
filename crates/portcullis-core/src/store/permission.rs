//! The rows of `auth_permission`.

use async_trait::async_trait;

use super::StoreError;
use crate::user::UserId;

/// Which permissions users hold.
#[doc(alias = "PermissionsMixin")]
#[async_trait]
pub trait PermissionStore: Send + Sync {
    /// Whether a user has that permission, `app_label.codename`, for themselves or by a group.
    ///
    /// Looks at the tables only: whether the user is active or a superuser is for the caller to see.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    #[doc(alias = "has_perm")]
    async fn holds_permission(
        &self,
        user: &UserId,
        app_label: &str,
        codename: &str,
    ) -> Result<bool, StoreError>;

    /// The names of the groups that a user is in, in order.
    ///
    /// # Errors
    /// [`StoreError`] when the database fails.
    async fn groups(&self, user: &UserId) -> Result<Vec<String>, StoreError>;
}
