//! Commands and queries of accounts and logins.

use portcullis_core::{
    AccountStore, CreateAccountError, Device, Issued, LoginStore, NewLogin, PasswordHash,
    PermissionStore, Store, UserStore, no_mails,
};
use time::Duration;

use crate::place::Place;
use crate::{NOW, account, ada, device};

pub(crate) async fn account_is_found_by_name_and_by_email_in_any_case(place: Place) {
    let database = place.migrated().await;
    let made = ada(&database).await;
    for name in ["ada@example.com", "ADA@Example.Com"] {
        assert_eq!(
            database.user_by_login_name(name).await.unwrap().as_ref(),
            Some(&made)
        );
    }
    assert_eq!(
        database
            .user_by_login_name("eve@example.com")
            .await
            .unwrap(),
        None
    );
    assert_eq!(made.date_joined, NOW);
}

pub(crate) async fn refused_account_leaves_nothing(place: Place) {
    let database = place.migrated().await;
    ada(&database).await;
    let before = place.all_rows().await;
    let again = database
        .create_account(account("Ada@Example.com"), Some(device("d2")), &no_mails)
        .await;
    assert!(matches!(again, Err(CreateAccountError::Taken)));
    let mut namesake = account("eve@example.com");
    namesake.username = "ada@example.com".to_owned();
    let namesake = database
        .create_account(namesake, Some(device("d2")), &no_mails)
        .await;
    assert!(matches!(namesake, Err(CreateAccountError::Taken)));
    // A token digest that is there already makes the last statement fail: all of it is undone.
    let broken = database
        .create_account(account("eve@example.com"), Some(device("d1")), &no_mails)
        .await;
    assert!(matches!(broken, Err(CreateAccountError::Store(_))));
    assert_eq!(place.all_rows().await, before);
}

pub(crate) async fn parallel_signups_make_one_account(place: Place) {
    let database = place.migrated().await;
    let tries: Vec<_> = (0..10)
        .map(|number| {
            let database = database.clone();
            let email = if number % 2 == 0 {
                "eve@example.com"
            } else {
                "EVE@example.com"
            };
            tokio::spawn(async move {
                database
                    .create_account(
                        account(email),
                        Some(device(&format!("d{number}"))),
                        &no_mails,
                    )
                    .await
                    .is_ok()
            })
        })
        .collect();
    let mut made = 0;
    for attempt in tries {
        made += u32::from(attempt.await.unwrap());
    }
    assert_eq!((made, place.count("auth_user").await), (1, 1));
}

pub(crate) async fn login_needs_the_password_that_was_checked(place: Place) {
    let database = place.migrated().await;
    let user = ada(&database).await;
    assert!(
        database
            .log_in(&user, device("d2"), Some(PasswordHash::new("new")))
            .await
            .unwrap()
            .is_some()
    );
    // `user` still holds the old hash: as if the password had been changed between check and log-in.
    assert!(
        database
            .log_in(&user, device("d3"), None)
            .await
            .unwrap()
            .is_none()
    );
    assert_eq!(place.count("knox_authtoken").await, 2);
}

pub(crate) async fn inactive_user_gets_no_login(place: Place) {
    let database = place.migrated().await;
    let user = ada(&database).await;
    place.run("UPDATE auth_user SET is_active = FALSE").await;
    assert!(
        database
            .log_in(&user, device("d2"), None)
            .await
            .unwrap()
            .is_none()
    );
    assert!(
        !database.device_logins("key", "").await.unwrap()[0]
            .user
            .is_active
    );
}

pub(crate) async fn ended_login_is_gone(place: Place) {
    let database = place.migrated().await;
    let user = ada(&database).await;
    let found = database.device_logins("key", "").await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].expires, Some(NOW + Duration::hours(10)));
    assert!(found[0].login.is_some());
    assert!(
        database
            .end_device_login(&user.id, "d1", None)
            .await
            .unwrap()
    );
    assert!(
        !database
            .end_device_login(&user.id, "d1", None)
            .await
            .unwrap()
    );
    assert!(database.device_logins("key", "").await.unwrap().is_empty());
    assert_eq!(place.count("portcullis_login").await, 0);
}

pub(crate) async fn more_queries_than_connections_are_all_answered(place: Place) {
    let database = place.migrated().await;
    let queries: Vec<_> = (0..32)
        .map(|_| {
            let database = database.clone();
            tokio::spawn(async move { database.ping().await })
        })
        .collect();
    for query in queries {
        query.await.unwrap().unwrap();
    }
}

pub(crate) async fn accounts_may_have_no_address(place: Place) {
    let database = place.migrated().await;
    for name in ["ada", "eve"] {
        let mut nameless = account("");
        nameless.username = name.to_owned();
        let made = database
            .create_account(nameless, Some(device(name)), &no_mails)
            .await;
        assert_eq!(made.unwrap().username, name);
    }
    assert_eq!(database.user_by_login_name("").await.unwrap(), None);
}

