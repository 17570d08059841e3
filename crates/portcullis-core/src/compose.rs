//! Permissions made of permissions: and, or, not, in three-valued logic.
//!
//! Differs from DRF in two places where DRF surprises. There, `~P` negates the *default* object
//! answer too, so that a request-only `P` then denies every object; here `not` turns a verdict
//! round and leaves [`Verdict::NeedsObject`] as it is. There, `A | B` lets `A` decide about the
//! object although only `B` let the request in; here each side answers for itself in both phases.

use std::sync::Arc;

use async_trait::async_trait;

use crate::permission::{Ask, Permission, Verdict};

/// Both must allow. A refusal shows the text of the side that refused.
#[derive(Clone, Copy, Debug)]
pub struct And<A, B>(A, B);

/// One is enough. A refusal shows the neutral sentence.
#[derive(Clone, Copy, Debug)]
pub struct Or<A, B>(A, B);

/// The opposite.
#[derive(Clone, Copy, Debug)]
pub struct Not<A>(A);

#[async_trait]
impl<A: Permission, B: Permission> Permission for And<A, B> {
    async fn check(&self, ask: &Ask<'_>) -> Verdict {
        match self.0.check(ask).await {
            Verdict::Allow => self.1.check(ask).await,
            deny @ Verdict::Deny(_) => deny,
            Verdict::NeedsObject => match self.1.check(ask).await {
                deny @ Verdict::Deny(_) => deny,
                Verdict::Allow | Verdict::NeedsObject => Verdict::NeedsObject,
            },
        }
    }

    fn name(&self) -> String {
        format!("({} and {})", self.0.name(), self.1.name())
    }

    async fn explain(&self, ask: &Ask<'_>) -> Vec<(String, Verdict)> {
        let mut parts = self.0.explain(ask).await;
        parts.extend(self.1.explain(ask).await);
        parts
    }
}

#[async_trait]
impl<A: Permission, B: Permission> Permission for Or<A, B> {
    async fn check(&self, ask: &Ask<'_>) -> Verdict {
        let first = self.0.check(ask).await;
        if first == Verdict::Allow {
            return first;
        }
        match (first, self.1.check(ask).await) {
            (_, Verdict::Allow) => Verdict::Allow,
            (Verdict::NeedsObject, _) | (_, Verdict::NeedsObject) => Verdict::NeedsObject,
            _ => Verdict::Deny(None),
        }
    }

    fn name(&self) -> String {
        format!("({} or {})", self.0.name(), self.1.name())
    }

    async fn explain(&self, ask: &Ask<'_>) -> Vec<(String, Verdict)> {
        let mut parts = self.0.explain(ask).await;
        parts.extend(self.1.explain(ask).await);
        parts
    }
}

#[async_trait]
impl<A: Permission> Permission for Not<A> {
    async fn check(&self, ask: &Ask<'_>) -> Verdict {
        match self.0.check(ask).await {
            Verdict::Allow => Verdict::Deny(None),
            Verdict::Deny(_) => Verdict::Allow,
            Verdict::NeedsObject => Verdict::NeedsObject,
        }
    }

    fn name(&self) -> String {
        format!("not {}", self.0.name())
    }
}

/// A permission that is shared, such as one chosen by settings.
#[async_trait]
impl<P: Permission + ?Sized> Permission for Arc<P> {
    async fn check(&self, ask: &Ask<'_>) -> Verdict {
        (**self).check(ask).await
    }

    fn name(&self) -> String {
        (**self).name()
    }

    async fn explain(&self, ask: &Ask<'_>) -> Vec<(String, Verdict)> {
        (**self).explain(ask).await
    }
}

/// Composes permissions: `IsAuthenticated.and(IsAdminUser.not())`.
pub trait PermissionExt: Permission + Sized {
    /// Both must allow.
    #[must_use]
    fn and<B: Permission>(self, other: B) -> And<Self, B> {
        And(self, other)
    }

    /// One is enough.
    #[must_use]
    fn or<B: Permission>(self, other: B) -> Or<Self, B> {
        Or(self, other)
    }

    /// The opposite.
    #[must_use]
    fn not(self) -> Not<Self> {
        Not(self)
    }
}

impl<P: Permission> PermissionExt for P {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action::Action;
    use crate::user::Principal;

    /// A permission that gives one verdict before the object and another with it.
    struct Says(Verdict, Verdict);

    #[async_trait]
    impl Permission for Says {
        async fn check(&self, ask: &Ask<'_>) -> Verdict {
            if ask.has_object() {
                self.1.clone()
            } else {
                self.0.clone()
            }
        }

        fn name(&self) -> String {
            "Says".to_owned()
        }
    }

    const VERDICTS: [Verdict; 3] = [Verdict::Allow, Verdict::Deny(None), Verdict::NeedsObject];

    fn always(verdict: &Verdict) -> Says {
        Says(verdict.clone(), verdict.clone())
    }

    async fn verdict(permission: impl Permission) -> Verdict {
        permission
            .check(&Ask::new(&Principal::Anonymous, &Action::Read))
            .await
    }

    #[tokio::test]
    async fn composition_keeps_de_morgan_and_double_negation() {
        for a in &VERDICTS {
            assert_eq!(verdict(always(a).not().not()).await, *a);
            for b in &VERDICTS {
                let left = verdict(always(a).and(always(b)).not()).await;
                let right = verdict(always(a).not().or(always(b).not())).await;
                assert_eq!(left, right, "not ({a:?} and {b:?})");
                let swapped = verdict(always(b).and(always(a))).await;
                assert_eq!(verdict(always(a).and(always(b))).await, swapped);
            }
        }
    }

    #[tokio::test]
    async fn negated_request_permission_does_not_deny_every_object() {
        let not_admin = crate::IsAdminUser.not();
        let ask = Ask::new(&Principal::Anonymous, &Action::Read);
        assert_eq!(not_admin.check(&ask).await, Verdict::Allow);
        assert_eq!(not_admin.check(&ask.about(&7_i64)).await, Verdict::Allow);
    }

    #[tokio::test]
    async fn or_asks_the_side_that_let_the_request_in() {
        let refused_outright = Says(Verdict::Deny(None), Verdict::Deny(None));
        let owner = Says(Verdict::NeedsObject, Verdict::Allow);
        let either = refused_outright.or(owner);
        let ask = Ask::new(&Principal::Anonymous, &Action::Read);
        assert_eq!(either.check(&ask).await, Verdict::NeedsObject);
        assert_eq!(either.check(&ask.about(&7_i64)).await, Verdict::Allow);
    }

    #[tokio::test]
    async fn and_shows_the_text_of_the_side_that_refused() {
        let why = Verdict::Deny(Some("Members only.".into()));
        assert_eq!(verdict(crate::AllowAny.and(always(&why))).await, why);
    }
}
