//! What no other tool looks at: dependency directions, crate roots, and documents that drift.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, bail};
use serde_json::Value;

/// Which of our crates a crate may depend on.
const DIRECTIONS: &[(&str, &[&str])] = &[
    ("conformance", &["portcullis"]),
    ("portcullis-bench", &["portcullis"]),
    ("portcullis-core", &[]),
    ("portcullis-django", &[]),
    ("portcullis-sql", &["portcullis-core", "portcullis-django"]),
    ("portcullis-web", &["portcullis-core", "portcullis-django"]),
    (
        "portcullis-accounts",
        &["portcullis-core", "portcullis-django", "portcullis-web"],
    ),
    (
        "portcullis-admin",
        &[
            "portcullis-accounts",
            "portcullis-core",
            "portcullis-django",
            "portcullis-web",
        ],
    ),
    (
        "portcullis-channels",
        &["portcullis-core", "portcullis-web"],
    ),
    (
        "portcullis-live",
        &[
            "portcullis-channels",
            "portcullis-core",
            "portcullis-django",
            "portcullis-sql",
            "portcullis-web",
        ],
    ),
    (
        "portcullis",
        &[
            "portcullis-accounts",
            "portcullis-admin",
            "portcullis-channels",
            "portcullis-core",
            "portcullis-django",
            "portcullis-live",
            "portcullis-sql",
            "portcullis-web",
        ],
    ),
    ("chat", &["portcullis", "portcullis-test"]),
    ("custom-authenticator", &["portcullis", "portcullis-test"]),
    ("social-login", &["portcullis", "portcullis-test"]),
    ("portcullis-server", &["portcullis", "portcullis-test"]),
    ("portcullis-test", &["portcullis"]),
    ("xtask", &[]),
];

/// Runs all of them, from the workspace's root.
pub(crate) fn run() -> anyhow::Result<()> {
    println!("$ tidy");
    let mut faults = Vec::new();
    directions(&mut faults)?;
    documents(&mut faults)?;
    checklist(&mut faults)?;
    if faults.is_empty() {
        return Ok(());
    }
    bail!("tidy found:\n  {}", faults.join("\n  "))
}

fn directions(faults: &mut Vec<String>) -> anyhow::Result<()> {
    let words = ["metadata", "--format-version", "1", "--no-deps", "--locked"];
    let output = Command::new("cargo")
        .args(words)
        .output()
        .context("cargo metadata")?;
    if !output.status.success() {
        bail!(
            "cargo metadata failed: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let metadata: Value = serde_json::from_slice(&output.stdout).context("cargo metadata")?;
    for package in metadata["packages"].as_array().context("no packages")? {
        let name = package["name"].as_str().unwrap_or_default();
        let Some((_, allowed)) = DIRECTIONS
            .iter()
            .find(|(crate_name, _)| *crate_name == name)
        else {
            faults.push(format!(
                "{name} is not in the list of dependency directions"
            ));
            continue;
        };
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let on = dependency["name"].as_str().unwrap_or_default();
            // On itself: a dev-dependency that turns a feature on for its own tests.
            if on.starts_with("portcullis") && on != name && !allowed.contains(&on) {
                faults.push(format!("{name} must not depend on {on}"));
            }
        }
        for target in package["targets"].as_array().into_iter().flatten() {
            let path = target["src_path"].as_str().unwrap_or_default();
            let is_root = path.ends_with("src/lib.rs") || path.ends_with("src/main.rs");
            let forbids = |text: String| text.lines().any(|line| line == "#![forbid(unsafe_code)]");
            if is_root && !forbids(fs::read_to_string(path).with_context(|| path.to_owned())?) {
                faults.push(format!("{path} does not forbid unsafe code"));
            }
        }
    }
    Ok(())
}

fn documents(faults: &mut Vec<String>) -> anyhow::Result<()> {
    let architecture = fs::read_to_string("ARCHITECTURE.md").context("ARCHITECTURE.md")?;
    // Every second piece between backticks is code.
    for code in architecture.split('`').skip(1).step_by(2) {
        if looks_like_path(code) && !Path::new(code).exists() {
            faults.push(format!("ARCHITECTURE.md names {code}, which is not there"));
        }
    }
    let readme = fs::read_to_string("README.md").context("README.md")?;
    for command in ["cargo run --release", "cargo xtask test"] {
        if !readme.contains(command) {
            faults.push(format!("README.md does not show `{command}`"));
        }
    }
    Ok(())
}

/// The checklist names files that are there, and in its last column tests that are there.
fn checklist(faults: &mut Vec<String>) -> anyhow::Result<()> {
    const PATH: &str = "docs/security-checklist.md";
    let text = fs::read_to_string(PATH).context(PATH)?;
    let mut sources = String::new();
    for folder in ["conformance", "crates", "examples", "fuzz", "xtask"] {
        read_sources(Path::new(folder), &mut sources)?;
    }
    for code in text.split('`').skip(1).step_by(2) {
        if looks_like_path(code) && !Path::new(code).exists() {
            faults.push(format!("{PATH} names {code}, which is not there"));
        }
    }
    for row in text.lines().filter(|line| line.starts_with("| ")) {
        let tests = row.trim_end_matches([' ', '|']).rsplit('|').next();
        for name in tests.unwrap_or_default().split('`').skip(1).step_by(2) {
            if !looks_like_path(name) && !sources.contains(&format!("fn {name}(")) {
                faults.push(format!("{PATH} names the test {name}, which is not there"));
            }
        }
    }
    Ok(())
}

/// Appends every Rust file below a folder, but what is built.
fn read_sources(folder: &Path, sources: &mut String) -> anyhow::Result<()> {
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() && !path.ends_with("target") {
            read_sources(&path, sources)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            sources.push_str(&fs::read_to_string(&path)?);
        }
    }
    Ok(())
}

/// Whether code between backticks names a file or folder, and not a URL's path or an expression.
fn looks_like_path(code: &str) -> bool {
    let has_extension = [".rs", ".toml", ".md", ".sql", ".txt"]
        .iter()
        .any(|extension| code.len() > extension.len() && code.ends_with(extension));
    (code.contains('/') || has_extension)
        && !code.starts_with('/')
        && !code.contains([' ', ':', '<', '*'])
}

#[cfg(test)]
mod tests {
    use super::looks_like_path;

    #[test]
    fn paths_are_told_from_urls_and_code() {
        for path in ["crates/portcullis-core", "xtask/src/tidy.rs", "deny.toml"] {
            assert!(looks_like_path(path), "{path}");
        }
        for code in [
            "/api/user/",
            "GET /api/user/",
            "portcullis_*",
            "Gate",
            "http://x/",
        ] {
            assert!(!looks_like_path(code), "{code}");
        }
    }
}
