//! The commands of the real binary.

use rusqlite::Connection;

use crate::command::Folder;

const ADA: &str = "ada@example.com";

fn database(folder: &Folder) -> Connection {
    Connection::open(folder.path("portcullis.db")).unwrap()
}

fn count(folder: &Folder, table: &str) -> i64 {
    let sql = format!("SELECT count(*) FROM {table}");
    let row = |row: &rusqlite::Row<'_>| row.get(0);
    database(folder).query_row(&sql, [], row).unwrap()
}

#[test]
fn superuser_is_made_in_a_fresh_folder() {
    let folder = Folder::with_user(ADA);
    let sql = "SELECT username || ' ' || is_staff || is_superuser || is_active FROM auth_user";
    let row = |row: &rusqlite::Row<'_>| row.get::<_, String>(0);
    let user = database(&folder).query_row(sql, [], row).unwrap();
    assert_eq!(user, "ada@example.com 111");
    let again = [
        "createsuperuser",
        "--email",
        "ADA@example.com",
        "--password-stdin",
    ];
    let said = folder.run_with(&again, "correct horse 9", &[]);
    assert_eq!(said.status, 1, "{said:?}");
    assert!(
        said.err
            .contains("somebody has that name or address already")
    );
}

#[test]
fn superuser_that_cannot_be_made_leaves_nothing_behind() {
    let folder = Folder::new();
    for (words, input, status, sentence) in [
        (
            &["--email", ADA, "--password-stdin"][..],
            "12345678",
            1,
            "This password is entirely numeric.",
        ),
        (
            &["--email", ADA, "--password-stdin"],
            "ada@example.com",
            1,
            "too similar",
        ),
        (&["--email", ADA, "--password-stdin"], "", 1, "too short"),
        (
            &["--email", "nobody", "--password-stdin"],
            "correct horse 9",
            2,
            "Enter a valid email address.",
        ),
        (
            &["--username", "a b", "--password-stdin"],
            "correct horse 9",
            2,
            "Enter a valid username.",
        ),
        (
            &["--password-stdin"],
            "correct horse 9",
            2,
            "Give --email or --username",
        ),
        (&["--email", ADA], "", 2, "--password-stdin"),
        (
            &["--email", ADA, "--password", "x"],
            "",
            2,
            "unexpected argument",
        ),
        (
            &["--email", ADA, "--no-validation"],
            "",
            2,
            "unexpected argument",
        ),
    ] {
        let words: Vec<&str> = std::iter::once("createsuperuser")
            .chain(words.iter().copied())
            .collect();
        let said = folder.run_with(&words, input, &[]);
        assert_eq!(said.status, status, "{words:?}: {said:?}");
        assert!(said.err.contains(sentence), "{words:?}: {said:?}");
        assert!(folder.files().is_empty(), "{words:?}: {:?}", folder.files());
    }
}

#[test]
fn changed_password_ends_the_tokens_of_the_old_one() {
    let folder = Folder::with_user(ADA);
    folder.ok(&["token", "create", ADA]);
    let words = ["changepassword", ADA, "--password-stdin"];
    let weak = folder.run_with(&words, "ada@example.com", &[]);
    assert_eq!(
        (weak.status, count(&folder, "knox_authtoken")),
        (1, 1),
        "{weak:?}"
    );
    let said = folder.run_with(&words, "battery staple 7", &[]);
    assert_eq!(
        said.out,
        "password of ada@example.com changed; 0 sessions and 1 tokens ended\n"
    );
    assert_eq!(
        count(&folder, "knox_authtoken") + count(&folder, "portcullis_login"),
        0
    );
    let nobody = folder.run_with(&["changepassword", "eve", "--password-stdin"], "", &[]);
    assert_eq!(nobody.err, "there is no user \"eve\"\n");
}

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
    assert_eq!(said, "1 sessions and 1 device tokens removed\n");
    assert_eq!(
        (
            count(&folder, "knox_authtoken"),
            count(&folder, "portcullis_login")
        ),
        (1, 1)
    );
}

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

#[test]
fn routes_are_printed_without_making_anything() {
    let folder = Folder::new();
    let routes = folder.ok(&["routes"]);
    let user = routes
        .lines()
        .find(|line| line.contains("/api/user/"))
        .unwrap();
    let columns: Vec<&str> = user.split_whitespace().collect();
    assert_eq!(
        columns,
        [
            "GET",
            "/api/user/",
            "DeviceToken,",
            "Session",
            "IsAuthenticated"
        ]
    );
    assert!(folder.files().is_empty(), "{:?}", folder.files());
}

#[test]
fn commands_on_a_database_that_is_not_there_make_none() {
    let folder = Folder::new();
    for words in [
        &["clearsessions"][..],
        &["token", "list", ADA],
        &["token", "create", ADA],
        &["token", "revoke", "1"],
        &["changepassword", ADA, "--password-stdin"],
        &["explain", "GET", "/api/user/"],
    ] {
        let said = folder.run(words);
        assert_eq!(
            said.err,
            "portcullis.db is not there: `portcullis migrate` makes it\n"
        );
        assert_eq!((said.status, said.out.as_str()), (1, ""));
    }
    assert!(folder.files().is_empty(), "{:?}", folder.files());
}

#[test]
fn check_is_content_with_a_database_that_is_up_to_date() {
    let folder = Folder::new();
    folder.ok(&["migrate"]);
    let said = folder.ok(&["check"]);
    assert!(said.lines().all(|line| line.starts_with("ok ")), "{said}");
    assert_eq!(folder.ok(&["migrate"]), "0 migrations applied\n");
}

#[test]
fn check_finds_what_is_wrong_and_exits_with_1() {
    let folder = Folder::new();
    let said = folder.run(&["check"]);
    assert_eq!(said.status, 1, "{said:?}");
    assert!(
        said.out
            .contains("wrong   database: portcullis.db is not there"),
        "{said:?}"
    );
    folder.ok(&["migrate"]);
    folder.write("weak", "short");
    for (words, finding) in [
        (["--listen", "0.0.0.0:80"], "every Host header is believed"),
        (["--secret-key-file", "weak"], "fewer than 50 characters"),
        (["--database-url", "sqlite:weak"], "wrong   database:"),
        (["--listen", "nowhere"], "--listen is \"nowhere\""),
    ] {
        let said = folder.run(&["check", words[0], words[1]]);
        assert_eq!(said.status, 1, "{said:?}");
        assert!(said.out.contains(finding), "{said:?}");
    }
    let unwise = folder.ok(&["check", "--default-permission-classes", "AllowAny"]);
    assert!(
        unwise.contains("unwise  default_permission_classes"),
        "{unwise}"
    );
}

#[cfg(unix)]
#[test]
fn check_finds_a_key_that_others_may_read() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    folder.ok(&["migrate"]);
    folder.write(
        "portcullis.secret",
        "0123456789abcdefghijklmnopqrstuvwxyz0123456789abcdefghijkl",
    );
    let mode = |mode| std::fs::Permissions::from_mode(mode);
    std::fs::set_permissions(folder.path("portcullis.secret"), mode(0o644)).unwrap();
    let said = folder.run(&["check"]);
    assert_eq!(said.status, 1, "{said:?}");
    assert!(said.out.contains("chmod 600 portcullis.secret"), "{said:?}");
    std::fs::set_permissions(folder.path("portcullis.secret"), mode(0o600)).unwrap();
    folder.ok(&["check"]);
}
