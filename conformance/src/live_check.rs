//! `live-check`: plays the recorded cases of live data against a server.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "the report is what the program is for")]

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use conformance::live_cases::{Player, load};

/// Plays the recorded cases of live data against a server, and tells where it does something else.
///
/// Exit status: 0 all played cases but quirks pass, 1 some do not, 2 it could not start.
#[derive(Debug, Parser)]
#[command(name = "live-check")]
struct Arguments {
    /// Where the server listens, like http://127.0.0.1:21311
    #[arg(long, value_name = "URL")]
    base: String,
    /// The settings that the server plays: prod, debug or sync
    #[arg(long, default_value = "prod")]
    profile: String,
    /// Where events are heard, like http://127.0.0.1:21312; without it they are not compared
    #[arg(long, value_name = "URL")]
    hub: Option<String>,
    /// The folder of case files
    #[arg(long, value_name = "DIR", default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/live/cases"), hide_default_value = true)]
    cases: PathBuf,
    /// Only cases whose name contains this
    #[arg(long, value_name = "PART", default_value = "")]
    case: String,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let (mut player, cases) = match (Player::new(&arguments.base), load(&arguments.cases)) {
        (Ok(player), Ok(cases)) => (player, cases),
        (Err(error), _) => return could_not(&error),
        (_, Err(error)) => return could_not(&error.to_string()),
    };
    if let Some(hub) = &arguments.hub
        && let Err(error) = player.listen(hub)
    {
        return could_not(&error);
    }
    let (mut passed, mut failed, mut quirks) = (0, 0, 0);
    let chosen = cases
        .iter()
        .filter(|case| case.profile == arguments.profile && case.id.contains(&arguments.case));
    for case in chosen {
        let is_quirk = case.class.as_deref() == Some("quirk");
        match player.play(case) {
            None => passed += 1,
            Some(_) if is_quirk => quirks += 1,
            Some(difference) => {
                failed += 1;
                println!("{}: {}\n    {difference}", case.id, case.about);
            }
        }
    }
    println!("{passed} passed, {failed} failed, {quirks} quirks answered otherwise");
    ExitCode::from(u8::from(failed > 0 || passed == 0))
}

fn could_not(why: &str) -> ExitCode {
    println!("{why}");
    ExitCode::from(2)
}
