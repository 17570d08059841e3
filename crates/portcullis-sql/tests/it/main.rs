//! What the store promises, on a real database file.
#![expect(clippy::unwrap_used, reason = "a test stops where its facts end")]

use std::path::Path;

use portcullis_core::{
    AccountStore, CreateAccountError, NewAccount, NewDeviceLogin, PasswordHash, User,
};
use portcullis_sql::{Database, Opened};
use rusqlite::Connection;
use tempfile::TempDir;
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

const NOW: OffsetDateTime = datetime!(2026-01-02 03:04:05.000006 UTC);

async fn database() -> (TempDir, Database) {
    let folder = tempfile::tempdir().unwrap();
    let (database, opened) = Database::open_sqlite(&path(&folder)).unwrap();
    assert_eq!(opened, Opened::Created);
    database.migrate(NOW).await.unwrap();
    (folder, database)
}

fn path(folder: &TempDir) -> std::path::PathBuf {
    folder.path().join("test.db")
}

fn account(email: &str) -> NewAccount {
    NewAccount {
        username: email.to_owned(),
        email: email.to_owned(),
        password: PasswordHash::new("md5$salt$hash"),
        now: NOW,
    }
}

fn device(digest: &str) -> NewDeviceLogin {
    NewDeviceLogin {
        digest: digest.to_owned(),
        token_key: "key".to_owned(),
        device: "test".to_owned(),
        now: NOW,
        expires: NOW + Duration::hours(10),
    }
}

async fn ada(database: &Database) -> User {
    database
        .create_account(account("ada@example.com"), device("d1"))
        .await
        .unwrap()
}

fn count(path: &Path, table: &str) -> i64 {
    let connection = Connection::open(path).unwrap();
    connection
        .query_row(&format!("SELECT count(*) FROM {table}"), [], |row| {
            row.get(0)
        })
        .unwrap()
}

/// Names and statements of a database's tables and indexes, without ours.
fn catalogue(connection: &Connection) -> Vec<(String, String)> {
    let sql = "SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL \
               AND name NOT LIKE 'portcullis%' AND name NOT LIKE 'sqlite_%' ORDER BY name";
    let mut statement = connection.prepare(sql).unwrap();
    let rows = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    rows.map(Result::unwrap).collect()
}

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
    let again = database
        .create_account(account("Ada@Example.com"), device("d2"))
        .await;
    assert!(matches!(again, Err(CreateAccountError::Taken)));
    // A token digest that is there already makes the last statement fail: all of it is undone.
    let broken = database
        .create_account(account("eve@example.com"), device("d1"))
        .await;
    assert!(matches!(broken, Err(CreateAccountError::Store(_))));
    for table in [
        "auth_user",
        "portcullis_email",
        "knox_authtoken",
        "portcullis_login",
    ] {
        assert_eq!(count(&path(&folder), table), 1, "{table}");
    }
}

#[tokio::test]
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
                    .create_account(account(email), device(&format!("d{number}")))
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
    );
    // `user` still holds the old hash: as if the password had been changed between check and log-in.
    assert!(!database.log_in(&user, device("d3"), None).await.unwrap());
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
    assert!(!database.log_in(&user, device("d2"), None).await.unwrap());
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
async fn second_migration_finds_nothing_to_do() {
    let (_folder, database) = database().await;
    assert_eq!(database.migrate(NOW).await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn fresh_database_has_djangos_catalogue() {
    let (folder, _database) = database().await;
    let ours = catalogue(&Connection::open(path(&folder)).unwrap());
    let django = Connection::open_in_memory().unwrap();
    django
        .execute_batch(include_str!("../../src/migrations/django_sqlite.sql"))
        .unwrap();
    let theirs = catalogue(&django);
    assert!(theirs.len() > 50, "only {} entries", theirs.len());
    assert_eq!(ours, theirs);
}

#[tokio::test]
async fn django_database_gets_our_tables_only() {
    let folder = tempfile::tempdir().unwrap();
    let django = Connection::open(path(&folder)).unwrap();
    django
        .execute_batch(include_str!("../../src/migrations/django_sqlite.sql"))
        .unwrap();
    for (id, email) in [(1, "Ada@example.com"), (2, "ada@example.com"), (3, "")] {
        django
            .execute(
                "INSERT INTO auth_user (id, password, is_superuser, username, last_name, email, \
                 is_staff, is_active, date_joined, first_name) \
                 VALUES (?1, '!', 0, ?1, '', ?2, 0, 1, '2026-01-02 03:04:05', '')",
                rusqlite::params![id, email],
            )
            .unwrap();
    }
    let before = catalogue(&django);
    let (database, opened) = Database::open_sqlite(&path(&folder)).unwrap();
    assert_eq!(opened, Opened::Existed);
    assert_eq!(
        database.migrate(NOW).await.unwrap(),
        ["portcullis.0001_initial"]
    );
    assert_eq!(catalogue(&django), before);
    let found = database
        .user_by_login_name("ada@EXAMPLE.com")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(found.id, portcullis_core::UserId::Integer(1));
    let mode: String = django
        .query_row("PRAGMA journal_mode", [], |row| row.get(0))
        .unwrap();
    assert_eq!(mode, "delete");
}

#[tokio::test]
async fn two_nodes_migrate_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let nodes: Vec<_> = (0..2)
        .map(|_| Database::open_sqlite(&path(&folder)).unwrap().0)
        .collect();
    let (a, b) = tokio::join!(nodes[0].migrate(NOW), nodes[1].migrate(NOW));
    let mut counts = [a.unwrap().len(), b.unwrap().len()];
    counts.sort_unstable();
    assert_eq!(counts, [0, 2]);
}

#[tokio::test]
async fn file_that_is_no_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        path(&folder),
        "this is a letter, not a database, and long enough to tell",
    )
    .unwrap();
    assert!(Database::open_sqlite(&path(&folder)).is_err());
}
