//! Portcullis as one binary: `portcullis serve`, and the commands around it.
#![forbid(unsafe_code)]

use std::process::ExitCode;

use clap::Parser;
use portcullis_server::{CommandLine, exit_status, run};

#[tokio::main]
async fn main() -> ExitCode {
    match run(CommandLine::parse()).await {
        Ok(status) => status,
        Err(error) => exit_status(&error),
    }
}
