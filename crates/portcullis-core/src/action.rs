//! What is being done, independent of HTTP's verbs.

use std::fmt;

use http::Method;

/// What somebody asks to do; the same words at every door.
///
/// Permissions look at this and not at an HTTP method, so that
/// [`IsAuthenticatedOrReadOnly`](crate::IsAuthenticatedOrReadOnly) means the same on a socket as on a URL.
#[doc(alias = "view.action")]
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Action {
    /// Look at one thing, or at a list of things.
    Read,
    /// Make a new thing.
    Create,
    /// Change a thing.
    Update,
    /// Remove a thing.
    Delete,
    /// Hear about changes.
    Subscribe,
    /// Open a socket.
    Connect,
    /// Anything else, by name.
    Custom(String),
}

impl Action {
    /// The default action of an HTTP method; unknown methods are custom actions.
    ///
    /// ```
    /// use portcullis_core::Action;
    /// assert_eq!(Action::of_method(&http::Method::HEAD), Action::Read);
    /// ```
    #[must_use]
    pub fn of_method(method: &Method) -> Self {
        match method.as_str() {
            "GET" | "HEAD" | "OPTIONS" => Self::Read,
            "POST" => Self::Create,
            "PUT" | "PATCH" => Self::Update,
            "DELETE" => Self::Delete,
            other => Self::Custom(other.to_ascii_lowercase()),
        }
    }

    /// Whether this only looks (DRF's `SAFE_METHODS`).
    #[doc(alias = "SAFE_METHODS")]
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        matches!(self, Self::Read)
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Read => "read",
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Subscribe => "subscribe",
            Self::Connect => "connect",
            Self::Custom(name) => name,
        })
    }
}
