//! The tests of the TypeScript client, against the servers of this repository.

use std::env::current_exe;
use std::path::PathBuf;

use anyhow::Context;

use crate::run::{Missing, is_there, run, succeeds};

/// Where the client is; commands run in the workspace's root.
const FOLDER: &str = "clients/typescript";

/// Succeeds where Node is new enough for the tests.
const IS_NEW_ENOUGH: &str = "process.exit(process.versions.node.split('.')[0] >= 20 ? 0 : 1)";

/// Whether Node 20 or newer is there, and npm.
pub(crate) fn has_node() -> bool {
    is_there("node", &["-e", IS_NEW_ENOUGH]) && is_there("npm", &["--version"])
}

/// Checks types and runs the tests; `false` when something is wrong with the client.
///
/// # Errors
///
/// [`Missing`] where its packages can neither be found nor fetched.
pub(crate) fn test(variables: &[(&str, &str)]) -> anyhow::Result<bool> {
    let npm = |words: &[&str], variables: &[(&str, &str)]| {
        let words = [&["--prefix", FOLDER], words].concat();
        succeeds("npm", &words, variables)
    };
    let fetch = [
        "ci",
        "--no-audit",
        "--no-fund",
        "--ignore-scripts",
        "--prefer-offline",
    ];
    if !npm(&fetch, &[])? {
        return Err(Missing {
            program: "node_modules",
            install: format!("npm --prefix {FOLDER} ci, or cargo xtask test --without node"),
        }
        .into());
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
