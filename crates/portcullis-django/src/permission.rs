//! Who may do what (Django's `ModelBackend`), and the normal forms of names.

use std::collections::BTreeSet;
use unicode_normalization::UnicodeNormalization;

/// What the permission rules look at; permissions are `app_label.codename`.
///
/// ```
/// use portcullis_django::permission::Holder;
/// let holder = Holder {
///     is_active: true,
///     group_permissions: ["auth.view_user".to_owned()].into(),
///     ..Holder::anonymous()
/// };
/// assert!(holder.has_perm("auth.view_user", false));
/// assert!(holder.has_module_perms("auth"));
/// assert!(!holder.has_perm("auth.delete_user", false));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[doc(alias = "PermissionsMixin")]
pub struct Holder {
    /// An inactive user has no permission at all, not even a superuser.
    pub is_active: bool,
    /// An active superuser has every permission, unknown ones too.
    pub is_superuser: bool,
    /// Permissions given to the user.
    pub user_permissions: BTreeSet<String>,
    /// Permissions of all the user's groups.
    pub group_permissions: BTreeSet<String>,
}

impl Holder {
    /// Nobody: has no permission.
    #[doc(alias = "AnonymousUser")]
    #[must_use]
    pub fn anonymous() -> Self {
        Self::default()
    }

    /// Whether the user has the permission, e.g. `auth.view_user`.
    ///
    /// With an object only active superusers have any: Django's own backend knows no
    /// permissions on single objects.
    #[must_use]
    pub fn has_perm(&self, permission: &str, with_object: bool) -> bool {
        self.is_active && (self.is_superuser || (!with_object && self.is_given(permission)))
    }

    /// Whether the user has all of them; true for an empty list.
    #[must_use]
    pub fn has_perms<'a>(
        &self,
        permissions: impl IntoIterator<Item = &'a str>,
        with_object: bool,
    ) -> bool {
        let mut permissions = permissions.into_iter();
        permissions.all(|permission| self.has_perm(permission, with_object))
    }

    /// Whether the user has any permission of that app.
    #[must_use]
    pub fn has_module_perms(&self, app_label: &str) -> bool {
        let of_app = |name: &String| {
            name.split_once('.')
                .is_some_and(|(app, _)| app == app_label)
        };
        self.is_active
            && (self.is_superuser
                || self.user_permissions.iter().any(of_app)
                || self.group_permissions.iter().any(of_app))
    }

    /// Every permission of the user; `every` is the whole permission table, for superusers.
    #[doc(alias = "get_all_permissions")]
    #[must_use]
    pub fn all_permissions(&self, every: &BTreeSet<String>) -> BTreeSet<String> {
        let given = self.user_permissions.union(&self.group_permissions);
        self.list(every, || given.cloned().collect())
    }

    /// Permissions from groups; all of `every` for superusers.
    #[doc(alias = "get_group_permissions")]
    #[must_use]
    pub fn permissions_from_groups(&self, every: &BTreeSet<String>) -> BTreeSet<String> {
        self.list(every, || self.group_permissions.clone())
    }

    /// Permissions given to the user in person; all of `every` for superusers.
    #[doc(alias = "get_user_permissions")]
    #[must_use]
    pub fn permissions_in_person(&self, every: &BTreeSet<String>) -> BTreeSet<String> {
        self.list(every, || self.user_permissions.clone())
    }

    fn list(
        &self,
        every: &BTreeSet<String>,
        given: impl FnOnce() -> BTreeSet<String>,
    ) -> BTreeSet<String> {
        match (self.is_active, self.is_superuser) {
            (false, _) => BTreeSet::new(),
            (true, true) => every.clone(),
            (true, false) => given(),
        }
    }

    fn is_given(&self, permission: &str) -> bool {
        self.user_permissions.contains(permission) || self.group_permissions.contains(permission)
    }
}

/// The four things Django makes a permission for.
pub const ACTIONS: [&str; 4] = ["add", "change", "delete", "view"];

/// The name of a content type: the class in lower case, e.g. `tokenproxy`.
#[doc(alias = "ContentType")]
#[must_use]
pub fn model_name(class: &str) -> String {
    class.to_lowercase()
}

/// The codename of an action on a model class, e.g. `add_user`.
///
/// ```
/// assert_eq!(portcullis_django::permission::codename("view", "LogEntry"), "view_logentry");
/// ```
#[doc(alias = "get_permission_codename")]
#[must_use]
pub fn codename(action: &str, class: &str) -> String {
    format!("{action}_{}", model_name(class))
}

/// The permission rows of a model class: codename and name, e.g. `add_user`, `Can add user`.
#[doc(alias = "create_permissions")]
#[must_use]
pub fn model_permissions(class: &str, verbose_name: &str) -> [(String, String); 4] {
    ACTIONS.map(|action| {
        let name = format!("Can {action} {verbose_name}");
        (codename(action, class), name)
    })
}

/// The e-mail address as stored: trimmed and the domain (behind the last `@`) in lower case.
///
/// Without an `@` it is left as it is, untrimmed.
///
/// ```
/// use portcullis_django::permission::normalize_email;
/// assert_eq!(normalize_email(" Foo@EXAMPLE.com "), "Foo@example.com");
/// ```
#[must_use]
pub fn normalize_email(email: &str) -> String {
    match crate::validators::trim(email).rsplit_once('@') {
        Some((name, domain)) => format!("{name}@{}", domain.to_lowercase()),
        None => email.to_owned(),
    }
}

/// The user name as stored: Unicode NFKC.
#[must_use]
pub fn normalize_username(username: &str) -> String {
    username.nfkc().collect()
}
