//! The real binary as a command: words and standard input in, text and exit status out.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use rusqlite::Connection;
use tempfile::TempDir;

/// A folder of its own, in which commands are run.
pub(crate) struct Folder(TempDir);

/// What a command said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) status: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// With a user, whose password is `correct horse 9`.
    pub(crate) fn with_user(name: &str) -> Self {
        let folder = Self::new();
        // Cheap hashes: what these tests are about is not the hash.
        folder.write("portcullis.toml", "pbkdf2_iterations = 1000\n");
        let words = ["createsuperuser", "--email", name, "--password-stdin"];
        let said = folder.run_with(&words, "correct horse 9\n", &[]);
        assert_eq!(said.status, 0, "{said:?}");
        folder
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    /// The names of the files in it.
    pub(crate) fn files(&self) -> Vec<String> {
        let files = std::fs::read_dir(self.0.path()).unwrap();
        let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    }

    pub(crate) fn run(&self, words: &[&str]) -> Said {
        self.run_with(words, "", &[])
    }

    pub(crate) fn run_with(&self, words: &[&str], input: &str, variables: &[(&str, &str)]) -> Said {
        let mut child = Command::new(env!("CARGO_BIN_EXE_portcullis"))
            .args(words)
            .current_dir(self.0.path())
            .env_clear()
            .envs(variables.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A command that fails early does not read.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let output = child.wait_with_output().unwrap();
        Said {
            status: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// What it says on standard output when all goes well.
    pub(crate) fn ok(&self, words: &[&str]) -> String {
        let said = self.run(words);
        assert_eq!(said.status, 0, "{words:?}: {said:?}");
        said.out
    }
}

pub(crate) const ADA: &str = "ada@example.com";

pub(crate) fn database(folder: &Folder) -> Connection {
    Connection::open(folder.path("portcullis.db")).unwrap()
}

pub(crate) fn count(folder: &Folder, table: &str) -> i64 {
    let sql = format!("SELECT count(*) FROM {table}");
    let row = |row: &rusqlite::Row<'_>| row.get(0);
    database(folder).query_row(&sql, [], row).unwrap()
}
