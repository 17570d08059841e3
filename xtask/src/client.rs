//! The tests of the TypeScript client, against the servers of this repository.

use std::env::current_exe;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::run::{is_there, run, succeeds};

/// Succeeds where Node is new enough for the tests.
const IS_NEW_ENOUGH: &str = "process.exit(process.versions.node.split('.')[0] >= 20 ? 0 : 1)";

/// Checks types and runs the tests; `false` when something is wrong with the client.
///
/// Where its packages can neither be found nor fetched, it says so and is content: that is not the client's fault.
pub(crate) fn test(variables: &[(&str, &str)]) -> anyhow::Result<bool> {
    if !is_there("node", &["-e", IS_NEW_ENOUGH]) {
        println!("skipped: the TypeScript client's tests (they want Node 20)");
        return Ok(true);
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../clients/typescript");
    let folder = folder.to_string_lossy().into_owned();
    let npm = |words: &[&str], variables: &[(&str, &str)]| {
        let words = [&["--prefix", folder.as_str()], words].concat();
        succeeds("npm", &words, variables)
    };
    if !npm(&["ci", "--no-audit", "--no-fund", "--ignore-scripts"], &[])? {
        println!("skipped: the TypeScript client's tests (npm ci could not fetch its packages)");
        return Ok(true);
    }
    let bins = ["--bin", "portcullis", "--bin", "live"];
    let packages = ["-p", "portcullis-server", "-p", "conformance"];
    run(
        "cargo",
        &[&["build", "--locked"], &packages[..], &bins[..]].concat(),
    )?;
    let programs = programs()?;
    let programs = programs.to_string_lossy();
    let variables = [variables, &[("PORTCULLIS_PROGRAMS", programs.as_ref())]].concat();
    Ok(npm(&["run", "check"], &[])? && npm(&["test"], &variables)?)
}

/// Where Cargo puts the programs: this one is among them.
fn programs() -> anyhow::Result<PathBuf> {
    let here = current_exe().context("where this program is")?;
    Ok(here.parent().context("it is in a folder")?.to_path_buf())
}
