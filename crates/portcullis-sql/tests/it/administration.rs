//! What administrators list and change, under the rights that they have at that moment.

use std::collections::BTreeSet;

use portcullis_core::{
    AddedUser, AdministrationError, AdministrationStore, Administrator, AttemptStore, AuditFilter,
    AuditStore, Device, GroupForm, Limit, LoginListStore, LoginStore, PasswordHash, Store, User,
    UserForm, UserId, UserOrder, UserQuery, UserSheet, UserStore,
};
use portcullis_sql::Database;
use time::Duration;

use crate::place::Place;
use crate::{NOW, account, ada, device};

/// Somebody of the staff who holds these permissions; `root` holds all.
async fn staff(place: &Place, database: &Database, codenames: &[&str]) -> Administrator {
    let user = ada(database).await;
    let id = &user.id;
    let mut sql = format!("UPDATE auth_user SET is_staff = TRUE WHERE id = {id};");
    for codename in codenames {
        sql.push_str(&match *codename {
            "root" => format!("UPDATE auth_user SET is_superuser = TRUE WHERE id = {id};"),
            codename => format!(
                "INSERT INTO auth_user_user_permissions (user_id, permission_id) \
                 SELECT {id}, id FROM auth_permission WHERE codename = '{codename}';"
            ),
        });
    }
    place.run(&sql).await;
    Administrator {
        user: user.id,
        device: Device::named("administrator ada"),
        now: NOW,
    }
}

async fn other(database: &Database, email: &str) -> User {
    portcullis_core::AccountStore::create_account(
        database,
        account(email),
        None,
        &portcullis_core::no_mails,
    )
    .await
    .unwrap()
}

async fn sheet(database: &Database, user: &UserId) -> UserSheet {
    database.user_sheet(user).await.unwrap().unwrap()
}

fn form(sheet: &UserSheet) -> UserForm {
    UserForm {
        username: sheet.user.username.clone(),
        email: sheet.user.email.clone(),
        is_active: sheet.user.is_active,
        is_staff: sheet.user.is_staff,
        groups: sheet.groups.iter().map(|group| group.id).collect(),
        permissions: sheet.permissions.iter().map(|row| row.id).collect(),
        ..UserForm::default()
    }
}

async fn permission(database: &Database, codename: &str) -> i64 {
    let all = database.all_permissions().await.unwrap();
    all.iter().find(|row| row.codename == codename).unwrap().id
}

async fn names(database: &Database, query: UserQuery) -> Vec<String> {
    let page = database.list_users(&query).await.unwrap();
    page.users.into_iter().map(|user| user.username).collect()
}

