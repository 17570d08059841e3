//! `portcullis audit`.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use crate::command::{ADA, Folder};

#[test]
fn log_is_printed_newest_last_and_filtered() {
    let folder = Folder::with_user(ADA);
    folder.ok(&["token", "create", ADA, "--device", "the printer"]);
    folder.ok(&["token", "revoke", "1"]);
    let words = ["changepassword", ADA, "--password-stdin"];
    let said = folder.run_with(&words, "another horse 10\n", &[]);
    assert_eq!(said.status, 0, "{said:?}");
    let out = folder.ok(&["audit"]);
    let events: Vec<_> = out
        .lines()
        .map(|line| line.split_whitespace().next().unwrap().len().min(4))
        .collect();
    assert_eq!(events, [4; 6], "{out}");
    for (line, event) in out.lines().zip([
        "TIME",
        "admin_made",
        "login",
        "token_issued",
        "token_revoked",
        "password_change",
    ]) {
        assert!(line.contains(event), "{event}: {out}");
        assert!(event == "TIME" || line.contains(ADA), "{out}");
    }
    let login = folder.ok(&["audit", "--event", "login", "--user", ADA, "--since", "1h"]);
    assert_eq!(login.lines().count(), 2, "{login}");
    assert!(login.ends_with("device  -        the printer\n"), "{login}");
    let json = folder.ok(&["audit", "--json", "--limit", "1"]);
    let line: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        (&line["event"], &line["username"]),
        (&"password_change".into(), &ADA.into())
    );
    assert!(!out.contains("horse") && !json.contains("horse"));
}

#[test]
fn what_is_not_understood_is_said() {
    let folder = Folder::with_user(ADA);
    for words in [
        ["audit", "--event", "nonsense"],
        ["audit", "--since", "yesterday"],
    ] {
        let said = folder.run(&words);
        assert_eq!((said.status, said.out.as_str()), (2, ""), "{said:?}");
        assert!(said.err.contains(words[1]), "{said:?}");
    }
}

#[test]
fn log_is_followed() {
    let folder = Folder::with_user(ADA);
    let mut child = Command::new(env!("CARGO_BIN_EXE_portcullis"))
        .args(["audit", "--follow", "--json"])
        .current_dir(folder.path("."))
        .env_clear()
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let first = lines.next().unwrap().unwrap();
    assert!(first.contains("admin_made"), "{first}");
    folder.ok(&["token", "create", ADA]);
    let next = lines.next().unwrap().unwrap();
    assert!(next.contains(r#""event":"login""#), "{next}");
    child.kill().unwrap();
    child.wait().unwrap();
}
