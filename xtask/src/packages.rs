//! How many packages a crate pulls in: a number that only grows when nobody looks.

use std::collections::BTreeSet;
use std::process::Command;

use anyhow::{Context, bail};

/// The most packages of each crate, itself among them.
const LIMITS: [(&str, usize); 7] = [
    ("portcullis-core", 20),
    ("portcullis-django", 62),
    ("portcullis-web", 116),      // six encrypt the secrets of second factors
    ("portcullis-accounts", 120), // without mail; three are time zones
    ("portcullis-admin", 150),
    ("portcullis-channels", 150),
    ("portcullis-live", 218),
];

/// Counts them, from the workspace's root.
pub(crate) fn run() -> anyhow::Result<()> {
    println!("$ packages");
    for (name, limit) in LIMITS {
        let words = [
            "tree",
            "--package",
            name,
            "--edges",
            "normal",
            "--prefix",
            "none",
            "--locked",
        ];
        let output = Command::new("cargo").args(words).output();
        let output = output.context("cargo tree")?;
        let tree = String::from_utf8_lossy(&output.stdout).into_owned();
        let lines = tree.lines().filter_map(|line| line.split(" (").next());
        let packages: BTreeSet<&str> = lines.collect();
        if !output.status.success() || packages.is_empty() {
            let why = String::from_utf8_lossy(&output.stderr).into_owned();
            bail!("cargo tree failed: {why}");
        }
        let count = packages.len();
        if count > limit {
            bail!("{name} pulls in {count} packages; {limit} are allowed");
        }
        println!("  {name}: {count} of {limit}");
    }
    Ok(())
}
