//! Running other programs, and saying which one failed or is missing.

use std::fmt;
use std::process::Command;

use anyhow::{Context, bail};

/// Something that a command needs is not there, and could not be installed.
#[derive(Debug)]
pub(crate) struct Missing {
    /// The program, or what else it is.
    pub(crate) program: &'static str,
    /// How a person installs it.
    pub(crate) install: String,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is missing: {}", self.program, self.install)
    }
}

impl std::error::Error for Missing {}

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
    if !succeeds(program, words, variables)? {
        bail!("`{program} {}` failed", words.join(" "));
    }
    Ok(())
}

/// Runs `program` with `words` and says whether it succeeded, printing nothing after it.
pub(crate) fn succeeds(
    program: &str,
    words: &[&str],
    variables: &[(&str, &str)],
) -> anyhow::Result<bool> {
    println!("$ {program} {}", words.join(" "));
    let status = Command::new(program)
        .args(words)
        .envs(variables.iter().copied())
        .status()
        .with_context(|| format!("{program} cannot be started"))?;
    Ok(status.success())
}

/// Whether a program can be started.
pub(crate) fn is_there(program: &str, words: &[&str]) -> bool {
    Command::new(program)
        .args(words)
        .output()
        .is_ok_and(|output| output.status.success())
}
