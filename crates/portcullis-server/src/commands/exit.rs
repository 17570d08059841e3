//! How a command that failed ends: what it prints, and its exit status.

use std::io::ErrorKind;
use std::process::ExitCode;

use crate::settings::SettingsError;

/// The command line asks for what cannot be, and nothing was done: exit status 2.
#[derive(Debug)]
pub(super) struct Usage(pub(super) String);

impl std::fmt::Display for Usage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Usage {}

/// Prints why a command failed; 2 for wrong settings or usage, 1 for all else.
#[must_use]
pub fn exit_status(error: &anyhow::Error) -> ExitCode {
    let io = error.downcast_ref::<std::io::Error>();
    if io.is_some_and(|error| error.kind() == ErrorKind::BrokenPipe) {
        // Whoever read our output has seen enough of it.
        return ExitCode::SUCCESS;
    }
    eprintln!("{error:#}");
    let is_usage = error.is::<SettingsError>() || error.is::<Usage>();
    ExitCode::from(if is_usage { 2 } else { 1 })
}
