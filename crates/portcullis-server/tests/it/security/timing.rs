//! 2.2: how long log-ins take that fail, by the clock: statistics of the long tier.

use std::collections::BTreeSet;
use std::time::Instant;

use portcullis::core::AccountStore;
use portcullis::django::password::{self, Algorithm, Hashers};
use time::Duration;

use super::{LogIn, PASSWORD, hashers, surroundings, user_with};
use crate::client::Client;

/// So few that a hash is seldom interrupted where others use the machine, too.
const ITERATIONS: u32 = 30_000;

/// How often each of them is timed.
const SAMPLES: usize = 200;

/// How often all of it is done at most: what tells accounts apart does so every time, and noise does not.
const RUNS: usize = 5;

/// An account that fails, and the password that is tried.
type Case = (&'static str, &'static str);

/// The first is nobody; the others are compared with it.
const CASES: [Case; 5] = [
    ("unknown", PASSWORD),
    ("wrong", "wrong horse 9"),
    ("unusable", PASSWORD),
    ("closed", PASSWORD),
    ("old", "wrong horse 9"),
];

async fn client() -> Client {
    let client = Client::with_iterations(&surroundings(), ITERATIONS).await;
    let costly = Hashers {
        pbkdf2_iterations: ITERATIONS,
        ..Hashers::default()
    };
    let column = password::hash(PASSWORD, &costly).unwrap();
    user_with(&client, "wrong", &column).await;
    let closed = user_with(&client, "closed", &column).await;
    client.store.set_active(&closed.id, false).await.unwrap();
    user_with(&client, "unusable", &password::unusable()).await;
    let old = password::hash_with_salt(PASSWORD, "salt", Algorithm::Md5, &hashers()).unwrap();
    user_with(&client, "old", &old).await;
    client
}

/// Milliseconds of each log-in, case by case. In each round all of them are timed, in another order.
async fn samples(client: &Client, count: usize) -> [Vec<f64>; CASES.len()] {
    let mut times = [const { Vec::new() }; CASES.len()];
    for round in 0..count {
        for place in 0..CASES.len() {
            // Steps that have no divisor with their number go through all of them.
            let case = (round + place * (1 + round % (CASES.len() - 1))) % CASES.len();
            let (name, password) = CASES[case];
            let start = Instant::now();
            let answer = LogIn::Token.send(client, name, password).await;
            times[case].push(start.elapsed().as_secs_f64() * 1000.0);
            assert_eq!(answer.status, 400, "{name}");
        }
        // Nobody is stopped, and each is the first of its window.
        client.clock.advance(Duration::days(1));
    }
    times
}

fn median(times: &[f64]) -> f64 {
    let mut sorted = times.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    f64::midpoint(sorted[middle - 1], sorted[middle])
}

/// How likely one of `times` is longer than one of `others` (Mann-Whitney): 0.5 tells nothing.
fn auc(times: &[f64], others: &[f64]) -> f64 {
    let pairs = times
        .iter()
        .flat_map(|time| others.iter().map(move |other| (time, other)));
    let longer = pairs.map(|(time, other)| match time.total_cmp(other) {
        std::cmp::Ordering::Greater => 1.0,
        std::cmp::Ordering::Equal => 0.5,
        std::cmp::Ordering::Less => 0.0,
    });
    longer.sum::<f64>() / (times.len() * others.len()) as f64
}

#[test]
fn statistics_tell_times_apart() {
    let times: Vec<f64> = (0..10).map(f64::from).collect();
    let later: Vec<f64> = times.iter().map(|time| time + 5.0).collect();
    assert!((median(&times) - 4.5).abs() < 1e-9);
    assert!((auc(&times, &times) - 0.5).abs() < 1e-9);
    assert!((auc(&later, &times) - 0.875).abs() < 1e-9);
}

#[tokio::test]
async fn failing_log_ins_take_the_same_time_in_the_long_run() {
    if std::env::var_os("PORTCULLIS_LONG").is_none() {
        return;
    }
    let client = client().await;
    // What is done once, such as growing the tables, is not timed.
    samples(&client, 5).await;
    let mut told = BTreeSet::from(CASES.map(|(name, _)| name));
    for _ in 0..RUNS {
        let now = told_apart(&client).await;
        told.retain(|name| now.contains(name));
        if told.is_empty() {
            return;
        }
    }
    panic!("told apart from nobody in each of {RUNS} runs: {told:?}");
}

/// The accounts whose log-ins take another time than nobody's.
#[expect(
    clippy::print_stdout,
    reason = "the numbers are what the long run is for"
)]
async fn told_apart(client: &Client) -> BTreeSet<&'static str> {
    let [unknown, known @ ..] = samples(client, SAMPLES).await;
    let middle = median(&unknown);
    let allowed = (middle * 0.02).max(1.0);
    let mut told = BTreeSet::new();
    for ((name, _), times) in CASES[1..].iter().zip(&known) {
        let difference = median(times) - middle;
        let auc = auc(times, &unknown);
        println!(
            "{name}: median {difference:+.3} ms of {middle:.1} (allowed {allowed:.1}), AUC {auc:.3}"
        );
        if difference.abs() >= allowed || !(0.40..=0.60).contains(&auc) {
            told.insert(*name);
        }
    }
    told
}
