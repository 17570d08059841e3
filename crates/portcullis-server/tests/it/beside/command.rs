//! `portcullis beside`, on a database that a real Django has migrated.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use rusqlite::Connection;
use tempfile::TempDir;

use super::site::{SECRET_KEY, manage};
use super::stack;

/// A database of Django's, with this many sessions in it.
fn database(sessions: usize) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let run = |words: &[&str]| {
        let mut command = manage(folder.path(), "");
        assert!(command.args(words).status().unwrap().success());
    };
    run(&["manage.py", "migrate", "-v0"]);
    let program = format!(
        "from django.contrib.sessions.backends.db import SessionStore\n\
         for number in range({sessions}):\n    \
             store = SessionStore(); store['number'] = number; store.save()"
    );
    run(&["manage.py", "shell", "-v0", "-c", &program]);
    folder
}

/// Runs `portcullis beside` in an empty folder.
fn beside(folder: &Path, here: &Path, words: &[&str], key: Option<&str>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command
        .arg("beside")
        .arg(folder.join("db.sqlite3"))
        .args(words)
        .current_dir(here)
        .env("SITE_FOLDER", folder)
        .env("SITE_SECRET_KEY", SECRET_KEY)
        .env_remove("PORTCULLIS_SECRET_KEY");
    if let Some(key) = key {
        command.env("PORTCULLIS_SECRET_KEY", key);
    }
    command.output().unwrap()
}

fn text(output: &Output) -> String {
    let all = [&output.stdout[..], &output.stderr[..]].concat();
    String::from_utf8_lossy(&all).into_owned()
}

fn tables(folder: &Path) -> Vec<String> {
    let database = Connection::open(folder.join("db.sqlite3")).unwrap();
    let sql = "SELECT name || ': ' || COALESCE(sql, '') FROM sqlite_schema ORDER BY name";
    let mut statement = database.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

#[test]
fn says_what_it_finds_writes_settings_and_changes_nothing() {
    if stack::is_left_out() {
        return;
    }
    let (folder, here) = (database(2), tempfile::tempdir().unwrap());
    let before = fs::read(folder.path().join("db.sqlite3")).unwrap();
    let project = stack::project();
    let python = stack::python();
    let words = [
        "--project",
        project.to_str().unwrap(),
        "--python",
        python.to_str().unwrap(),
    ];
    let said = text(&beside(folder.path(), here.path(), &words, None));
    assert!(said.contains("Django 5.2."), "{said}");
    assert!(
        said.contains("users in auth_user, log in by username"),
        "{said}"
    );
    assert!(said.contains("yes (2 of 2 tried)"), "{said}");
    assert!(said.contains("wrote portcullis.toml"), "{said}");
    assert!(said.contains("nothing was changed"), "{said}");
    assert!(!said.contains(SECRET_KEY), "{said}");
    assert_eq!(fs::read(folder.path().join("db.sqlite3")).unwrap(), before);
    let written = fs::read_to_string(here.path().join("portcullis.toml")).unwrap();
    assert!(written.contains("pbkdf2_iterations = 1000"), "{written}");
    // Again: what is there stays.
    fs::write(here.path().join("portcullis.toml"), "# mine\n").unwrap();
    let said = text(&beside(folder.path(), here.path(), &words, None));
    assert!(said.contains("portcullis.toml is there already"), "{said}");
    let kept = fs::read_to_string(here.path().join("portcullis.toml")).unwrap();
    assert_eq!(kept, "# mine\n");
}

#[test]
fn a_wrong_secret_key_is_told() {
    if stack::is_left_out() {
        return;
    }
    let (folder, here) = (database(2), tempfile::tempdir().unwrap());
    let wrong = SECRET_KEY.to_uppercase();
    let said = text(&beside(folder.path(), here.path(), &[], Some(&wrong)));
    assert!(said.contains("NO (0 of 2 tried)"), "{said}");
    let said = text(&beside(folder.path(), here.path(), &[], None));
    assert!(said.contains("SECRET_KEY: not known"), "{said}");
}

#[test]
fn what_migrate_adds_leave_takes_away() {
    if stack::is_left_out() {
        return;
    }
    let (folder, here) = (database(0), tempfile::tempdir().unwrap());
    let before = tables(folder.path());
    let said = text(&beside(folder.path(), here.path(), &["--migrate"], None));
    assert!(said.contains("added tables named portcullis_*"), "{said}");
    let with_ours = tables(folder.path());
    let of_django = with_ours
        .iter()
        .filter(|line| !line.contains("portcullis_"));
    assert_eq!(of_django.cloned().collect::<Vec<_>>(), before);
    assert!(with_ours.len() > before.len());
    let said = text(&beside(folder.path(), here.path(), &["--leave"], None));
    assert!(said.contains("removed"), "{said}");
    assert_eq!(tables(folder.path()), before);
    let mut check = manage(folder.path(), "");
    let status = check.args(["manage.py", "migrate", "--check"]).status();
    assert!(status.unwrap().success());
}

#[test]
fn a_database_that_is_none_of_djangos_is_told_apart() {
    let (folder, here) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let output = beside(folder.path(), here.path(), &[], None);
    assert!(!output.status.success());
    assert!(text(&output).contains("there is no"), "{}", text(&output));
    assert!(!folder.path().join("db.sqlite3").exists());
    let database = Connection::open(folder.path().join("db.sqlite3")).unwrap();
    database.execute_batch("CREATE TABLE a (b)").unwrap();
    let output = beside(folder.path(), here.path(), &[], None);
    assert!(
        text(&output).contains("Django has not migrated"),
        "{}",
        text(&output)
    );
    let users = "CREATE TABLE django_migrations (app text, name text);
                 CREATE TABLE shop_member (id integer, password text, last_login text)";
    database.execute_batch(users).unwrap();
    let output = beside(folder.path(), here.path(), &[], None);
    let said = text(&output);
    assert!(!output.status.success());
    assert!(said.contains("users in shop_member"), "{said}");
    assert!(
        said.contains("users cannot be in \"shop_member\": it has no email,"),
        "{said}"
    );
    assert!(!here.path().join("portcullis.toml").exists());
}
