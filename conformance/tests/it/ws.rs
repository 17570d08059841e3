//! Every recorded WebSocket case, against the server `ws`.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;

use conformance::http::Base;
use conformance::socket::{Case, Cases, Player};

/// What is answered otherwise, and why.
const NOT_YET: &str = include_str!("../../ws/not_yet.txt");

/// A case is mostly waiting, and begins with a reset of its server: so many servers share them.
const SERVERS: usize = 12;

struct Server {
    child: Child,
    base: Base,
}

impl Server {
    fn start() -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_ws"))
            .args(["--port", "0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let stdout = child.stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        let url = line.trim().rsplit(' ').next().unwrap();
        let url = url.replacen("ws://", "http://", 1);
        Self {
            child,
            base: Base::parse(&url).unwrap(),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Plays a share of the cases; one that differs gets a second try, since it depends on time.
fn play(cases: &Cases, share: impl Iterator<Item = Case>) -> Vec<(String, Option<String>)> {
    let server = Server::start();
    let player = Player::new(server.base.clone(), &cases.fixtures);
    share
        .map(|case| {
            let difference = player.play(&case).and_then(|_| player.play(&case));
            (case.id, difference)
        })
        .collect()
}

#[test]
fn recorded_websocket_cases() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("ws");
    let cases = Cases::load(&folder).unwrap();
    let outcomes: Vec<(String, Option<String>)> = thread::scope(|scope| {
        let shares: Vec<_> = (0..SERVERS)
            .map(|first| {
                let share = cases.cases.iter().skip(first).step_by(SERVERS).cloned();
                let cases = &cases;
                scope.spawn(move || play(cases, share))
            })
            .collect();
        let shares = shares.into_iter();
        shares.flat_map(|share| share.join().unwrap()).collect()
    });
    let lines = NOT_YET.lines().filter(|line| !line.starts_with('#'));
    let not_yet: BTreeSet<&str> = lines
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    let (mut passed, mut wrong) = (0, Vec::new());
    for (id, difference) in outcomes {
        match (difference, not_yet.contains(id.as_str())) {
            (None, false) => passed += 1,
            (Some(_), true) => {}
            (None, true) => wrong.push(format!("{id} passes: take it out of not_yet.txt")),
            (Some(difference), false) => wrong.push(format!("{id}\n     {difference}")),
        }
    }
    println!("{passed} cases pass, {} differ on purpose", not_yet.len());
    assert!(passed > 0, "no case was played");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
