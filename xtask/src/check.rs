//! `cargo xtask check`: everything that holds at each commit and is not a test.

use crate::run::{Missing, is_there, run as program, run_with};
use crate::{packages, tidy};

/// Runs all checks, the quick ones first.
pub(crate) fn run() -> anyhow::Result<()> {
    program("cargo", &["fmt", "--all", "--check"])?;
    tidy::run()?;
    packages::run()?;
    spelling()?;
    licences()?;
    let clippy = [
        "clippy",
        "--workspace",
        "--all-targets",
        "--locked",
        "--",
        "-D",
        "warnings",
    ];
    program("cargo", &clippy)?;
    // And as a service adds it: without the features that the server turns on.
    let bare = [
        "clippy",
        "--locked",
        "--quiet",
        "--package",
        "portcullis",
        "--lib",
        "--",
        "-D",
        "warnings",
    ];
    program("cargo", &bare)?;
    let docs = ["doc", "--workspace", "--no-deps", "--locked"];
    run_with("cargo", &docs, &[("RUSTDOCFLAGS", "-D warnings")])
}

fn spelling() -> anyhow::Result<()> {
    if !is_there("typos", &["--version"]) {
        let installed = program("pip", &["install", "--quiet", "typos"]);
        if installed.is_err() || !is_there("typos", &["--version"]) {
            return Err(Missing {
                program: "typos",
                install: "pip install typos, or cargo install typos-cli --locked".to_owned(),
            }
            .into());
        }
    }
    program("typos", &[])
}

fn licences() -> anyhow::Result<()> {
    if !is_there("cargo", &["deny", "--version"]) {
        let installed = program("cargo", &["install", "cargo-deny", "--locked"]);
        if installed.is_err() || !is_there("cargo", &["deny", "--version"]) {
            return Err(Missing {
                program: "cargo-deny",
                install: "cargo install cargo-deny --locked".to_owned(),
            }
            .into());
        }
    }
    program(
        "cargo",
        &[
            "deny",
            "--log-level",
            "error",
            "check",
            "bans",
            "licenses",
            "sources",
        ],
    )
}
