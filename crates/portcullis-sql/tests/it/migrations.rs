//! Opening and migrating database files.

use portcullis_core::UserStore;
use portcullis_sql::{Database, Opened};
use rusqlite::Connection;

use crate::{NOW, all_rows, database, path};

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
    assert!(theirs.len() > 30, "only {} entries", theirs.len());
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
        ["portcullis.0001_initial", "portcullis.0002_throttle"]
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
    let mut applied = [a.unwrap(), b.unwrap()].concat();
    applied.sort_unstable();
    assert_eq!(
        applied,
        [
            "django tables",
            "portcullis.0001_initial",
            "portcullis.0002_throttle"
        ]
    );
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

#[tokio::test]
async fn database_with_another_user_table_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let django = Connection::open(path(&folder)).unwrap();
    django
        .execute_batch(
            "CREATE TABLE django_migrations (id integer PRIMARY KEY, app, name, applied); \
             CREATE TABLE shop_customer (id integer PRIMARY KEY, password)",
        )
        .unwrap();
    let before = all_rows(&path(&folder));
    let (database, _) = Database::open_sqlite(&path(&folder)).unwrap();
    assert!(database.migrate(NOW).await.is_err());
    assert_eq!(all_rows(&path(&folder)), before);
}

#[cfg(unix)]
#[tokio::test]
async fn made_file_is_private_and_has_the_wal_journal() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, _database) = database().await;
    let mode = std::fs::metadata(path(&folder)).unwrap().permissions();
    assert_eq!(mode.mode() & 0o777, 0o600);
    let connection = Connection::open(path(&folder)).unwrap();
    let journal: String = connection
        .query_row("PRAGMA journal_mode", [], |row| row.get(0))
        .unwrap();
    assert_eq!(journal, "wal");
}
