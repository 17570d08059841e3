//! `portcullis explain`.

use crate::command::{ADA, Folder, database};

#[test]
fn explanation_says_outcome_proof_and_permission() {
    let folder = Folder::with_user(ADA);
    folder.ok(&["token", "create", ADA, "--device", "ada's phone"]);
    assert_eq!(
        folder.ok(&["explain", "--as", ADA, "get", "/api/user/"]),
        "allowed      authenticated by DeviceTokenAuthentication \
         (device \"ada's phone\", since 1 minute)\n             IsAuthenticated: yes\n"
    );
    assert_eq!(
        folder.ok(&["explain", "GET", "/api/user/"]),
        "refused 401  nobody is logged in\n             IsAuthenticated: no\n"
    );
    let other_method = folder.ok(&["explain", "--as", ADA, "DELETE", "/api/user/"]);
    assert!(other_method.starts_with("refused 405"), "{other_method}");
    let no_slash = folder.ok(&["explain", "GET", "/api/user"]);
    assert_eq!(no_slash, "sent to 301  the door is /api/user/\n");
    let no_door = folder.ok(&["explain", "GET", "/nowhere/"]);
    assert!(no_door.starts_with("refused 404"), "{no_door}");
    for words in [["explain", "G T", "/"], ["explain", "GET", "api"]] {
        assert_eq!(folder.run(&words).status, 2, "{words:?}");
    }
}

#[test]
fn explanation_follows_the_settings() {
    let folder = Folder::with_user(ADA);
    folder.ok(&["token", "create", ADA]);
    database(&folder)
        .execute("UPDATE auth_user SET is_staff = 0", [])
        .unwrap();
    let why = folder.ok(&[
        "explain",
        "--as",
        ADA,
        "GET",
        "/api/user/",
        "--default-permission-classes",
        "IsAuthenticated,IsAdminUser",
    ]);
    assert!(why.starts_with("refused 403"), "{why}");
    assert!(
        why.ends_with("IsAuthenticated: yes   IsAdminUser: no\n"),
        "{why}"
    );
}
