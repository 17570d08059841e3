//! `cargo xtask test`: every test; the test runner's summary comes last.

use std::path::Path;

use crate::client;
use crate::run::{Missing, is_there, run as program, succeeds};

/// What some tests need, and can be left out by name.
struct Need {
    name: &'static str,
    /// What has to be there, for the person who has to get it.
    wanted: &'static str,
    variable: &'static str,
    left_out: &'static str,
    packages: &'static [&'static str],
    is_there: fn() -> bool,
}

const NEEDS: [Need; 7] = [
    Need {
        name: "postgres",
        wanted: "PostgreSQL's initdb",
        variable: "PORTCULLIS_WITHOUT_POSTGRES",
        left_out: "store_suite_on_postgres, the stores' tests on PostgreSQL",
        packages: &["postgresql"],
        is_there: has_postgres,
    },
    Need {
        name: "redis",
        wanted: "redis-server",
        variable: "PORTCULLIS_WITHOUT_REDIS",
        left_out: "groups of sockets over two nodes, through a real Redis",
        packages: &["redis-server"],
        is_there: || is_there("redis-server", &["--version"]),
    },
    Need {
        name: "browser",
        wanted: "Chromium, with chromedriver",
        variable: "PORTCULLIS_WITHOUT_BROWSER",
        left_out: "the pages' tests in Chromium",
        packages: &["chromium", "chromium-driver"],
        is_there: || {
            is_there("chromium", &["--version"]) && is_there("chromedriver", &["--version"])
        },
    },
    Need {
        name: "mail",
        wanted: "aiosmtpd for Debian's Python, and openssl",
        variable: "PORTCULLIS_WITHOUT_MAIL",
        left_out: "mail through a real mail server",
        packages: &["python3-aiosmtpd", "openssl"],
        // Debian's package is for Debian's Python, whichever else is there.
        is_there: || {
            is_there("/usr/bin/python3", &["-c", "import aiosmtpd"])
                && is_there("openssl", &["version"])
        },
    },
    Need {
        name: "nginx",
        wanted: "nginx",
        variable: "PORTCULLIS_WITHOUT_NGINX",
        left_out: "forward-auth behind a real nginx",
        packages: &["nginx-light"],
        is_there: || is_there("nginx", &["-v"]),
    },
    Need {
        name: "django",
        wanted: "Python's venv and ensurepip",
        variable: "PORTCULLIS_WITHOUT_DJANGO",
        left_out: "everything_crosses_over, beside a real Django",
        packages: &["python3-venv", "python3-pip"],
        // Django itself is installed by its tests, into a virtual environment that is kept.
        is_there: || is_there("python3", &["-c", "import ensurepip, venv"]),
    },
    Need {
        name: "node",
        wanted: "Node 20 or newer, with npm",
        variable: "PORTCULLIS_WITHOUT_NODE",
        left_out: "the TypeScript client's tests, and published_clients_hear_what_they_may_see",
        packages: &["nodejs", "npm"],
        // Older releases of Debian have an older Node.
        is_there: client::has_node,
    },
];

/// What was asked of the tests.
#[derive(Debug, Default)]
pub(crate) struct Options {
    without: Vec<&'static str>,
    is_long: bool,
}

impl Options {
    /// Reads `--long` and `--without NAME`; `None` when something else is said.
    pub(crate) fn parse(words: &[&str]) -> Option<Self> {
        let mut options = Self::default();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match *word {
                "--long" => options.is_long = true,
                "--without" => {
                    let name = words.next()?;
                    let need = NEEDS.iter().find(|need| need.name == *name)?;
                    options.without.push(need.name);
                }
                _ => return None,
            }
        }
        Some(options)
    }
}

/// Runs the documentation's examples, then all other tests; `false` when one of the latter failed.
pub(crate) fn run(options: &Options) -> anyhow::Result<bool> {
    let mut variables = Vec::new();
    if options.is_long {
        variables.push(("PORTCULLIS_LONG", "1"));
        if !is_there("schemathesis", &["--version"]) {
            println!("skipped: /docs/openapi.json under schemathesis (pip install schemathesis)");
        }
    }
    for need in &NEEDS {
        if options.without.contains(&need.name) {
            println!("skipped: {}", need.left_out);
            variables.push((need.variable, "1"));
        } else {
            provide(need)?;
        }
    }
    let is_node_left_out = options.without.contains(&"node");
    // Before the others, whose summary comes last.
    let is_client_good = is_node_left_out || client::test(&variables)?;
    Ok(run_with(&variables)? && is_client_good)
}

fn run_with(variables: &[(&str, &str)]) -> anyhow::Result<bool> {
    program("cargo", &["test", "--workspace", "--doc", "--locked"])?;
    if is_there("cargo", &["nextest", "--version"]) {
        let words = [
            "nextest",
            "run",
            "--workspace",
            "--locked",
            "--no-fail-fast",
        ];
        return succeeds("cargo", &words, variables);
    }
    let words = [
        "test",
        "--workspace",
        "--locked",
        "--no-fail-fast",
        "--lib",
        "--bins",
        "--tests",
    ];
    succeeds("cargo", &words, variables)
}

/// Installs what is missing where we may; the tests start and stop it themselves.
fn provide(need: &Need) -> anyhow::Result<()> {
    if (need.is_there)() {
        return Ok(());
    }
    if is_root() && Path::new("/etc/debian_version").exists() {
        // What went wrong, if something did, is on the screen.
        let _ = program("apt-get", &["update", "--quiet"]);
        let words = [&["install", "--yes", "--quiet"], need.packages].concat();
        let _ = program("apt-get", &words);
        if (need.is_there)() {
            return Ok(());
        }
    }
    Err(Missing {
        program: need.wanted,
        install: format!(
            "apt-get install {}, or cargo xtask test --without {}",
            need.packages.join(" "),
            need.name
        ),
    }
    .into())
}

fn has_postgres() -> bool {
    // Debian keeps each version's programs in a folder of its own.
    let versions = Path::new("/usr/lib/postgresql").read_dir();
    let mut versions = versions.into_iter().flatten().flatten();
    versions.any(|version| version.path().join("bin/initdb").exists())
        || is_there("initdb", &["--version"])
}

fn is_root() -> bool {
    let id = std::process::Command::new("id").arg("-u").output();
    id.is_ok_and(|output| output.stdout == b"0\n")
}
