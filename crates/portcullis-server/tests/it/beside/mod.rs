//! Beside Django: one database, Django's own server and ours, and people who go back and forth.
//!
//! `stack` installs Django and its packages, `site` runs both servers, `visitor` is a browser that
//! visits both, `scenarios` is what they do, each in both directions, `load` is both servers at full speed.

mod command;
mod load;
#[path = "../../../../portcullis-sql/tests/it/postgres.rs"]
mod postgres;
mod scenarios;
mod site;
mod stack;
mod visitor;

use site::{Engine, Site};

#[test]
fn everything_crosses_over_on_sqlite() {
    if !stack::is_left_out() {
        walk(Engine::Sqlite);
    }
}

#[test]
fn everything_crosses_over_on_postgresql() {
    if !stack::is_left_out() {
        walk(Engine::Postgres);
    }
}

#[test]
fn everything_crosses_over_with_users_of_the_project_s_own() {
    if !stack::is_left_out() {
        walk(Engine::SqliteWithMembers);
    }
}

/// Walks every scenario in each of its directions, and says which ones failed.
#[expect(
    clippy::print_stdout,
    reason = "whoever runs the tests wants the number"
)]
fn walk(engine: Engine) {
    let Some(site) = Site::start(engine) else {
        return;
    };
    let (mut walked, mut failed) = (0, Vec::new());
    for scenario in scenarios::all() {
        for direction in scenario.directions() {
            let name = format!("{} ({})", scenario.name, direction.in_words());
            let walk = || (scenario.walk)(&site.way(direction, walked));
            if std::panic::catch_unwind(std::panic::AssertUnwindSafe(walk)).is_err() {
                failed.push(name);
            }
            walked += 1;
        }
    }
    println!("{} of {walked} crossings passed", walked - failed.len());
    assert!(
        failed.is_empty(),
        "failed:\n{}\n{}",
        failed.join("\n"),
        site.last_words()
    );
}
