//! Live events of the real binary: unmodified `pusher-js` and the official publisher, in Node.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::process::Server;
use crate::redis_server::RedisServer;

const SECRET: &str = "0123456789abcdef0123456789abcdef";
const PASSWORD: &str = "correct horse 9";

const SETTINGS: &str = r#"
database_url = "sqlite:live.db"

[live]
outside_changes = true

[live.events]
secret = "0123456789abcdef0123456789abcdef"

[[live.models]]
name = "depot.Crate"
access = "staff_write"
only = { is_open = true }
"#;

/// The folder of the published packages, which stays for later runs; `None` where there is no Node, or where they
/// cannot be fetched.
///
/// # Panics
/// When Node is not installed, and nobody said that it is not wanted.
fn packages() -> Option<PathBuf> {
    if std::env::var_os("PORTCULLIS_WITHOUT_NODE").is_some_and(|value| value == "1") {
        return None;
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("hub-clients");
    std::fs::create_dir_all(&folder).unwrap();
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hub");
    for name in ["package.json", "package-lock.json"] {
        std::fs::copy(here.join(name), folder.join(name)).unwrap();
    }
    let modules = folder.join("node_modules");
    if modules.join("pusher-js/package.json").exists()
        && modules.join("pusher/package.json").exists()
    {
        return Some(modules);
    }
    let installed = Command::new("npm")
        .args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"])
        .current_dir(&folder)
        .output();
    let Ok(installed) = installed else {
        panic!(
            "Node is not installed: `apt-get install nodejs npm`, or set PORTCULLIS_WITHOUT_NODE=1 to skip its tests"
        );
    };
    if !installed.status.success() {
        eprintln!("skipped: pusher-js against the hub (npm ci could not fetch it)");
        return None;
    }
    Some(modules)
}

/// A folder with settings and a table.
fn depot() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("portcullis.toml"), SETTINGS).unwrap();
    sql(
        folder.path(),
        "CREATE TABLE depot_crate (id integer PRIMARY KEY AUTOINCREMENT, name varchar(40) NOT NULL, is_open bool NOT NULL)",
    );
    folder
}

fn sql(folder: &Path, statement: &str) {
    let database = rusqlite::Connection::open(folder.join("live.db")).unwrap();
    database
        .busy_timeout(std::time::Duration::from_secs(10))
        .unwrap();
    database.execute_batch(statement).unwrap();
}

/// Runs the published clients against sockets of one server, and all other requests against `web`.
fn check(modules: &Path, folder: &Path, sockets: &Server, web: &Server) {
    let staff = web.signup("staff@example.test", PASSWORD);
    let member = web.signup("member@example.test", PASSWORD);
    sql(
        folder,
        "UPDATE auth_user SET is_staff = 1 WHERE email = 'staff@example.test'",
    );
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hub/check.mjs");
    let mut node = Command::new("node")
        .arg(script)
        .arg(modules)
        .args([&sockets.address, "portcullis", "portcullis", SECRET])
        .args([&staff, &member, &web.address])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut told = Vec::new();
    for line in BufReader::new(node.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        if line == "outside" {
            let row = "INSERT INTO depot_crate (name, is_open) VALUES ('outside', 1)";
            sql(folder, row);
        }
        told.push(line);
    }
    let told = told.join("\n");
    assert!(node.wait().unwrap().success(), "{told}");
    let good = told.lines().filter(|line| line.starts_with("ok "));
    assert_eq!(good.count(), 23, "{told}");
}

#[test]
fn published_clients_hear_what_they_may_see() {
    let Some(modules) = packages() else {
        return;
    };
    let folder = depot();
    let server = Server::start(folder.path());
    check(&modules, folder.path(), &server, &server);
}

/// Signatures are asked for at one node, and used at another.
#[test]
fn published_clients_hear_the_same_on_another_node() {
    let (Some(modules), Some(redis)) = (packages(), RedisServer::start()) else {
        return;
    };
    let folder = depot();
    let url = redis.url();
    let words = ["--channel-layer", url.as_str()];
    let sockets = Server::start_with(folder.path(), &words);
    let web = Server::start_with(folder.path(), &words);
    check(&modules, folder.path(), &sockets, &web);
}

#[test]
fn pages_of_listed_origins_may_name_their_writes() {
    let folder = depot();
    let server = Server::start_with(
        folder.path(),
        &["--cors-origins", "https://app.example.test"],
    );
    let headers = "Origin: https://app.example.test\r\nAccess-Control-Request-Method: POST\r\n";
    let answer = server.send("OPTIONS", "/statezero/depot.crate/", headers, "");
    let answer = answer.to_lowercase();
    let listed = answer
        .lines()
        .find(|line| line.starts_with("access-control-allow-headers"));
    assert!(
        listed.is_some_and(|line| line.contains("x-operation-id")),
        "{answer}"
    );
}
