//! The permissions everybody needs.

use async_trait::async_trait;

use crate::permission::{Ask, Permission, Verdict};

macro_rules! permission {
    ($(#[$doc:meta])* $name:ident, |$ask:ident| $allowed:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default)]
        pub struct $name;

        #[async_trait]
        impl Permission for $name {
            async fn check(&self, $ask: &Ask<'_>) -> Verdict {
                Verdict::from_bool($allowed)
            }

            fn name(&self) -> String {
                stringify!($name).to_owned()
            }
        }
    };
}

permission!(
    /// Everybody, logged in or not.
    AllowAny,
    |_ask| true
);

permission!(
    /// Everybody who is logged in; the permission of every route that names none.
    IsAuthenticated,
    |ask| ask.who().user().is_some()
);

permission!(
    /// Users with `is_staff`, as DRF has it.
    IsAdminUser,
    |ask| ask.who().user().is_some_and(|user| user.is_staff)
);

permission!(
    /// Users with `is_superuser`: the administrators, who may do everything.
    IsSuperuser,
    |ask| ask.who().user().is_some_and(|user| user.is_superuser)
);

/// [`IsAdminUser`] by its other name.
pub type IsStaffUser = IsAdminUser;

permission!(
    /// Everybody may look; only those who are logged in may change.
    IsAuthenticatedOrReadOnly,
    |ask| ask.action().is_read_only() || ask.who().user().is_some()
);
