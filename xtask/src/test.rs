//! `cargo xtask test`: every test; the test runner's summary comes last.

use crate::run::{is_there, run as program, succeeds};

/// Runs the documentation's examples, then all other tests; `false` when one of the latter failed.
pub(crate) fn run() -> anyhow::Result<bool> {
    program("cargo", &["test", "--workspace", "--doc", "--locked"])?;
    if is_there("cargo", &["nextest", "--version"]) {
        let words = [
            "nextest",
            "run",
            "--workspace",
            "--locked",
            "--no-fail-fast",
        ];
        return succeeds("cargo", &words, &[]);
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
    succeeds("cargo", &words, &[])
}
