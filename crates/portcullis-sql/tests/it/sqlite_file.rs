//! Files: what only SQLite has.

use portcullis_core::{AccountStore, UserStore};
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

/// Asks until the answer is as wanted; how long that took.
async fn until<F: AsyncFn() -> bool>(wanted: F) -> std::time::Duration {
    let start = std::time::Instant::now();
    while !wanted().await {
        assert!(start.elapsed().as_secs() < 5, "it does not come");
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    start.elapsed()
}

#[tokio::test]
async fn kept_answer_ends_with_our_own_write_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let (database, _) = Database::open_sqlite(&file(&folder)).unwrap();
    let database = database.with_cache().await.unwrap();
    database.migrate(NOW).await.unwrap();
    let ada = crate::ada(&database).await;
    let id = ada.id.to_string();
    for is_active in [false, true, false, true] {
        for _ in 0..3 {
            let _ = database.user_by_id(&id).await.unwrap();
        }
        database.set_active(&ada.id, is_active).await.unwrap();
        let found = database.user_by_id(&id).await.unwrap().unwrap();
        assert_eq!(found.is_active, is_active);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn answers_beside_writes_are_never_older_than_the_write() {
    let folder = tempfile::tempdir().unwrap();
    let (database, _) = Database::open_sqlite(&file(&folder)).unwrap();
    let database = database.with_cache().await.unwrap();
    database.migrate(NOW).await.unwrap();
    let ada = crate::ada(&database).await;
    let id = ada.id.to_string();
    let readers: Vec<_> = (0..4)
        .map(|_| {
            let (database, id) = (database.clone(), id.clone());
            tokio::spawn(async move {
                for _ in 0..2000 {
                    let _ = database.user_by_id(&id).await.unwrap();
                    tokio::task::yield_now().await;
                }
            })
        })
        .collect();
    for round in 0..200 {
        let is_active = round % 2 == 0;
        database.set_active(&ada.id, is_active).await.unwrap();
        let found = database.user_by_id(&id).await.unwrap().unwrap();
        assert_eq!(found.is_active, is_active, "round {round}");
    }
    for reader in readers {
        reader.await.unwrap();
    }
}

#[tokio::test]
async fn kept_answer_ends_with_another_programs_write() {
    let folder = tempfile::tempdir().unwrap();
    let (database, _) = Database::open_sqlite(&file(&folder)).unwrap();
    let database = database.with_cache().await.unwrap();
    database.migrate(NOW).await.unwrap();
    let id = crate::ada(&database).await.id.to_string();
    let is_active = async || database.user_by_id(&id).await.unwrap().unwrap().is_active;
    assert!(is_active().await);
    let other = rusqlite::Connection::open(file(&folder)).unwrap();
    other
        .execute("UPDATE auth_user SET is_active = 0", [])
        .unwrap();
    let took = until(async || !is_active().await).await;
    println!("noticed after {} ms", took.as_millis());
    assert!(took.as_secs() < 1, "{took:?}");
}