pub(crate) async fn token_without_expiry_or_login_row_is_found(place: Place) {
    let database = place.migrated().await;
    ada(&database).await;
    place.run("DELETE FROM portcullis_login").await;
    place.run("UPDATE knox_authtoken SET expiry = NULL").await;
    let found = database.device_logins("key", "").await.unwrap();
    assert_eq!((found[0].login, found[0].expires), (None, None));
}

pub(crate) async fn name_with_a_nul_is_nobodys(place: Place) {
    let database = place.migrated().await;
    for name in ["\0", "ada\0", "ada@example.com\0"] {
        assert!(database.user_by_login_name(name).await.unwrap().is_none());
        assert!(database.user_by_id(name).await.unwrap().is_none());
    }
}

pub(crate) async fn user_is_found_by_the_text_of_the_key(place: Place) {
    let database = place.migrated().await;
    let made = ada(&database).await;
    let found = database.user_by_id(&made.id.to_string()).await.unwrap();
    assert_eq!(found.as_ref(), Some(&made));
    for id in [
        "",
        "0",
        "-1",
        "x",
        "1.0",
        "99999999999999999999",
        "1; DROP TABLE auth_user",
    ] {
        assert_eq!(database.user_by_id(id).await.unwrap(), None, "{id}");
    }
}

pub(crate) async fn drf_token_is_one_per_user(place: Place) {
    let database = place.migrated().await;
    let user = ada(&database).await;
    let tries: Vec<_> = (0..8)
        .map(|number| {
            let (database, user) = (database.clone(), user.clone());
            let login = NewLogin::Token {
                key: format!("{number:040}"),
                device: Device::default(),
                now: NOW,
            };
            tokio::spawn(async move { database.log_in(&user, login, None).await.unwrap() })
        })
        .collect();
    let mut keys = Vec::new();
    for attempt in tries {
        match attempt.await.unwrap() {
            Some(Issued::Token(key)) => keys.push(key),
            other => panic!("{other:?}"),
        }
    }
    keys.dedup();
    assert_eq!(keys.len(), 1, "all get the same token");
    let found = database.user_by_token(&keys[0]).await.unwrap();
    assert_eq!(found.map(|found| found.id), Some(user.id.clone()));
    assert!(database.end_token(&user.id, None).await.unwrap());
    assert!(!database.end_token(&user.id, None).await.unwrap());
    assert_eq!(database.user_by_token(&keys[0]).await.unwrap(), None);
}

pub(crate) async fn rehash_loses_against_a_changed_password(place: Place) {
    let database = place.migrated().await;
    let user = ada(&database).await;
    let rehash = |text: &'static str| database.rehash_password(&user, PasswordHash::new(text));
    rehash("better").await.unwrap();
    rehash("too late").await.unwrap();
    let stored = database
        .user_by_id(&user.id.to_string())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(stored.password, PasswordHash::new("better"));
}

pub(crate) async fn permission_comes_from_the_user_or_a_group(place: Place) {
    let database = place.migrated().await;
    let user = ada(&database).await;
    let id = &user.id;
    place
        .run(&format!(
            "INSERT INTO django_content_type (id, app_label, model) VALUES (901, 'shop', 'order');
             INSERT INTO auth_permission (id, content_type_id, codename, name) VALUES
                 (901, 901, 'add_order', 'a'), (902, 901, 'view_order', 'v'), (903, 901, 'delete_order', 'd');
             INSERT INTO auth_group (id, name) VALUES (1, 'clerks');
             INSERT INTO auth_group_permissions (group_id, permission_id) VALUES (1, 902);
             INSERT INTO auth_user_groups (user_id, group_id) VALUES ({id}, 1);
             INSERT INTO auth_user_user_permissions (user_id, permission_id) VALUES ({id}, 901);"
        ))
        .await;
    for (codename, held) in [
        ("add_order", true),
        ("view_order", true),
        ("delete_order", false),
    ] {
        let answer = database
            .holds_permission(id, "shop", codename)
            .await
            .unwrap();
        assert_eq!(answer, held, "{codename}");
    }
    assert!(
        !database
            .holds_permission(id, "other", "add_order")
            .await
            .unwrap()
    );
}

pub(crate) async fn names_are_unique_and_found_in_any_letter_case(place: Place) {
    let database = place.migrated().await;
    let mut ivan = account("");
    ivan.username = "Ivan".to_owned();
    let made = database
        .create_account(ivan.clone(), None, &no_mails)
        .await
        .unwrap();
    for name in ["Ivan", "ivan", "IVAN"] {
        let found = database.user_by_login_name(name).await.unwrap();
        assert_eq!(found.as_ref(), Some(&made), "{name}");
    }
    ivan.username = "iVAN".to_owned();
    let again = database.create_account(ivan, None, &no_mails).await;
    assert!(matches!(again, Err(CreateAccountError::Taken)));
    // Django renames the account: the old name is nobody's.
    place.run("UPDATE auth_user SET username = 'John'").await;
    assert_eq!(database.user_by_login_name("ivan").await.unwrap(), None);
    let found = database.user_by_login_name("John").await.unwrap();
    assert_eq!(found.map(|found| found.id), Some(made.id));
}
