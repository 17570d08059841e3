//! Authenticators and permissions by name: ours, or the path of the Django package's class.

use std::sync::Arc;

use portcullis::core::{
    AllowAny, IsAdminUser, IsAuthenticated, IsAuthenticatedOrReadOnly, Permission, PermissionExt,
};

use super::given::Given;
use super::kind::{Kind, Wrong, quoted};
use super::nearest::nearest;

/// An authenticator of `default_authentication_classes`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthenticationClass {
    /// `DeviceTokenAuthentication`.
    DeviceToken,
    /// `JWTAuthentication`: simplejwt's.
    Jwt,
    /// `SessionAuthentication`.
    Session,
    /// `BasicAuthentication`.
    Basic,
    /// `TokenAuthentication`: DRF's.
    Token,
}

const AUTHENTICATION: [(AuthenticationClass, &str, &str); 5] = [
    (
        AuthenticationClass::DeviceToken,
        "DeviceTokenAuthentication",
        "knox.auth.TokenAuthentication",
    ),
    (
        AuthenticationClass::Jwt,
        "JWTAuthentication",
        "rest_framework_simplejwt.authentication.JWTAuthentication",
    ),
    (
        AuthenticationClass::Session,
        "SessionAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ),
    (
        AuthenticationClass::Basic,
        "BasicAuthentication",
        "rest_framework.authentication.BasicAuthentication",
    ),
    (
        AuthenticationClass::Token,
        "TokenAuthentication",
        "rest_framework.authentication.TokenAuthentication",
    ),
];

/// A permission of `default_permission_classes`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PermissionClass {
    /// `AllowAny`.
    AllowAny,
    /// `IsAuthenticated`.
    IsAuthenticated,
    /// `IsAdminUser`.
    IsAdminUser,
    /// `IsAuthenticatedOrReadOnly`.
    IsAuthenticatedOrReadOnly,
}

const PERMISSIONS: [(PermissionClass, &str, &str); 4] = [
    (
        PermissionClass::AllowAny,
        "AllowAny",
        "rest_framework.permissions.AllowAny",
    ),
    (
        PermissionClass::IsAuthenticated,
        "IsAuthenticated",
        "rest_framework.permissions.IsAuthenticated",
    ),
    (
        PermissionClass::IsAdminUser,
        "IsAdminUser",
        "rest_framework.permissions.IsAdminUser",
    ),
    (
        PermissionClass::IsAuthenticatedOrReadOnly,
        "IsAuthenticatedOrReadOnly",
        "rest_framework.permissions.IsAuthenticatedOrReadOnly",
    ),
];

impl PermissionClass {
    /// The class of that name, or path in Django's packages.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let all = PERMISSIONS.iter();
        let mut known = all.filter(|(_, short, path)| [short, path].contains(&&name));
        known.next().map(|(class, ..)| *class)
    }

    /// What it stands for.
    pub(crate) fn permission(self) -> Arc<dyn Permission> {
        match self {
            Self::AllowAny => Arc::new(AllowAny),
            Self::IsAuthenticated => Arc::new(IsAuthenticated),
            Self::IsAdminUser => Arc::new(IsAdminUser),
            Self::IsAuthenticatedOrReadOnly => Arc::new(IsAuthenticatedOrReadOnly),
        }
    }

    /// All of them together, as DRF asks a list; `IsAuthenticated` for an empty one.
    #[must_use]
    pub fn all(classes: &[Self]) -> Arc<dyn Permission> {
        let permissions = classes.iter().map(|class| class.permission());
        let both = |a: Arc<dyn Permission>, b| -> Arc<dyn Permission> { Arc::new(a.and(b)) };
        permissions
            .reduce(both)
            .unwrap_or_else(|| Arc::new(IsAuthenticated))
    }
}

/// Reads a class by its name or path; `not_here` says what to do about well-known others.
fn read<C: Copy>(
    given: &Given,
    classes: &[(C, &'static str, &'static str)],
    not_here: &[(&str, &str)],
) -> Result<C, Wrong> {
    let text = given.text().ok_or(Wrong::Kind)?.trim();
    let found = classes
        .iter()
        .find(|(_, name, path)| [*name, *path].contains(&text));
    if let Some((class, _, _)) = found {
        return Ok(*class);
    }
    let last = text.rsplit('.').next().unwrap_or_default();
    let names: Vec<&str> = classes.iter().map(|(_, name, _)| *name).collect();
    let what_to_do = match not_here.iter().find(|(name, _)| *name == last) {
        Some((_, instead)) => (*instead).to_owned(),
        None => match nearest(last, names.iter().copied()) {
            Some(name) => format!("did you mean {name:?}?"),
            None => format!("write one of {}", names.join(", ")),
        },
    };
    Err(Wrong::Because(format!(
        "unknown class {text:?}; {what_to_do}"
    )))
}

fn name_of<C: PartialEq>(class: &C, classes: &[(C, &'static str, &'static str)]) -> String {
    let found = classes.iter().find(|(other, _, _)| other == class);
    quoted(found.map_or("", |(_, name, _)| *name))
}

impl Kind for AuthenticationClass {
    fn wanted() -> String {
        "names of authenticators, such as [\"DeviceTokenAuthentication\"]".to_owned()
    }

    fn read(given: &Given) -> Result<Self, Wrong> {
        let jwt = "JWTs are read in the header, and their users looked up: write \
                   \"JWTAuthentication\"";
        let not_here = [
            ("JWTCookieAuthentication", jwt),
            ("JWTStatelessUserAuthentication", jwt),
            (
                "RemoteUserAuthentication",
                "a proxy's word is not taken for a user: write \"SessionAuthentication\"",
            ),
        ];
        read(given, &AUTHENTICATION, &not_here)
    }

    fn shown(&self) -> Option<String> {
        Some(name_of(self, &AUTHENTICATION))
    }
}

impl Kind for PermissionClass {
    fn wanted() -> String {
        "names of permissions, such as [\"IsAuthenticated\"]".to_owned()
    }

    fn read(given: &Given) -> Result<Self, Wrong> {
        let model = "it needs a model, which a default has not: write \"IsAuthenticated\"";
        let not_here = [
            ("DjangoModelPermissions", model),
            ("DjangoModelPermissionsOrAnonReadOnly", model),
            ("DjangoObjectPermissions", model),
        ];
        read(given, &PERMISSIONS, &not_here)
    }

    fn shown(&self) -> Option<String> {
        Some(name_of(self, &PERMISSIONS))
    }
}
