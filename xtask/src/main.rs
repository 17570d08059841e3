//! The project's own commands: `cargo xtask test` and `cargo xtask check`.
#![forbid(unsafe_code)]
#![expect(
    clippy::print_stdout,
    reason = "commands talk to the person who typed them"
)]

mod check;
mod run;
mod test;
mod tidy;

use std::process::ExitCode;

const USAGE: &str = "usage: cargo xtask <command>

  test    run every test
  check   formatting, lints, docs, licences, spelling, dependency directions, doc drift";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match words
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .as_slice()
    {
        ["test"] => test::run(),
        ["check"] => check::run(),
        _ => {
            println!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}
