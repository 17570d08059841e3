//! A database that fails logs nobody out.

use rusqlite::Connection;

use crate::process::{Server, status};

#[test]
fn failing_database_is_503_for_a_valid_token_and_never_401() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let token = server.signup("ada@example.com", "correct horse 9");
    let header = format!("Authorization: Token {token}\r\n");
    let user = || server.send("GET", "/api/user/", &header, "");
    assert_eq!(status(&user()), 200);

    // Every question that touches users fails from here on.
    let database = Connection::open(folder.path().join("portcullis.db")).unwrap();
    let tables: Vec<String> = database
        .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE '%user'")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert!(!tables.is_empty());
    let rename = |from: &str, to: &str| {
        database
            .execute_batch(&format!("ALTER TABLE \"{from}\" RENAME TO \"{to}\""))
            .unwrap();
    };
    for table in &tables {
        rename(table, &format!("{table}_away"));
    }
    // What is known is served until the change is noticed, within a second; never a refusal.
    for _ in 0..100 {
        if status(&user()) != 200 {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    for _ in 0..3 {
        let answer = user();
        assert_eq!(status(&answer), 503, "{answer}");
        assert!(answer.contains("retry-after: 2"), "{answer}");
        assert!(
            !answer.contains("_away") && !answer.contains("www-authenticate"),
            "{answer}"
        );
    }
    for table in &tables {
        rename(&format!("{table}_away"), table);
    }
    let answer = user();
    assert_eq!(status(&answer), 200, "{answer}");
}
