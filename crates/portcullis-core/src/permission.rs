//! Whether an action may go on.

use std::any::Any;
use std::borrow::Cow;

use async_trait::async_trait;

use crate::action::Action;
use crate::user::Principal;

/// The thing that an action is done to, once it is loaded.
pub type Object = dyn Any + Send + Sync;

/// What is being asked: who wants to do what, and to which object.
#[derive(Clone, Copy)]
pub struct Ask<'a> {
    who: &'a Principal,
    action: &'a Action,
    object: Option<&'a Object>,
}

impl<'a> Ask<'a> {
    /// The first phase: before any object is loaded.
    #[must_use]
    pub fn new(who: &'a Principal, action: &'a Action) -> Self {
        Self {
            who,
            action,
            object: None,
        }
    }

    /// The second phase: the same question about a loaded object.
    #[must_use]
    pub fn about(self, object: &'a Object) -> Self {
        Self {
            object: Some(object),
            ..self
        }
    }

    /// Who asks.
    #[must_use]
    pub fn who(&self) -> &'a Principal {
        self.who
    }

    /// What they want to do.
    #[must_use]
    pub fn action(&self) -> &'a Action {
        self.action
    }

    /// The object, if it is loaded and of that type.
    #[must_use]
    pub fn object<T: Any>(&self) -> Option<&'a T> {
        self.object?.downcast_ref()
    }

    /// Whether this is the second phase.
    #[must_use]
    pub fn has_object(&self) -> bool {
        self.object.is_some()
    }
}

impl std::fmt::Debug for Ask<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ask")
            .field("who", &self.who)
            .field("action", &self.action)
            .field("has_object", &self.has_object())
            .finish()
    }
}

/// The answer of a permission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Go on.
    Allow,
    /// Stop. The text, if any, replaces DRF's neutral sentence in the answer.
    Deny(Option<Cow<'static, str>>),
    /// It depends on the object; asked again when it is loaded. A request that never meets an object is refused.
    NeedsObject,
}

impl Verdict {
    /// [`Verdict::Allow`] or a [`Verdict::Deny`] without a text of its own.
    ///
    /// ```
    /// use portcullis_core::Verdict;
    /// assert_eq!(Verdict::from_bool(false), Verdict::Deny(None));
    /// ```
    #[must_use]
    pub fn from_bool(allowed: bool) -> Self {
        if allowed {
            Self::Allow
        } else {
            Self::Deny(None)
        }
    }
}

/// Decides whether an action may go on.
///
/// Asked once before the handler, and again with the object when the first answer was
/// [`Verdict::NeedsObject`]. Anything but [`Verdict::Allow`] at the end is a refusal.
#[doc(alias = "BasePermission")]
#[doc(alias = "permission_classes")]
#[async_trait]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a permission",
    note = "implement `Permission::check` for it, or compose built-ins with `.and()`, `.or()`, `.not()`"
)]
pub trait Permission: Send + Sync {
    /// The verdict on this question.
    #[doc(alias = "has_permission")]
    async fn check(&self, ask: &Ask<'_>) -> Verdict;

    /// How `portcullis routes` and the log name it, such as `IsAuthenticated`.
    fn name(&self) -> String;

    /// The verdict of each permission that this one is made of, by name, for `portcullis explain`.
    async fn explain(&self, ask: &Ask<'_>) -> Vec<(String, Verdict)> {
        vec![(self.name(), self.check(ask).await)]
    }
}
