//! Every recorded case of the areas that are built, against the server `rest`, by profile.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use conformance::http::Base;
use conformance::providers::Providers;
use conformance::report::told;
use conformance::sink::Sink;
use conformance::{Choice, Runner, Suite, Verdict};

/// The areas that are built.
const AREAS: [&str; 18] = [
    "token",
    "trainers",
    "session",
    "csrf",
    "guard",
    "cors",
    "http",
    "edge",
    "jwt",
    "knox",
    "knox-jwt",
    "dja-login",
    "dja-user",
    "dja-password",
    "dja-registration",
    "dja-account",
    "dja-jwt",
    "social",
];

/// What is left out of them, and why.
const NOT_YET: &str = include_str!("../../rest/not_yet.txt");

struct Server {
    child: Child,
    base: Base,
}

impl Server {
    fn start(profile: &str, mail: &Sink, providers: &Providers) -> Self {
        let smtp_port = mail.smtp.port().to_string();
        let oauth_base = format!("http://{}", providers.http);
        let mut child = Command::new(env!("CARGO_BIN_EXE_rest"))
            .args([
                "--profile",
                profile,
                "--port",
                "0",
                "--smtp-port",
                &smtp_port,
                "--oauth-base",
                &oauth_base,
            ])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let url = line.trim().rsplit(' ').next().unwrap();
        Self {
            child,
            base: Base::parse(url).unwrap(),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The labels of `not_yet.txt`.
fn not_yet() -> BTreeSet<&'static str> {
    let lines = NOT_YET.lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| line.split_whitespace().next())
        .collect()
}

#[expect(clippy::print_stdout, reason = "the counts are the report of the test")]
fn play(profile: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("rest");
    let suite = Suite::load(&folder).unwrap();
    let sink = Sink::start().unwrap();
    let providers = Providers::start().unwrap();
    let server = Server::start(profile, &sink, &providers);
    let mail = Base::parse(&format!("http://{}", sink.http)).unwrap();
    let runner = Runner::new(&suite, server.base.clone(), profile, Some(mail)).unwrap();
    runner.greet().unwrap();
    let areas = AREAS.map(str::to_owned).to_vec();
    let chosen = suite
        .choose(&Choice {
            areas,
            cases: Vec::new(),
        })
        .unwrap();
    let not_yet = not_yet();
    let (mut passed, mut left, mut wrong) = (0, 0, Vec::new());
    for recorded in chosen {
        let outcome = runner.run(recorded);
        let label = format!("{}/{}", outcome.area, outcome.name);
        let is_left = not_yet.contains(label.as_str());
        match outcome.verdict {
            Verdict::Skipped(_) => {}
            Verdict::Passed if is_left => {
                wrong.push(format!("{label} passes: take it out of not_yet.txt"))
            }
            Verdict::Passed => passed += 1,
            Verdict::Failed(_) if is_left => left += 1,
            Verdict::Failed(differences) => {
                wrong.push(format!(
                    "{label}\n     {}",
                    told(&differences, false).join("\n     ")
                ));
            }
        }
    }
    println!("profile {profile}: {passed} cases pass, {left} are not built yet");
    assert!(passed > 0, "no case was played");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn recorded_cases_of_profile_email() {
    play("email");
}

#[test]
fn recorded_cases_of_profile_stock() {
    play("stock");
}

#[test]
fn recorded_cases_of_profile_jwt() {
    play("jwt");
}
