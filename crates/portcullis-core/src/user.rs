//! Who is asking: an account row, or nobody.

use std::fmt;
use std::sync::Arc;

use time::OffsetDateTime;

/// The primary key of a user, as the user table has it.
///
/// Text form (session rows, JWT claims): the number, the hyphenated UUID, or the text itself.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UserId {
    /// Django's `AutoField` and `BigAutoField`.
    Integer(i64),
    /// Any other key, in its text form.
    Text(String),
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(id) => id.fmt(f),
            Self::Text(id) => id.fmt(f),
        }
    }
}

/// A stored password in Django's encoded form, such as `pbkdf2_sha256$1000000$<salt>$<base64>`.
///
/// # Security
/// Prints as `PasswordHash(..)`; reading it is a named call.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Wraps the content of a `password` column.
    #[must_use]
    pub fn new(encoded: impl Into<String>) -> Self {
        Self(encoded.into())
    }

    /// The encoded hash itself, to verify against or to store.
    #[must_use]
    pub fn expose_secret(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(..)")
    }
}

/// An account: one row of Django's user table.
#[doc(alias = "AbstractUser")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Primary key.
    pub id: UserId,
    /// The log-in name; unique.
    pub username: String,
    /// E-mail address, or empty.
    pub email: String,
    /// Given name, or empty.
    pub first_name: String,
    /// Family name, or empty.
    pub last_name: String,
    /// The stored password hash.
    pub password: PasswordHash,
    /// Inactive users are refused on every path.
    pub is_active: bool,
    /// May enter the admin site.
    pub is_staff: bool,
    /// Has every permission.
    pub is_superuser: bool,
    /// When the account was made.
    pub date_joined: OffsetDateTime,
    /// When they last logged in, if ever.
    pub last_login: Option<OffsetDateTime>,
}

/// A user, or nobody: Django's `request.user`.
#[doc(alias = "request.user")]
#[doc(alias = "AnonymousUser")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    /// Somebody who proved who they are.
    User(Arc<User>),
    /// Nobody.
    Anonymous,
}

impl Principal {
    /// The user, if there is one.
    #[must_use]
    pub fn user(&self) -> Option<&User> {
        match self {
            Self::User(user) => Some(user),
            Self::Anonymous => None,
        }
    }

    /// Whether this is the user with that id; never true of [`Principal::Anonymous`].
    ///
    /// ```
    /// use portcullis_core::{Principal, UserId};
    /// assert!(!Principal::Anonymous.is(&UserId::Integer(0)));
    /// ```
    #[must_use]
    pub fn is(&self, id: &UserId) -> bool {
        self.user().is_some_and(|user| user.id == *id)
    }
}
