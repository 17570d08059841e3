//! The list of logins, a changed password, and what is swept.

use portcullis_core::{
    AccountStore, Device, Ended, ForeignLogin, LoginId, LoginListStore, LoginStore, NewLogin,
    NewPassword, NewSession, PasswordHash, Scheme, SessionStore, Spared, Touch, User, UserStore,
    no_mails,
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
        device: Device::named("browser"),
        now: NOW + Duration::minutes(1),
        expires: NOW + Duration::weeks(2),
    })
}

/// Ada, with a device token, a session and DRF's token; and Eve, with a device token and a session.
async fn two_users(database: &Database) -> (User, User) {
    let user = ada(database).await;
    let token = NewLogin::Token {
        key: "0".repeat(40),
        device: Device::default(),
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
    let found = database.device_logins("key", "").await.unwrap();
    assert!(found[0].login.is_some());
}

pub(crate) async fn login_of_the_list_ends_with_its_credential(place: Place) {
    let database = place.migrated().await;
    let (user, _) = two_users(&database).await;
    for login in database.list_logins(&user.id).await.unwrap() {
        assert!(database.end_login(login.id, None, None).await.unwrap());
        assert!(!database.end_login(login.id, None, None).await.unwrap());
    }
    assert!(
        !database
            .end_login(LoginId(i64::MAX), None, None)
            .await
            .unwrap()
    );
    assert!(database.session("of ada").await.unwrap().is_none());
    // Eve's token, session and their rows are all that is left.
    for table in ["knox_authtoken", "django_session"] {
        assert_eq!(place.count(table).await, 1, "{table}");
    }
    assert_eq!(place.count("portcullis_login").await, 2);
}

pub(crate) async fn login_is_ended_by_its_user_alone(place: Place) {
    let database = place.migrated().await;
    let (user, eve) = two_users(&database).await;
    let logins = database.list_logins(&user.id).await.unwrap();
    let before = place.all_rows().await;
    for login in &logins {
        assert!(
            !database
                .end_login(login.id, Some(&eve.id), None)
                .await
                .unwrap()
        );
    }
    assert_eq!(place.all_rows().await, before);
    for login in &logins {
        assert!(
            database
                .end_login(login.id, Some(&user.id), None)
                .await
                .unwrap()
        );
    }
    assert!(database.list_logins(&user.id).await.unwrap().is_empty());
    assert_eq!(database.list_logins(&eve.id).await.unwrap().len(), 2);
}

pub(crate) async fn all_logins_end_but_the_one_that_is_spared(place: Place) {
    let database = place.migrated().await;
    let (user, eve) = two_users(&database).await;
    let other = session("of ada, elsewhere");
    database.log_in(&user, other, None).await.unwrap();
    let logins = database.list_logins(&user.id).await.unwrap();
    let spared = logins
        .iter()
        .find(|login| login.scheme == Scheme::Device)
        .unwrap();
    // Two sessions and DRF's token.
    let ended = database.end_logins(&user.id, Spared::Login(spared.id), None);
    assert_eq!(ended.await.unwrap(), 3);
    let left = database.list_logins(&user.id).await.unwrap();
    assert_eq!(left.as_slice(), std::slice::from_ref(spared));
    for key in ["of ada", "of ada, elsewhere"] {
        assert!(database.session(key).await.unwrap().is_none(), "{key}");
    }
    assert_eq!(place.count("authtoken_token").await, 0);
    let ended = database.end_logins(&user.id, Spared::Nothing, None);
    assert_eq!(ended.await.unwrap(), 1);
    // Eve's token, session and their rows are all that is left.
    assert_eq!(database.list_logins(&eve.id).await.unwrap().len(), 2);
    assert!(database.session("of eve").await.unwrap().is_some());
    assert_eq!(place.count("knox_authtoken").await, 1);
}

pub(crate) async fn credentials_of_other_servers_join_the_list_when_they_are_seen(place: Place) {
    let database = place.migrated().await;
    let (user, eve) = two_users(&database).await;
    place.run("DELETE FROM portcullis_login").await;
    let at = NOW + Duration::hours(1);
    let home = Device::named("seen").at("192.0.2.1".parse().ok());
    let adopt = |user: &User, login| {
        let (database, user, home) = (database.clone(), user.id.clone(), home.clone());
        async move { database.adopt_login(&user, login, home, at).await.unwrap() }
    };
    let session = ForeignLogin::Session("of ada".to_owned());
    let first = adopt(&user, session.clone()).await.unwrap();
    assert_eq!(adopt(&user, session.clone()).await, Some(first));
    assert_eq!(adopt(&eve, session).await, None);
    assert_eq!(
        adopt(&eve, ForeignLogin::Device("d1".to_owned())).await,
        None
    );
    let token = adopt(&user, ForeignLogin::Device("d1".to_owned())).await;
    for gone in [
        ForeignLogin::Session("gone".to_owned()),
        ForeignLogin::Device("gone".to_owned()),
    ] {
        assert_eq!(adopt(&user, gone).await, None);
    }
    let logins = database.list_logins(&user.id).await.unwrap();
    let ids: Vec<_> = logins.iter().map(|login| login.id).collect();
    assert_eq!(ids, [first, token.unwrap()]);
    for login in &logins {
        assert_eq!(login.address.as_deref(), Some("192.0.2.1"));
        assert_eq!((login.device.as_str(), login.last_seen), ("seen", at));
    }
    let found = database.session("of ada").await.unwrap().unwrap();
    assert_eq!(found.login.map(|login| login.id), Some(first));
}

pub(crate) async fn use_of_a_login_is_written_down_and_never_set_back(place: Place) {
    let database = place.migrated().await;
    let user = ada(&database).await;
    let login = database.list_logins(&user.id).await.unwrap()[0].id;
    let touch = |minutes, address: &str| Touch {
        login,
        device: Device::default().at(address.parse().ok()),
        now: NOW + Duration::minutes(minutes),
        expires: None,
    };
    let gone = Touch {
        login: LoginId(i64::MAX),
        ..touch(9, "192.0.2.9")
    };
    for touches in [
        vec![touch(5, "192.0.2.1"), gone],
        vec![touch(4, "192.0.2.2")],
        vec![touch(6, "")],
    ] {
        database.touch_logins(touches).await.unwrap();
    }
    let logins = database.list_logins(&user.id).await.unwrap();
    assert_eq!(logins[0].last_seen, NOW + Duration::minutes(6));
    assert_eq!(logins[0].address.as_deref(), Some("192.0.2.1"));
    assert_eq!(logins[0].device, "test");
    let found = database.device_logins("key", "").await.unwrap();
    let last_seen = found[0].login.unwrap().last_seen;
    assert_eq!(last_seen, NOW + Duration::minutes(6));
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
