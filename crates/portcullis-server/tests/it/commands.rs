//! Commands of the real binary: accounts, routes, and what needs a database.

use crate::command::{ADA, Folder, count, database};

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
            "JWT,",
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
