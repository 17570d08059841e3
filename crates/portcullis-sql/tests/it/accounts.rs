//! Commands and queries of accounts and logins.

use portcullis_core::{
    AccountStore, CreateAccountError, LoginStore, PasswordHash, Store, UserStore,
};
use rusqlite::Connection;
use time::Duration;

use crate::{NOW, account, ada, all_rows, count, database, device, path};

#[tokio::test]
async fn account_is_found_by_name_and_by_email_in_any_case() {
    let (_folder, database) = database().await;
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

#[tokio::test]
async fn refused_account_leaves_nothing() {
    let (folder, database) = database().await;
    ada(&database).await;
    let before = all_rows(&path(&folder));
    let again = database
        .create_account(account("Ada@Example.com"), Some(device("d2")))
        .await;
    assert!(matches!(again, Err(CreateAccountError::Taken)));
    let mut namesake = account("eve@example.com");
    namesake.username = "ada@example.com".to_owned();
    let namesake = database.create_account(namesake, Some(device("d2"))).await;
    assert!(matches!(namesake, Err(CreateAccountError::Taken)));
    // A token digest that is there already makes the last statement fail: all of it is undone.
    let broken = database
        .create_account(account("eve@example.com"), Some(device("d1")))
        .await;
    assert!(matches!(broken, Err(CreateAccountError::Store(_))));
    assert_eq!(all_rows(&path(&folder)), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn parallel_signups_make_one_account() {
    let (folder, database) = database().await;
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
                    .create_account(account(email), Some(device(&format!("d{number}"))))
                    .await
                    .is_ok()
            })
        })
        .collect();
    let mut made = 0;
    for attempt in tries {
        made += u32::from(attempt.await.unwrap());
    }
    assert_eq!((made, count(&path(&folder), "auth_user")), (1, 1));
}

#[tokio::test]
async fn login_needs_the_password_that_was_checked() {
    let (folder, database) = database().await;
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
    assert_eq!(count(&path(&folder), "knox_authtoken"), 2);
}

#[tokio::test]
async fn inactive_user_gets_no_login() {
    let (folder, database) = database().await;
    let user = ada(&database).await;
    let outside = Connection::open(path(&folder)).unwrap();
    outside
        .execute("UPDATE auth_user SET is_active = 0", [])
        .unwrap();
    assert!(
        database
            .log_in(&user, device("d2"), None)
            .await
            .unwrap()
            .is_none()
    );
    assert!(
        !database.device_logins("key").await.unwrap()[0]
            .user
            .is_active
    );
}

#[tokio::test]
async fn ended_login_is_gone() {
    let (folder, database) = database().await;
    let user = ada(&database).await;
    let found = database.device_logins("key").await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].expires, Some(NOW + Duration::hours(10)));
    assert!(found[0].login.is_some());
    assert!(database.end_device_login(&user.id, "d1").await.unwrap());
    assert!(!database.end_device_login(&user.id, "d1").await.unwrap());
    assert!(database.device_logins("key").await.unwrap().is_empty());
    assert_eq!(count(&path(&folder), "portcullis_login"), 0);
}

#[tokio::test]
async fn more_queries_than_readers_are_all_answered() {
    let (_folder, database) = database().await;
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

#[tokio::test]
async fn accounts_may_have_no_address() {
    let (_folder, database) = database().await;
    for name in ["ada", "eve"] {
        let mut nameless = account("");
        nameless.username = name.to_owned();
        let made = database.create_account(nameless, Some(device(name))).await;
        assert_eq!(made.unwrap().username, name);
    }
    assert_eq!(database.user_by_login_name("").await.unwrap(), None);
}
