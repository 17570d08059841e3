//! `rest-check`: plays the recorded REST cases against a server.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "the report is what the program is for")]

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use conformance::http::Base;
use conformance::report::told;
use conformance::{Choice, Outcome, Report, Runner, Suite, Verdict};

/// Plays the recorded REST cases against a server, and tells where its answers differ.
///
/// Exit status: 0 all played cases pass, 1 some do not or all were skipped, 2 it could not start.
#[derive(Debug, Parser)]
#[command(name = "rest-check")]
struct Arguments {
    /// Where the server listens, like http://127.0.0.1:8101
    #[arg(long, value_name = "URL", value_parser = Base::parse)]
    base: Base,
    /// How the server is configured: email, stock or jwt; cases of others are skipped
    #[arg(long)]
    profile: String,
    /// The folder that holds cases/ and fixtures/
    #[arg(long, value_name = "DIR", default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/rest"), hide_default_value = true)]
    cases: PathBuf,
    /// Only this area or case file, like token, more-token or more-* (repeatable)
    #[arg(long)]
    area: Vec<String>,
    /// Only cases whose area/name contains this (repeatable)
    #[arg(long, value_name = "PART")]
    case: Vec<String>,
    /// Where the mail sink answers; without it, cases that read mail are skipped
    #[arg(long, value_name = "URL", value_parser = Base::parse)]
    sidecar: Option<Base>,
    /// Go on although the server looks like another one
    #[arg(long)]
    force: bool,
    /// Name passed and skipped cases too, and show whole differences
    #[arg(long, short)]
    verbose: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match check(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            println!("rest-check: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn check(arguments: &Arguments) -> anyhow::Result<bool> {
    let suite = Suite::load(&arguments.cases)?;
    let choice = Choice {
        areas: arguments.area.clone(),
        cases: arguments.case.clone(),
    };
    let chosen = suite.choose(&choice)?;
    let (base, sidecar) = (arguments.base.clone(), arguments.sidecar.clone());
    let runner =
        Runner::new(&suite, base, &arguments.profile, sidecar).map_err(anyhow::Error::msg)?;
    if !arguments.force {
        runner.greet().map_err(anyhow::Error::msg)?;
    }
    let mut report = Report::default();
    for recorded in chosen {
        let outcome = runner.run(recorded);
        show(&outcome, arguments.verbose);
        report.add(&outcome);
    }
    for (area, tally) in report.areas() {
        println!("{area:16} {tally}");
    }
    println!("{}", report.total());
    Ok(report.is_good())
}

fn show(outcome: &Outcome, verbose: bool) {
    let label = format!("{}/{}", outcome.area, outcome.name);
    match &outcome.verdict {
        Verdict::Passed if verbose => println!("ok   {label}"),
        Verdict::Skipped(why) if verbose => println!("skip {label}: {why}"),
        Verdict::Passed | Verdict::Skipped(_) => {}
        Verdict::Failed(differences) => {
            println!("FAIL {label}");
            for line in told(differences, verbose) {
                println!("     {line}");
            }
        }
    }
}
