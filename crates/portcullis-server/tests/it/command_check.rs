//! `portcullis check`.

use crate::command::Folder;

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
