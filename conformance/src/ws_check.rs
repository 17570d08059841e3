//! `ws-check`: plays the recorded WebSocket cases against a server.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "the report is what the program is for")]

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use conformance::http::Base;
use conformance::socket::{Cases, Player};

/// Plays the recorded WebSocket cases against a server, and tells where it does something else.
///
/// Exit status: 0 all played cases pass, 1 some do not, 2 it could not start.
#[derive(Debug, Parser)]
#[command(name = "ws-check")]
struct Arguments {
    /// Where the server listens, like ws://127.0.0.1:18811
    #[arg(long, value_name = "URL", value_parser = base)]
    base: Base,
    /// The folder that holds fixtures.json and cases/
    #[arg(long, value_name = "DIR", default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/ws"), hide_default_value = true)]
    cases: PathBuf,
    /// Only cases whose name contains this
    #[arg(long, value_name = "PART")]
    case: Option<String>,
    /// Name passed cases too
    #[arg(long, short)]
    verbose: bool,
}

fn base(url: &str) -> Result<Base, String> {
    Base::parse(&url.replacen("ws://", "http://", 1))
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let cases = match Cases::load(&arguments.cases) {
        Ok(cases) => cases,
        Err(error) => {
            println!("ws-check: {error}");
            return ExitCode::from(2);
        }
    };
    let player = Player::new(arguments.base, &cases.fixtures);
    let part = arguments.case.unwrap_or_default();
    let (mut passed, mut failed) = (0, 0);
    for case in cases.cases.iter().filter(|case| case.id.contains(&part)) {
        match player.play(case) {
            None => {
                passed += 1;
                if arguments.verbose {
                    println!("ok   {}", case.id);
                }
            }
            Some(difference) => {
                failed += 1;
                println!("FAIL {}: {}\n     {difference}", case.id, case.title);
            }
        }
    }
    println!("{passed} passed, {failed} failed, 0 skipped");
    ExitCode::from(u8::from(failed > 0 || passed == 0))
}
