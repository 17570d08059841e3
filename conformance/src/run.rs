//! Plays cases against a server.

use std::collections::BTreeMap;
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::case::{Request, Step};
use crate::compare::compare;
use crate::cookie::{Jar, SetCookie};
use crate::error::Blocked;
use crate::exchange;
use crate::http::{Base, Outgoing};
use crate::load::{Recorded, Suite};
use crate::mail;
use crate::moment;
use crate::normalise::{Normaliser, Patterns};
use crate::report::{Outcome, Verdict};
use crate::variables::Variables;

/// A path that every server of these cases has, to tell it from others.
const KNOWN_PATH: &str = "/api/login-set-cookie/";

/// Plays cases of one profile against one server.
#[derive(Debug)]
pub struct Runner<'s> {
    suite: &'s Suite,
    base: Base,
    profile: String,
    sidecar: Option<Base>,
    patterns: Patterns,
}

impl<'s> Runner<'s> {
    /// A runner of a suite. `sidecar` is where mail is read; without it, cases that read mail are skipped.
    ///
    /// # Errors
    /// When the suite does not know the profile.
    pub fn new(
        suite: &'s Suite,
        base: Base,
        profile: &str,
        sidecar: Option<Base>,
    ) -> Result<Self, String> {
        let known: Vec<&str> = suite.fixture.profiles().collect();
        if !known.contains(&profile) {
            let known = known.join(", ");
            return Err(format!("no profile is called {profile}: there are {known}"));
        }
        Ok(Self {
            suite,
            base,
            profile: profile.to_owned(),
            sidecar,
            patterns: Patterns::new().map_err(|error| error.to_string())?,
        })
    }

    /// Looks whether the server is one of those that the cases are for.
    ///
    /// # Errors
    /// When it does not answer, or knows nothing of a path that all of them have.
    pub fn greet(&self) -> Result<(), String> {
        let url = self.base.url();
        match self.base.send(&Outgoing::get(KNOWN_PATH)) {
            Err(why) => Err(format!("{url} does not answer: {why}")),
            Ok(answer) if answer.status == 404 => Err(format!(
                "{url} knows nothing of {KNOWN_PATH}: is it the right server? (--force to go on)"
            )),
            Ok(_) => Ok(()),
        }
    }

    /// Plays a case, and compares.
    #[must_use]
    pub fn run(&self, recorded: &Recorded) -> Outcome {
        let case = &recorded.case;
        let verdict = if case.profile != self.profile {
            Verdict::Skipped(format!("it is of the profile {}", case.profile))
        } else if recorded.reads_mail && self.sidecar.is_none() {
            Verdict::Skipped("it reads mail, and no --sidecar is named".to_owned())
        } else {
            match (self.play(recorded), &recorded.golden) {
                (Err(why), _) => Verdict::Failed(vec![format!("blocked: {why}")]),
                (Ok(_), None) => Verdict::Failed(vec!["nothing is recorded for it".to_owned()]),
                (Ok(got), Some(want)) => match compare(want, &got, case.instead) {
                    found if found.is_empty() => Verdict::Passed,
                    found => Verdict::Failed(found),
                },
            }
        };
        Outcome {
            area: case.area.clone(),
            name: case.name.clone(),
            verdict,
        }
    }

    fn play(&self, recorded: &Recorded) -> Result<Vec<Value>, Blocked> {
        let variables = self.suite.fixture.variables(&self.profile, &self.base);
        let mut variables = variables.unwrap_or_default();
        for (name, value) in &recorded.case.variables {
            variables.set(name.as_str(), value.clone());
        }
        let mut play = Play {
            runner: self,
            variables,
            jars: BTreeMap::new(),
            seen: Vec::new(),
        };
        play.steps(&recorded.case.steps, true)?;
        Ok(play.seen)
    }
}

/// One case while it is played.
struct Play<'r> {
    runner: &'r Runner<'r>,
    variables: Variables,
    jars: BTreeMap<String, Jar>,
    seen: Vec<Value>,
}

impl Play<'_> {
    fn steps(&mut self, steps: &[Step], compared: bool) -> Result<(), Blocked> {
        for step in steps {
            match step {
                Step::Request(request) => {
                    let seen = self.request(request)?;
                    if compared && request.check != Some(false) {
                        self.seen.push(seen);
                    }
                }
                Step::Let(table) => {
                    for (name, spec) in table {
                        let value = crate::values::make(spec, &self.variables)?;
                        self.variables.set(name.as_str(), value);
                    }
                }
                Step::Mail { spec, check } => {
                    let sink = self.runner.sidecar.as_ref();
                    let sink = sink.ok_or_else(|| Blocked::new("no sidecar keeps the mail"))?;
                    let seen = mail::read(spec, &mut self.variables, sink)?;
                    if compared && *check {
                        self.seen.push(seen);
                    }
                }
                Step::Use { name, with } => {
                    for (name, value) in self.variables.fill_table(with)? {
                        self.variables.set(name, value);
                    }
                    let inner = self.runner.suite.macros.get(name);
                    let inner = inner.ok_or_else(|| Blocked::new(format!("no macro {name}")))?;
                    self.steps(inner, false)?;
                }
                Step::Sleep(seconds) => {
                    let wait = Duration::try_from_secs_f64(*seconds);
                    let wait = wait.map_err(|error| Blocked::new(format!("sleep: {error}")))?;
                    thread::sleep(wait);
                }
            }
        }
        Ok(())
    }

    fn request(&mut self, request: &Request) -> Result<Value, Blocked> {
        let jar_name = request.jar.as_deref().unwrap_or("main");
        let jar = self.jars.entry(jar_name.to_owned()).or_default();
        let outgoing = exchange::prepare(request, &self.variables, jar)?;
        let line = short_line(&outgoing);
        let answer = self.runner.base.send(&outgoing);
        let answer = answer.map_err(|why| Blocked::new(format!("{line}: {why}")))?;
        let now = moment::now();
        let cookies: Vec<SetCookie> = answer
            .all("set-cookie")
            .map(|set| SetCookie::parse(set, now))
            .collect::<Result<_, _>>()?;
        for cookie in &cookies {
            jar.take(cookie);
        }
        let body = exchange::read_body(&answer);
        if let Some(wanted) = &request.capture {
            exchange::capture(wanted, &mut self.variables, &answer, &cookies, &body)?;
        }
        let normaliser = Normaliser::new(&self.runner.patterns, &self.variables, now);
        let seen = exchange::observed(request, &line, &answer, &cookies, &body, &normaliser);
        match request.expect {
            Some(needed) if needed != answer.status => Err(Blocked::new(format!(
                "{line} answered {}, needed {needed}: {}",
                answer.status, seen["body"]
            ))),
            _ => Ok(seen),
        }
    }
}

/// Method and target for people, long ones cut.
fn short_line(outgoing: &Outgoing) -> String {
    let target: String = outgoing.target.chars().take(80).collect();
    let cut = if target.len() < outgoing.target.len() {
        "…"
    } else {
        ""
    };
    format!("{} {target}{cut}", outgoing.method)
}
