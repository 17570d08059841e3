//! The one permission before all routes: whether it can be used.

use std::sync::Arc;

use portcullis_core::{Action, Ask, PasswordHash, Permission, Principal, User, UserId, Verdict};
use time::OffsetDateTime;

/// Tries a permission with several actions, by somebody and by nobody.
pub(crate) async fn looks_at_action(permission: &dyn Permission) -> bool {
    let custom = Action::Custom("probe".to_owned());
    let actions = [
        Action::Read,
        Action::Create,
        Action::Update,
        Action::Delete,
        Action::Subscribe,
        Action::Connect,
        custom,
    ];
    for who in [Principal::Anonymous, somebody()] {
        let mut first = None;
        for action in &actions {
            let verdict = permission.check(&Ask::new(&who, action)).await;
            let is_allowed = matches!(verdict, Verdict::Allow);
            if *first.get_or_insert(is_allowed) != is_allowed {
                return true;
            }
        }
    }
    false
}

/// A user who is in no database.
fn somebody() -> Principal {
    Principal::User(Arc::new(User {
        id: UserId::Integer(-1),
        username: String::new(),
        email: String::new(),
        first_name: String::new(),
        last_name: String::new(),
        password: PasswordHash::new(""),
        is_active: true,
        is_staff: false,
        is_superuser: false,
        date_joined: OffsetDateTime::UNIX_EPOCH,
        last_login: None,
    }))
}
