//! What the store promises, on a real database file.
#![expect(clippy::unwrap_used, reason = "a test stops where its facts end")]

mod accounts;
mod migrations;

use std::path::Path;

use portcullis_core::{AccountStore, NewAccount, NewDeviceLogin, NewLogin, PasswordHash, User};
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
        is_staff: false,
        is_superuser: false,
        now: NOW,
    }
}

fn device(digest: &str) -> NewLogin {
    NewLogin::Device(NewDeviceLogin {
        digest: digest.to_owned(),
        token_key: "key".to_owned(),
        device: "test".to_owned(),
        now: NOW,
        expires: NOW + Duration::hours(10),
    })
}

async fn ada(database: &Database) -> User {
    database
        .create_account(account("ada@example.com"), Some(device("d1")))
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

/// The number of rows in each table.
fn all_rows(path: &Path) -> Vec<(String, i64)> {
    let connection = Connection::open(path).unwrap();
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name";
    let mut statement = connection.prepare(sql).unwrap();
    let names = statement.query_map([], |row| row.get(0)).unwrap();
    names
        .map(|name: rusqlite::Result<String>| name.unwrap())
        .map(|name| (name.clone(), count(path, &name)))
        .collect()
}
