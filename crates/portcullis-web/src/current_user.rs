//! What a handler learns of who came in: the user, or the whole access.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use http::request::Parts;
use portcullis_core::{
    Action, Ask, Authenticated, Challenge, Permission, Principal, User, Verdict,
};

use crate::refusal::Refusal;

/// The user of a request: DRF's `request.user`.
///
/// As `CurrentUser` it refuses anonymous requests; as `Option<CurrentUser>` it is `None` for them.
#[doc(alias = "request.user")]
#[derive(Clone, Debug)]
pub struct CurrentUser(pub User);

/// Who came in, how, and for what; made by the door, asked again about each object.
#[derive(Clone)]
pub struct Access {
    pub(crate) who: Principal,
    pub(crate) authenticated: Option<Authenticated>,
    pub(crate) action: Action,
    pub(crate) permission: Arc<dyn Permission>,
    pub(crate) challenge: Option<Challenge>,
    /// Whether the door has authenticators at all; without any, credentials would not help.
    pub(crate) is_asked_for_credentials: bool,
}

impl Access {
    /// Who came in.
    #[must_use]
    pub fn who(&self) -> &Principal {
        &self.who
    }

    /// How they proved it; `None` for anonymous requests.
    #[must_use]
    pub fn authenticated(&self) -> Option<&Authenticated> {
        self.authenticated.as_ref()
    }

    /// Lets the object through if the door's permission and `permission` both allow it.
    ///
    /// # Errors
    /// 404 when there is no object, 401 or 403 when it is not theirs.
    #[doc(alias = "get_object")]
    #[doc(alias = "check_object_permissions")]
    pub async fn object<T, P>(&self, object: Option<T>, permission: P) -> Result<T, Refusal>
    where
        T: Send + Sync + 'static,
        P: Permission,
    {
        let object = object.ok_or(Refusal::NotFound)?;
        self.allows(&object).await?;
        let ask = Ask::new(&self.who, &self.action).about(&object);
        self.settle(permission.check(&ask).await)?;
        Ok(object)
    }

    /// Whether the door's permission allows an object.
    ///
    /// # Errors
    /// 401 or 403 when it is not theirs.
    #[doc(alias = "has_object_permission")]
    pub async fn allows<T: Send + Sync + 'static>(&self, object: &T) -> Result<(), Refusal> {
        let ask = Ask::new(&self.who, &self.action).about(object);
        self.settle(self.permission.check(&ask).await)
    }

    fn settle(&self, verdict: Verdict) -> Result<(), Refusal> {
        match verdict {
            Verdict::Allow => Ok(()),
            Verdict::Deny(detail) => Err(self.refuse(detail)),
            Verdict::NeedsObject => Err(self.refuse(None)),
        }
    }

    /// The refusal for whoever came in: 401 for nobody, 403 for somebody.
    #[must_use]
    pub fn refusal(&self) -> Refusal {
        self.refuse(None)
    }

    /// 401 for nobody, 403 for somebody, and where nobody is asked who they are.
    pub(crate) fn refuse(&self, detail: Option<Cow<'static, str>>) -> Refusal {
        match self.who {
            Principal::Anonymous if self.is_asked_for_credentials => {
                Refusal::NotAuthenticated(self.challenge.clone())
            }
            Principal::Anonymous | Principal::User(_) => Refusal::PermissionDenied(detail),
        }
    }
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access")
            .field("who", &self.who)
            .field("action", &self.action)
            .field("permission", &self.permission.name())
            .finish_non_exhaustive()
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Access {
    type Rejection = Refusal;

    /// Refuses where no door stands before the handler: fail closed.
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        parts
            .extensions
            .get::<Self>()
            .cloned()
            .ok_or(Refusal::NotAuthenticated(None))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for CurrentUser {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let access = parts.extensions.get::<Access>();
        let access = access.ok_or(Refusal::NotAuthenticated(None))?;
        match &access.who {
            Principal::User(user) => Ok(Self(User::clone(user))),
            Principal::Anonymous => Err(access.refuse(None)),
        }
    }
}

impl<S: Send + Sync> OptionalFromRequestParts<S> for CurrentUser {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Refusal> {
        let access = parts.extensions.get::<Access>();
        Ok(access
            .and_then(|access| access.who.user())
            .cloned()
            .map(Self))
    }
}