pub(crate) async fn users_are_listed_by_keys_in_every_order(place: Place) {
    let database = place.migrated().await;
    for email in ["b@x.org", "Ä@x.org", "B@y.org", "a@x.org", "_@x.org"] {
        other(&database, email).await;
    }
    let bytes = ["B@y.org", "_@x.org", "a@x.org", "b@x.org", "Ä@x.org"];
    let made = ["b@x.org", "Ä@x.org", "B@y.org", "a@x.org", "_@x.org"];
    let reversed = |names: [&'static str; 5]| names.into_iter().rev().collect::<Vec<_>>();
    for (order, wanted) in [
        (UserOrder::Username, bytes.to_vec()),
        (UserOrder::UsernameDescending, reversed(bytes)),
        (UserOrder::Oldest, made.to_vec()),
        (UserOrder::Newest, reversed(made)),
    ] {
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let query = UserQuery {
                order,
                after,
                limit: 2,
                ..UserQuery::default()
            };
            let page = database.list_users(&query).await.unwrap();
            seen.extend(page.users.into_iter().map(|user| user.username));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(seen, wanted, "{order:?}");
    }
    for (search, anywhere, wanted) in [
        ("ä", false, vec!["Ä@x.org"]),
        ("b@", false, vec!["b@x.org", "B@y.org"]),
        ("_", false, vec!["_@x.org"]),
        ("%", false, vec![]),
        (
            "X.ORG",
            true,
            vec!["_@x.org", "a@x.org", "b@x.org", "Ä@x.org"],
        ),
        ("_@", true, vec!["_@x.org"]),
        ("\0", false, vec![]),
        ("\0", true, vec![]),
    ] {
        let search = search.to_owned();
        let query = UserQuery {
            search,
            anywhere,
            limit: 9,
            ..UserQuery::default()
        };
        assert_eq!(names(&database, query.clone()).await, wanted, "{query:?}");
        let nobody = UserQuery {
            group: Some(1),
            ..query.clone()
        };
        assert!(names(&database, nobody).await.is_empty());
        let nobody = UserQuery {
            is_staff: Some(true),
            ..query
        };
        assert!(names(&database, nobody).await.is_empty());
    }
}

pub(crate) async fn administrators_change_what_their_rights_allow(place: Place) {
    let database = place.migrated().await;
    let by = staff(&place, &database, &["add_user", "change_user", "view_user"]).await;
    let added = AddedUser {
        username: "eve".to_owned(),
        email: "eve@example.com".to_owned(),
        password: PasswordHash::new("md5$salt$hash"),
    };
    let eve = database.add_user(&by, added.clone()).await.unwrap();
    let again = database.add_user(&by, added.clone()).await;
    assert!(
        matches!(again, Err(AdministrationError::NameTaken)),
        "{again:?}"
    );
    let other_name = AddedUser {
        username: "eva".to_owned(),
        ..added
    };
    let again = database.add_user(&by, other_name).await;
    assert!(
        matches!(again, Err(AdministrationError::EmailTaken)),
        "{again:?}"
    );
    let shown = sheet(&database, &eve).await;
    let mut wanted = form(&shown);
    wanted.username = "evelyn".to_owned();
    wanted.email = "new@example.com".to_owned();
    let held = permission(&database, "view_user").await;
    wanted.permissions.insert(held);
    database
        .edit_user(&by, &eve, &shown.version, &wanted)
        .await
        .unwrap();
    let stale = database.edit_user(&by, &eve, &shown.version, &wanted).await;
    assert!(
        matches!(stale, Err(AdministrationError::Changed)),
        "{stale:?}"
    );
    for name in ["EVELYN", "NEW@example.com"] {
        let found = database.user_by_login_name(name).await.unwrap().unwrap();
        assert_eq!(found.id, eve, "{name}");
    }
    for gone in ["eve", "eve@example.com"] {
        assert_eq!(database.user_by_login_name(gone).await.unwrap(), None);
    }
    let now = sheet(&database, &eve).await;
    let more = permission(&database, "delete_user").await;
    let mut forged = form(&now);
    forged.permissions.insert(more);
    let refused = database.edit_user(&by, &eve, &now.version, &forged).await;
    assert!(
        matches!(refused, Err(AdministrationError::Forbidden)),
        "{refused:?}"
    );
    // Given by somebody who may more, it stays through forms of those who may not.
    place
        .run(&format!(
            "INSERT INTO auth_user_user_permissions (user_id, permission_id) VALUES ({eve}, {more})"
        ))
        .await;
    let now = sheet(&database, &eve).await;
    let refused = database
        .edit_user(&by, &eve, &now.version, &form(&now))
        .await;
    assert!(
        matches!(refused, Err(AdministrationError::Forbidden)),
        "{refused:?}"
    );
    let log = "SELECT action_flag || ' ' || object_repr || ' ' || change_message FROM django_admin_log ORDER BY id";
    assert_eq!(
        place.texts(log).await,
        [
            "1 eve [{\"added\": {}}]",
            "2 evelyn [{\"changed\": {\"fields\": [\"Username\", \"Email address\", \"User permissions\"]}}]",
        ]
    );
    assert_eq!(
        database
            .admin_log(Some(&by.user), None, 9)
            .await
            .unwrap()
            .len(),
        2
    );
    let object = Some(("auth", "user", eve.to_string()));
    let object = object
        .as_ref()
        .map(|(app, model, id)| (*app, *model, id.as_str()));
    assert_eq!(database.admin_log(None, object, 9).await.unwrap().len(), 2);
    // Right and write are one transaction: whoever is staff no more changes nothing.
    place
        .run(&format!(
            "UPDATE auth_user SET is_staff = FALSE WHERE id = {}",
            by.user
        ))
        .await;
    let hash = PasswordHash::new("md5$salt$new");
    let refused = database.set_password_of(&by, &eve, hash).await;
    assert!(
        matches!(refused, Err(AdministrationError::Forbidden)),
        "{refused:?}"
    );
}

pub(crate) async fn administrators_end_logins_and_set_passwords(place: Place) {
    let database = place.migrated().await;
    let by = staff(&place, &database, &["root"]).await;
    let eve = other(&database, "eve@example.com").await;
    for digest in ["one", "two", "three"] {
        database.log_in(&eve, device(digest), None).await.unwrap();
    }
    let logins = database.list_logins(&eve.id).await.unwrap();
    let one = Some(logins[0].id);
    assert_eq!(database.end_logins_of(&by, &eve.id, one).await.unwrap(), 1);
    assert_eq!(database.end_logins_of(&by, &eve.id, one).await.unwrap(), 0);
    assert_eq!(database.end_logins_of(&by, &eve.id, None).await.unwrap(), 2);
    database.log_in(&eve, device("four"), None).await.unwrap();
    let hash = PasswordHash::new("md5$salt$new");
    database.set_password_of(&by, &eve.id, hash).await.unwrap();
    assert!(database.list_logins(&eve.id).await.unwrap().is_empty());
    let gone = database
        .end_logins_of(&by, &UserId::Integer(99), None)
        .await;
    assert!(matches!(gone, Err(AdministrationError::Gone)), "{gone:?}");
    assert_eq!(place.count("django_admin_log").await, 3);
    database.ping().await.unwrap();
}

pub(crate) async fn administrators_make_change_and_delete_groups(place: Place) {
    let database = place.migrated().await;
    let by = staff(&place, &database, &["root"]).await;
    let held = permission(&database, "view_user").await;
    let group = GroupForm {
        name: "viewers".to_owned(),
        permissions: BTreeSet::from([held]),
    };
    let id = database.add_group(&by, &group).await.unwrap();
    let taken = database.add_group(&by, &group).await;
    assert!(
        matches!(taken, Err(AdministrationError::NameTaken)),
        "{taken:?}"
    );
    let eve = other(&database, "eve@example.com").await;
    let shown = sheet(&database, &eve.id).await;
    let mut wanted = form(&shown);
    wanted.groups.insert(id);
    database
        .edit_user(&by, &eve.id, &shown.version, &wanted)
        .await
        .unwrap();
    assert!(
        sheet(&database, &eve.id)
            .await
            .rights
            .hold("auth.view_user")
    );
    let query = UserQuery {
        group: Some(id),
        limit: 9,
        ..UserQuery::default()
    };
    assert_eq!(names(&database, query.clone()).await, ["eve@example.com"]);
    let found = UserQuery {
        search: "eve".to_owned(),
        ..query
    };
    assert_eq!(names(&database, found).await, ["eve@example.com"]);
    let shown = database.group_sheet(id).await.unwrap().unwrap();
    let renamed = GroupForm {
        name: "lookers".to_owned(),
        ..GroupForm::default()
    };
    database
        .edit_group(&by, id, &shown.version, &renamed)
        .await
        .unwrap();
    let stale = database.edit_group(&by, id, &shown.version, &renamed).await;
    assert!(
        matches!(stale, Err(AdministrationError::Changed)),
        "{stale:?}"
    );
    database.delete_group(&by, id).await.unwrap();
    let gone = database.delete_group(&by, id).await;
    assert!(matches!(gone, Err(AdministrationError::Gone)), "{gone:?}");
    assert_eq!(place.count("auth_user_groups").await, 0);
    assert_eq!(place.count("portcullis_audit").await, 6);
}

pub(crate) async fn superusers_lift_locks_with_what_they_count(place: Place) {
    let database = place.migrated().await;
    let by = staff(&place, &database, &["change_user"]).await;
    let eve = other(&database, "eve@example.com").await;
    let limit = Limit {
        tries: 5,
        window: Duration::HOUR,
    };
    let account = format!("login:account:{}", eve.id);
    let lock = "lock:login:name:eve";
    let keys = [
        lock,
        "login:name:eve",
        account.as_str(),
        "login:address:10.0.0.1",
    ];
    for key in keys {
        database.attempt(key, limit, NOW).await.unwrap();
    }
    let shown = database.operations(NOW, 9).await.unwrap();
    let locks: Vec<_> = shown.locks.iter().map(|lock| lock.key.as_str()).collect();
    assert_eq!(locks, [lock]);
    assert_eq!(
        (shown.mails_waiting, shown.mails_given_up, shown.mails.len()),
        (0, 0, 0)
    );
    let later = database
        .operations(NOW + Duration::HOUR * 2, 9)
        .await
        .unwrap();
    assert!(later.locks.is_empty());
    let refused = database.lift_lock(&by, lock, Some(&eve.id)).await;
    assert!(
        matches!(refused, Err(AdministrationError::Forbidden)),
        "{refused:?}"
    );
    assert_eq!(place.count("portcullis_throttle").await, 4);
    place
        .run("UPDATE auth_user SET is_superuser = TRUE WHERE is_staff")
        .await;
    database.lift_lock(&by, lock, Some(&eve.id)).await.unwrap();
    assert_eq!(
        place.count("portcullis_throttle").await,
        1,
        "the address stays"
    );
    for key in [lock, "login:address:10.0.0.1", ""] {
        let gone = database.lift_lock(&by, key, None).await;
        assert!(
            matches!(gone, Err(AdministrationError::Gone)),
            "{key}: {gone:?}"
        );
    }
    let filter = AuditFilter {
        before: Some(2),
        ..AuditFilter::default()
    };
    assert_eq!(database.audit(&filter).await.unwrap().len(), 1);
}
