//! Running other programs, and saying which one failed.

use std::process::Command;

use anyhow::{Context, bail};

/// Runs `program` with `words`; its output goes where ours goes.
pub(crate) fn run(program: &str, words: &[&str]) -> anyhow::Result<()> {
    run_with(program, words, &[])
}

/// The same, with environment variables.
pub(crate) fn run_with(
    program: &str,
    words: &[&str],
    variables: &[(&str, &str)],
) -> anyhow::Result<()> {
    println!("$ {program} {}", words.join(" "));
    let status = Command::new(program)
        .args(words)
        .envs(variables.iter().copied())
        .status()
        .with_context(|| format!("{program} cannot be started"))?;
    if !status.success() {
        bail!("`{program} {}` failed: {status}", words.join(" "));
    }
    Ok(())
}

/// Whether a program can be started.
pub(crate) fn is_there(program: &str, words: &[&str]) -> bool {
    Command::new(program)
        .args(words)
        .output()
        .is_ok_and(|output| output.status.success())
}
