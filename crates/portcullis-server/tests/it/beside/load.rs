//! Both servers under load on one database: both can write, nothing is lost, and what a guarded request costs
//! at each.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::site::{Direction, Engine, PASSWORD, Site};
use super::stack;
use super::visitor::Visitor;

/// How many write at once at each server.
const WRITERS: usize = 2;

/// Of how many people it is looked what was written; the others are counted.
const SAMPLE: usize = 20;

/// How many requests are timed at each server.
const REQUESTS: u32 = 200;

#[test]
fn both_write_at_full_speed_on_sqlite() {
    if !stack::is_left_out() {
        write_at_once(Engine::Sqlite);
    }
}

#[test]
fn both_write_at_full_speed_on_postgresql() {
    if !stack::is_left_out() {
        write_at_once(Engine::Postgres);
    }
}

/// A minute in the long tier.
fn duration() -> Duration {
    match std::env::var_os("PORTCULLIS_LONG") {
        Some(_) => Duration::from_secs(60),
        None => Duration::from_secs(2),
    }
}

/// A person whom Django made, and the token that ours gave them.
struct Member {
    name: String,
    first_name: String,
    authorization: Option<String>,
}

#[expect(
    clippy::print_stdout,
    reason = "whoever runs the tests wants the numbers"
)]
fn write_at_once(engine: Engine) {
    let Some(site) = Site::start(engine) else {
        return;
    };
    let way = site.way(Direction::FromDjango, 0);
    let (django, ours) = (way.here.clone(), way.there.clone());
    let (members, failures) = (Mutex::new(Vec::new()), Mutex::new(Vec::new()));
    let (next, logins) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let until = Instant::now() + duration();
    let fails = |what: &str, answer: &dyn std::fmt::Debug| {
        failures.lock().unwrap().push(format!("{what}: {answer:?}"));
    };
    std::thread::scope(|scope| {
        for _ in 0..WRITERS {
            // Django makes people, and changes them.
            scope.spawn(|| {
                while Instant::now() < until {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let name = format!("member{number}");
                    let first_name = format!("Number {number}");
                    let made = json!({ "username": name, "password": PASSWORD });
                    let changed = json!({ "username": name, "first_name": first_name });
                    for (deed, fields) in [("make", made), ("change", changed)] {
                        let path = format!("/deeds/{deed}/");
                        let answer = Visitor::default().post(&django, &path, &fields);
                        if answer.status != 200 {
                            fails(deed, &answer);
                        }
                    }
                    members.lock().unwrap().push(Member {
                        name,
                        first_name,
                        authorization: None,
                    });
                }
            });
            // Ours logs them in: a token, a row in the list of logins and a line of the audit log for each.
            scope.spawn(|| {
                while Instant::now() < until {
                    let Some(mut member) = members.lock().unwrap().pop() else {
                        std::thread::sleep(Duration::from_millis(1));
                        continue;
                    };
                    let words = STANDARD.encode(format!("{}:{PASSWORD}", member.name));
                    let basic = format!("Basic {words}");
                    let mut app = Visitor::default();
                    let answer = app.send(&ours, "POST", "/knox/login/", &basic, &json!({}));
                    match answer.body["token"].as_str() {
                        Some(token) => member.authorization = Some(format!("Token {token}")),
                        None => fails("log-in", &answer),
                    }
                    logins.fetch_add(1, Ordering::Relaxed);
                    // To the other end, so that each is logged in about as often.
                    members.lock().unwrap().insert(0, member);
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "{failures:?}\n{}", site.last_words());
    let members = members.into_inner().unwrap();
    let logins = logins.into_inner();
    let counted = way.deed("count", json!({}));
    let all = json!({ "people": members.len(), "tokens": logins });
    assert_eq!(counted, all);
    for member in members.iter().step_by(members.len() / SAMPLE + 1) {
        let look = json!({ "username": member.name });
        let answer = Visitor::default().post(&django, "/deeds/look/", &look);
        assert_eq!(answer.is(200).body["is"]["first_name"], member.first_name);
        if let Some(authorization) = &member.authorization {
            user(&django, authorization);
        }
    }
    println!(
        "{engine:?}: {} people made by Django, {} log-ins here, nothing lost",
        members.len(),
        logins
    );
    let authorization = members
        .iter()
        .find_map(|member| member.authorization.as_deref());
    let authorization = authorization.unwrap();
    let [at_django, here] = [&django, &ours].map(|address| {
        user(address, authorization);
        let begun = Instant::now();
        for _ in 0..REQUESTS {
            user(address, authorization);
        }
        begun.elapsed() / REQUESTS
    });
    println!(
        "{engine:?}: GET /api/user/ takes {at_django:?} at Django, {here:?} here: {:.1} times as fast",
        at_django.as_secs_f64() / here.as_secs_f64()
    );
}

/// Asks who a header is.
#[track_caller]
fn user(address: &str, authorization: &str) {
    let mut app = Visitor::default();
    app.send(address, "GET", "/api/user/", authorization, &Value::Null)
        .is(200);
}
