//! Permissions by the rows of `auth_permission`: who may add, change, delete which model.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use crate::action::Action;
use crate::permission::{Ask, Permission, Verdict};
use crate::store::PermissionStore;

/// Asks Django's permissions of a model: `shop.add_order` to create, `shop.change_order` to update,
/// `shop.delete_order` to delete.
///
/// Looking needs no more than being logged in, as in DRF; other actions are refused. Superusers may
/// do everything. Cost: one query for actions other than looking, none for superusers.
#[doc(alias = "DjangoModelPermissions")]
#[doc(alias = "DjangoModelPermissionsOrAnonReadOnly")]
#[derive(Clone)]
pub struct ModelPermissions {
    store: Arc<dyn PermissionStore>,
    app_label: String,
    model: String,
    readers: Readers,
}

/// Who may look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Readers {
    Everybody,
    LoggedIn,
    WithPermission,
}

impl ModelPermissions {
    /// The permissions of a model, such as `shop` and `order` (lower case, as Django has it).
    #[must_use]
    pub fn new(
        store: Arc<dyn PermissionStore>,
        app_label: impl Into<String>,
        model: impl Into<String>,
    ) -> Self {
        let (app_label, model) = (app_label.into(), model.into());
        Self {
            store,
            app_label,
            model,
            readers: Readers::LoggedIn,
        }
    }

    /// Everybody may look, also those who are not logged in.
    #[must_use]
    pub fn or_anonymous_read_only(self) -> Self {
        Self {
            readers: Readers::Everybody,
            ..self
        }
    }

    /// Looking needs `view`, as the admin site has it.
    #[must_use]
    pub fn with_view_permission(self) -> Self {
        Self {
            readers: Readers::WithPermission,
            ..self
        }
    }

    /// The first word of the codename that an action needs; `None` for those that none covers.
    fn word(action: &Action) -> Option<&'static str> {
        match action {
            Action::Read | Action::Subscribe => Some("view"),
            Action::Create => Some("add"),
            Action::Update => Some("change"),
            Action::Delete => Some("delete"),
            Action::Connect | Action::Custom(_) => None,
        }
    }
}

#[async_trait]
impl Permission for ModelPermissions {
    async fn check(&self, ask: &Ask<'_>) -> Verdict {
        if ask.action().is_read_only() && self.readers == Readers::Everybody {
            return Verdict::Allow;
        }
        let Some(user) = ask.who().user().filter(|user| user.is_active) else {
            return Verdict::Deny(None);
        };
        if user.is_superuser || (ask.action().is_read_only() && self.readers == Readers::LoggedIn) {
            return Verdict::Allow;
        }
        let Some(word) = Self::word(ask.action()) else {
            return Verdict::Deny(None);
        };
        let codename = format!("{word}_{}", self.model);
        let held = self
            .store
            .holds_permission(&user.id, &self.app_label, &codename)
            .await;
        // What cannot be looked up is not held: fail closed.
        Verdict::from_bool(held.unwrap_or(false))
    }

    fn name(&self) -> String {
        format!("ModelPermissions({}.{})", self.app_label, self.model)
    }
}

impl fmt::Debug for ModelPermissions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

#[cfg(test)]
mod tests {
    use time::OffsetDateTime;

    use super::*;
    use crate::store::StoreError;
    use crate::user::{PasswordHash, Principal, User, UserId};

    /// A store that knows which codenames are held, and fails for one.
    struct Holds(&'static [&'static str]);

    #[async_trait]
    impl PermissionStore for Holds {
        async fn holds_permission(
            &self,
            _: &UserId,
            app: &str,
            codename: &str,
        ) -> Result<bool, StoreError> {
            match codename {
                "delete_order" => Err(StoreError::Unavailable("away".to_owned())),
                _ => Ok(app == "shop" && self.0.contains(&codename)),
            }
        }

        async fn groups(&self, _: &UserId) -> Result<Vec<String>, StoreError> {
            Ok(Vec::new())
        }
    }

    fn user(is_superuser: bool, is_active: bool) -> Principal {
        Principal::User(Arc::new(User {
            id: UserId::Integer(1),
            username: "ada".to_owned(),
            email: String::new(),
            password: PasswordHash::new("!"),
            is_active,
            is_staff: false,
            is_superuser,
            first_name: String::new(),
            last_name: String::new(),
            date_joined: OffsetDateTime::UNIX_EPOCH,
            last_login: None,
        }))
    }

    async fn allows(permission: &ModelPermissions, who: &Principal, action: Action) -> bool {
        permission.check(&Ask::new(who, &action)).await == Verdict::Allow
    }

    #[tokio::test]
    async fn each_action_needs_its_own_permission() {
        let permission = ModelPermissions::new(Arc::new(Holds(&["add_order"])), "shop", "order");
        let ada = user(false, true);
        assert!(allows(&permission, &ada, Action::Read).await);
        assert!(allows(&permission, &ada, Action::Create).await);
        assert!(!allows(&permission, &ada, Action::Update).await);
        assert!(!allows(&permission, &ada, Action::Custom("ship".to_owned())).await);
        // The store fails for this one.
        assert!(!allows(&permission, &ada, Action::Delete).await);
        assert!(!allows(&permission, &Principal::Anonymous, Action::Read).await);
    }

    #[tokio::test]
    async fn inactive_superuser_may_nothing() {
        let permission = ModelPermissions::new(Arc::new(Holds(&[])), "shop", "order");
        assert!(allows(&permission, &user(true, true), Action::Delete).await);
        assert!(!allows(&permission, &user(true, false), Action::Read).await);
    }

    #[tokio::test]
    async fn readers_can_be_everybody_or_those_with_view() {
        let permission = ModelPermissions::new(Arc::new(Holds(&[])), "shop", "order");
        let open = permission.clone().or_anonymous_read_only();
        assert!(allows(&open, &Principal::Anonymous, Action::Read).await);
        assert!(!allows(&open, &Principal::Anonymous, Action::Create).await);
        let strict = permission.with_view_permission();
        assert!(!allows(&strict, &user(false, true), Action::Read).await);
    }
}
