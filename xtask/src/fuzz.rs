//! `cargo xtask fuzz`: every fuzz target for a while, on inputs made up and kept.

use std::fs;

use anyhow::Context;

use crate::run::{Missing, is_there, run_with};

/// How long each target runs unless it is said, in seconds.
pub(crate) const SECONDS: u32 = 60;

const TARGETS: &str = "fuzz/fuzz_targets";

/// Runs each target for `seconds`; stops at the first that finds something.
pub(crate) fn run(seconds: u32) -> anyhow::Result<()> {
    if !is_there("cargo", &["fuzz", "--version"]) {
        let missing = Missing {
            program: "cargo-fuzz",
            install: "cargo install --locked cargo-fuzz".to_owned(),
        };
        return Err(missing.into());
    }
    let time = format!("-max_total_time={seconds}");
    for target in targets()? {
        let words = ["fuzz", "run", &target, "--", &time, "-max_len=4096"];
        // The sanitizers are the compiler's unstable options, whichever channel it is of.
        run_with("cargo", &words, &[("RUSTC_BOOTSTRAP", "1")])?;
    }
    Ok(())
}

fn targets() -> anyhow::Result<Vec<String>> {
    let entries = fs::read_dir(TARGETS).with_context(|| format!("no folder {TARGETS}"))?;
    let mut names = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if let Some(name) = path.file_stem().and_then(|name| name.to_str()) {
            names.push(name.to_owned());
        }
    }
    names.sort();
    Ok(names)
}
