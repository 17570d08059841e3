//! Every recorded live case, against the server `live`.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use conformance::live_cases::{Case, Player, load};

/// What is answered otherwise, and why.
const NOT_YET: &str = include_str!("../../live/not_yet.txt");

struct Server {
    child: Child,
    base: String,
    hub: String,
}

impl Server {
    fn start(profile: &str) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_live"))
            .args(["--profile", profile, "--port", "0", "--hub-port", "0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut next = || {
            let line = lines.next().unwrap().unwrap();
            line.trim().rsplit(' ').next().unwrap().to_owned()
        };
        let hub = next().replace("ws://", "http://");
        let base = next();
        Self { child, base, hub }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn play(profile: &str, cases: &[Case]) -> Vec<(String, Option<String>)> {
    let server = Server::start(profile);
    let mut player = Player::new(&server.base).unwrap();
    player.listen(&server.hub).unwrap();
    let own = cases.iter().filter(|case| case.profile == profile);
    own.map(|case| (case.id.clone(), player.play(case)))
        .collect()
}

#[test]
fn recorded_live_cases() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("live/cases");
    let cases = load(&folder).unwrap();
    let lines = NOT_YET.lines().filter(|line| !line.starts_with('#'));
    let not_yet: BTreeSet<&str> = lines
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    let (mut passed, mut wrong) = (0, Vec::new());
    for profile in ["prod", "debug", "sync"] {
        for (id, difference) in play(profile, &cases) {
            match (difference, not_yet.contains(id.as_str())) {
                (None, false) => passed += 1,
                (Some(_), true) => {}
                (None, true) => wrong.push(format!("{id} passes: take it out of not_yet.txt")),
                (Some(difference), false) => wrong.push(format!("{id}\n     {difference}")),
            }
        }
    }
    println!("{passed} cases pass, {} differ", not_yet.len());
    assert!(passed > 0, "no case was played");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
