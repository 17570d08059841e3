//! Reads the vector files.

use serde_json::Value;
use std::path::PathBuf;

/// The folder of the vectors: `PORTCULLIS_VECTORS`, else `tests/vectors` of this crate.
pub(crate) fn folder() -> PathBuf {
    std::env::var_os("PORTCULLIS_VECTORS").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors"),
        PathBuf::from,
    )
}

/// The file `<folder>/<name>.json`: `load("signing")["vectors"]` is the list of cases.
pub(crate) fn load(name: &str) -> Value {
    let path = folder().join(format!("{name}.json"));
    let text = std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Runs `check` on every case of the file but those of the `left` ops; panics with all failures,
/// else prints the counts.
///
/// `check` gets the case's `op`, `input` and `expect`, and says what is wrong. The `left` ops
/// describe a server and have no pure function in this crate.
#[expect(clippy::print_stdout, reason = "the count is the report of the test")]
pub(crate) fn run_but(
    name: &str,
    left: &[&str],
    check: impl Fn(&str, &Value, &Value) -> Result<(), String>,
) {
    let file = load(name);
    let cases = file["vectors"].as_array().expect("a list of vectors");
    let (mut checked, mut failures) = (0, Vec::new());
    for case in cases {
        let op = case["op"].as_str().unwrap_or_default();
        if left.contains(&op) {
            continue;
        }
        checked += 1;
        if let Err(why) = check(op, &case["input"], &case["expect"]) {
            failures.push(format!("{}: {why}", case["id"]));
        }
    }
    println!(
        "{name}: {} of {} vectors; {} of the ops {left:?} not looked at here",
        checked - failures.len(),
        cases.len(),
        cases.len() - checked
    );
    assert!(checked > 0, "{name}: no vectors");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Runs `check` on every case of the file.
pub(crate) fn run(name: &str, check: impl Fn(&str, &Value, &Value) -> Result<(), String>) {
    run_but(name, &[], check);
}
