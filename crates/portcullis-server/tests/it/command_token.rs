//! `portcullis token` and `clearsessions`.

use crate::command::{ADA, Folder, count, database};

#[test]
fn token_is_printed_once_and_never_listed() {
    let folder = Folder::with_user(ADA);
    let said = folder.run(&["token", "create", ADA, "--device", "the\u{7} printer"]);
    let token = said.out.trim();
    assert_eq!(token.len(), 64, "{said:?}");
    assert!(said.err.contains("it is not shown again"), "{said:?}");
    let list = folder.ok(&["token", "list", ADA]);
    let row = list.lines().nth(1).unwrap();
    assert!(
        row.starts_with("1   the printer  ") && row.ends_with(" UTC"),
        "{list}"
    );
    let held = std::fs::read(folder.path("portcullis.db")).unwrap();
    for place in [list.as_bytes(), &held] {
        let found = place
            .windows(token.len())
            .any(|part| part == token.as_bytes());
        assert!(!found, "the token is in clear text");
    }
}

#[test]
fn revoked_token_is_gone() {
    let folder = Folder::with_user(ADA);
    folder.ok(&["token", "create", ADA]);
    assert_eq!(folder.ok(&["token", "revoke", "1"]), "token 1 ended\n");
    let again = folder.run(&["token", "revoke", "1"]);
    assert_eq!(again.status, 1, "{again:?}");
    assert_eq!(folder.ok(&["token", "list", ADA]).lines().count(), 1);
    assert_eq!(count(&folder, "knox_authtoken"), 0);
}

#[test]
fn inactive_user_gets_no_token() {
    let folder = Folder::with_user(ADA);
    database(&folder)
        .execute("UPDATE auth_user SET is_active = 0", [])
        .unwrap();
    let said = folder.run(&["token", "create", ADA]);
    assert_eq!((said.status, said.out.as_str()), (1, ""), "{said:?}");
    let why = folder.ok(&["explain", "--as", ADA, "GET", "/api/user/"]);
    assert!(
        why.starts_with("refused 401  ada@example.com is not active"),
        "{why}"
    );
}

#[test]
fn what_is_over_is_cleared_and_counted() {
    let folder = Folder::with_user(ADA);
    folder.ok(&["token", "create", ADA]);
    folder.ok(&["token", "create", ADA]);
    let past = "UPDATE knox_authtoken SET expiry = '2020-01-01 00:00:00' WHERE digest IN \
                (SELECT digest FROM portcullis_login WHERE id = 1); \
                UPDATE portcullis_login SET expires = '2020-01-01 00:00:00' WHERE id = 1; \
                INSERT INTO django_session VALUES ('k', 'd', '2020-01-01 00:00:00')";
    database(&folder).execute_batch(past).unwrap();
    let said = folder.ok(&["clearsessions"]);
    assert_eq!(
        said,
        "1 sessions, 1 device tokens, 0 refresh tokens and 0 lines of the audit log removed\n"
    );
    assert_eq!(
        (
            count(&folder, "knox_authtoken"),
            count(&folder, "portcullis_login")
        ),
        (1, 1)
    );
}
