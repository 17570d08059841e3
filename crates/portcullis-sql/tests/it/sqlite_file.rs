//! Files: what only SQLite has.

use portcullis_sql::{Database, Opened};

use crate::NOW;
use crate::place::file;

#[tokio::test]
async fn file_that_is_no_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        file(&folder),
        "this is a letter, not a database, and long enough to tell",
    )
    .unwrap();
    assert!(Database::open_sqlite(&file(&folder)).is_err());
}

#[tokio::test]
async fn journal_of_another_programs_file_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let other = rusqlite::Connection::open(file(&folder)).unwrap();
    other.execute_batch("CREATE TABLE shop (id)").unwrap();
    let (database, opened) = Database::open_sqlite(&file(&folder)).unwrap();
    assert_eq!(opened, Opened::Existed);
    database.migrate(NOW).await.unwrap();
    let mode: String = other
        .query_row("PRAGMA journal_mode", [], |row| row.get(0))
        .unwrap();
    assert_eq!(mode, "delete");
}

#[cfg(unix)]
#[tokio::test]
async fn made_file_is_private_and_has_the_wal_journal() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let (_database, opened) = Database::open_sqlite(&file(&folder)).unwrap();
    assert_eq!(opened, Opened::Created);
    let mode = std::fs::metadata(file(&folder)).unwrap().permissions();
    assert_eq!(mode.mode() & 0o777, 0o600);
    let connection = rusqlite::Connection::open(file(&folder)).unwrap();
    let journal: String = connection
        .query_row("PRAGMA journal_mode", [], |row| row.get(0))
        .unwrap();
    assert_eq!(journal, "wal");
}
