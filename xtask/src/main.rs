//! The project's own commands: `cargo xtask test`, `check`, `bench` and `fuzz`.
#![forbid(unsafe_code)]
#![expect(
    clippy::print_stdout,
    reason = "commands talk to the person who typed them"
)]

mod check;
mod client;
mod fuzz;
mod packages;
mod run;
mod test;
mod tidy;

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;

const USAGE: &str = "usage: cargo xtask <command>

  test    run every test; with `--without postgres`, `redis`, `browser`, `mail`, `nginx`, `django` or
          `node`, all but those that need it; with `--long`, what is slow runs at full length
  check   formatting, lints, docs, licences, spelling, dependency directions, doc drift
  bench   what a guarded request costs beside a bare axum handler
  fuzz    every fuzz target for a minute, or for the seconds given

exit status: 0 all is well, 1 something failed, 2 wrong usage or a program is missing";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let command: Box<dyn Fn() -> anyhow::Result<bool>> = match words.as_slice() {
        ["test", options @ ..] => match test::Options::parse(options) {
            Some(options) => Box::new(move || test::run(&options)),
            None => return usage(),
        },
        ["check"] => Box::new(check),
        ["bench"] => Box::new(bench),
        ["fuzz"] => Box::new(|| fuzz::run(fuzz::SECONDS).map(|()| true)),
        ["fuzz", seconds] => match seconds.parse() {
            Ok(seconds) => Box::new(move || fuzz::run(seconds).map(|()| true)),
            Err(_) => return usage(),
        },
        _ => return usage(),
    };
    match enter_workspace().and_then(|()| command()) {
        Ok(true) => ExitCode::SUCCESS,
        // The test runner has said why, and its summary stays last.
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            println!("xtask: {error:#}");
            let status = if error.is::<run::Missing>() { 2 } else { 1 };
            ExitCode::from(status)
        }
    }
}

fn usage() -> ExitCode {
    println!("{USAGE}");
    ExitCode::from(2)
}

fn bench() -> anyhow::Result<bool> {
    let words = [
        "run",
        "--release",
        "--locked",
        "--quiet",
        "--package",
        "portcullis-bench",
    ];
    run::run("cargo", &words).map(|()| true)
}

fn check() -> anyhow::Result<bool> {
    check::run().map(|()| true)
}

/// The commands run in the workspace's root, wherever they were typed.
fn enter_workspace() -> anyhow::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .context("xtask has no folder above it")?;
    std::env::set_current_dir(root).with_context(|| format!("cannot enter {}", root.display()))
}
