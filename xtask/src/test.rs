//! `cargo xtask test`: every test; the test runner's summary comes last.

use std::path::Path;

use crate::run::{Missing, is_there, run as program, succeeds};

/// Tells the tests to pass over PostgreSQL, and to say so.
const WITHOUT_POSTGRES: (&str, &str) = ("PORTCULLIS_WITHOUT_POSTGRES", "1");

/// Runs the documentation's examples, then all other tests; `false` when one of the latter failed.
pub(crate) fn run() -> anyhow::Result<bool> {
    postgres()?;
    run_with(&[])
}

/// The same, on a machine without PostgreSQL.
pub(crate) fn run_without_postgres() -> anyhow::Result<bool> {
    println!("skipped: store_suite_on_postgres, the stores' tests on PostgreSQL");
    run_with(&[WITHOUT_POSTGRES])
}

fn run_with(variables: &[(&str, &str)]) -> anyhow::Result<bool> {
    program("cargo", &["test", "--workspace", "--doc", "--locked"])?;
    if is_there("cargo", &["nextest", "--version"]) {
        let words = [
            "nextest",
            "run",
            "--workspace",
            "--locked",
            "--no-fail-fast",
        ];
        return succeeds("cargo", &words, variables);
    }
    let words = [
        "test",
        "--workspace",
        "--locked",
        "--no-fail-fast",
        "--lib",
        "--bins",
        "--tests",
    ];
    succeeds("cargo", &words, variables)
}

/// Installs PostgreSQL where we may and it is missing; the tests start a server of their own.
fn postgres() -> anyhow::Result<()> {
    if has_postgres() {
        return Ok(());
    }
    if is_root() && Path::new("/etc/debian_version").exists() {
        // What went wrong, if something did, is on the screen.
        let _ = program("apt-get", &["update", "--quiet"]);
        let _ = program("apt-get", &["install", "--yes", "--quiet", "postgresql"]);
        if has_postgres() {
            return Ok(());
        }
    }
    Err(Missing {
        program: "postgres",
        install: "apt-get install postgresql, or cargo xtask test --without postgres",
    }
    .into())
}

fn has_postgres() -> bool {
    // Debian keeps each version's programs in a folder of its own.
    let versions = Path::new("/usr/lib/postgresql").read_dir();
    let mut versions = versions.into_iter().flatten().flatten();
    versions.any(|version| version.path().join("bin/initdb").exists())
        || is_there("initdb", &["--version"])
}

fn is_root() -> bool {
    let id = std::process::Command::new("id").arg("-u").output();
    id.is_ok_and(|output| output.stdout == b"0\n")
}
