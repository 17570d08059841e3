//! The list of logins, a changed password, and what is swept.

use portcullis_core::{
    AccountStore, Ended, LoginId, LoginListStore, LoginStore, NewLogin, NewPassword, NewSession,
    PasswordHash, Scheme, SessionStore, User, UserStore, no_mails,
};
use portcullis_sql::Database;
use time::Duration;

use crate::place::Place;
use crate::{NOW, account, ada, device};

fn session(key: &str) -> NewLogin {
    NewLogin::Session(NewSession {
        key: key.to_owned(),
        data: "data".to_owned(),
        replaces: None,
        device: "browser".to_owned(),
        now: NOW + Duration::minutes(1),
        expires: NOW + Duration::weeks(2),
    })
}

/// Ada, with a device token, a session and DRF's token; and Eve, with a device token and a session.
async fn two_users(database: &Database) -> (User, User) {
    let user = ada(database).await;
    let token = NewLogin::Token {
        key: "0".repeat(40),
        now: NOW,
    };
    for login in [session("of ada"), token] {
        assert!(database.log_in(&user, login, None).await.unwrap().is_some());
    }
    let eve = account("eve@example.com");
    let eve = database
        .create_account(eve, Some(device("d9")), &no_mails)
        .await;
    let eve = eve.unwrap();
    let login = session("of eve");
    assert!(database.log_in(&eve, login, None).await.unwrap().is_some());
    (user, eve)
}

pub(crate) async fn changed_password_ends_all_that_the_old_one_opened(place: Place) {
    let database = place.migrated().await;
    let (user, eve) = two_users(&database).await;
    let changed = database.change_password(&user, NewPassword::new(PasswordHash::new("new")));
    let ended = Ended {
        sessions: 1,
        tokens: 2,
    };
    assert_eq!(changed.await.unwrap(), Some(ended));
    let now = database
        .user_by_login_name("ada@example.com")
        .await
        .unwrap();
    assert_eq!(now.unwrap().password, PasswordHash::new("new"));
    assert!(database.list_logins(&user.id).await.unwrap().is_empty());
    assert!(database.session("of ada").await.unwrap().is_none());
    assert_eq!(place.count("authtoken_token").await, 0);
    // Somebody else's stay.
    assert_eq!(database.list_logins(&eve.id).await.unwrap().len(), 2);
    assert!(database.session("of eve").await.unwrap().is_some());
    assert_eq!(place.count("knox_authtoken").await, 1);
}

pub(crate) async fn two_changes_at_once_leave_one_password(place: Place) {
    let database = place.migrated().await;
    let user = ada(&database).await;
    let changes: Vec<_> = (0..8)
        .map(|number| {
            let (database, user) = (database.clone(), user.clone());
            let password = PasswordHash::new(format!("new {number}"));
            tokio::spawn(async move {
                let changed = database
                    .change_password(&user, NewPassword::new(password.clone()))
                    .await;
                changed.unwrap().map(|_| password)
            })
        })
        .collect();
    let mut won = Vec::new();
    for change in changes {
        won.extend(change.await.unwrap());
    }
    let stored = database.user_by_login_name("ada@example.com").await;
    assert_eq!(won, [stored.unwrap().unwrap().password]);
}

pub(crate) async fn change_that_comes_too_late_leaves_everything(place: Place) {
    let database = place.migrated().await;
    let (mut user, _) = two_users(&database).await;
    user.password = PasswordHash::new("not the stored one");
    let before = place.all_rows().await;
    let changed = database.change_password(&user, NewPassword::new(PasswordHash::new("new")));
    assert_eq!(changed.await.unwrap(), None);
    assert_eq!(place.all_rows().await, before);
}

pub(crate) async fn logins_are_listed_newest_first_without_their_credentials(place: Place) {
    let database = place.migrated().await;
    let (user, _) = two_users(&database).await;
    let logins = database.list_logins(&user.id).await.unwrap();
    let shown: Vec<_> = logins
        .iter()
        .map(|login| (&login.scheme, login.device.as_str()))
        .collect();
    assert_eq!(
        shown,
        [(&Scheme::Session, "browser"), (&Scheme::Device, "test")]
    );
    assert_eq!(logins[1].created, NOW);
    assert_eq!(logins[1].expires, Some(NOW + Duration::hours(10)));
}

pub(crate) async fn token_of_another_server_joins_the_list(place: Place) {
    let database = place.migrated().await;
    let user = ada(&database).await;
    place.run("DELETE FROM portcullis_login").await;
    for _ in 0..2 {
        let logins = database.list_logins(&user.id).await.unwrap();
        assert_eq!(logins.len(), 1);
        assert_eq!(
            (&logins[0].scheme, logins[0].created),
            (&Scheme::Device, NOW)
        );
    }
    let found = database.device_logins("key").await.unwrap();
    assert!(found[0].login.is_some());
}

pub(crate) async fn login_of_the_list_ends_with_its_credential(place: Place) {
    let database = place.migrated().await;
    let (user, _) = two_users(&database).await;
    for login in database.list_logins(&user.id).await.unwrap() {
        assert!(database.end_login(login.id).await.unwrap());
        assert!(!database.end_login(login.id).await.unwrap());
    }
    assert!(!database.end_login(LoginId(i64::MAX)).await.unwrap());
    assert!(database.session("of ada").await.unwrap().is_none());
    // Eve's token, session and their rows are all that is left.
    for table in ["knox_authtoken", "django_session"] {
        assert_eq!(place.count(table).await, 1, "{table}");
    }
    assert_eq!(place.count("portcullis_login").await, 2);
}

pub(crate) async fn what_is_over_is_swept_with_its_logins(place: Place) {
    let database = place.migrated().await;
    two_users(&database).await;
    let cleared = database.clear_expired(NOW).await.unwrap();
    assert_eq!((cleared.sessions, cleared.tokens), (0, 0));
    let cleared = database.clear_expired(NOW + Duration::hours(11)).await;
    let cleared = cleared.unwrap();
    assert_eq!((cleared.sessions, cleared.tokens), (0, 2));
    assert_eq!(place.count("portcullis_login").await, 2);
    let cleared = database.clear_expired(NOW + Duration::weeks(3)).await;
    let cleared = cleared.unwrap();
    assert_eq!((cleared.sessions, cleared.tokens), (2, 0));
    assert_eq!(place.count("portcullis_login").await, 0);
}

pub(crate) async fn pending_migrations_are_told_without_a_change(place: Place) {
    let database = place.database().await;
    let pending = database.pending_migrations().await.unwrap();
    assert_eq!(pending[0], "django tables");
    assert!(place.all_rows().await.is_empty());
    assert_eq!(database.migrate(NOW).await.unwrap(), pending);
    assert!(database.pending_migrations().await.unwrap().is_empty());
}
