//! `cargo xtask test`: every test; the test runner's summary comes last.

use crate::run::{is_there, run as program};

/// Runs the documentation's examples, then all other tests.
pub(crate) fn run() -> anyhow::Result<()> {
    program("cargo", &["test", "--workspace", "--doc", "--locked"])?;
    if is_there("cargo", &["nextest", "--version"]) {
        return program("cargo", &["nextest", "run", "--workspace", "--locked"]);
    }
    let words = [
        "test",
        "--workspace",
        "--locked",
        "--lib",
        "--bins",
        "--tests",
    ];
    program("cargo", &words)
}
