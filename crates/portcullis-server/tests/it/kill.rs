//! Killed in the middle of sign-ups: what was acknowledged is there, and nobody is half made.

use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::process::Server;

/// How often the server is killed; more in the long tier.
fn rounds() -> u64 {
    if std::env::var_os("PORTCULLIS_LONG").is_some() {
        20
    } else {
        4
    }
}

/// Signs up one address after the other until the server is gone; the addresses acknowledged.
fn sign_up_until_killed(
    address: &str,
    worker: usize,
    round: u64,
    done: &AtomicUsize,
) -> Vec<String> {
    let mut acknowledged = Vec::new();
    for number in 0.. {
        let email = format!("u{round}-{worker}-{number}@example.com");
        let body = format!(
            "email={}&password=correct+horse+9",
            email.replace('@', "%40")
        );
        let head = "Content-Type: application/x-www-form-urlencoded\r\n";
        match TcpStream::connect(address) {
            Ok(stream) => {
                let answer = Server::ask(stream, "POST", "/api/signup/", head, &body);
                if answer.starts_with("HTTP/1.1 201") && answer.contains(&email) {
                    acknowledged.push(email);
                    done.fetch_add(1, Ordering::Relaxed);
                } else {
                    return acknowledged;
                }
            }
            Err(_) => return acknowledged,
        }
    }
    acknowledged
}

/// Numbers of users, of users without one of their rows, and of rows without their user.
fn census(folder: &Path) -> (i64, i64) {
    let database = rusqlite::Connection::open(folder.join("portcullis.db")).unwrap();
    let count = |sql: &str| {
        database
            .query_row(sql, [], |row| row.get::<_, i64>(0))
            .unwrap()
    };
    let users = count("SELECT count(*) FROM auth_user");
    let mut half_made = 0;
    for table in [
        "portcullis_email",
        "portcullis_username",
        "portcullis_login",
        "knox_authtoken",
    ] {
        half_made += count(&format!(
            "SELECT count(*) FROM auth_user u \
             WHERE NOT EXISTS (SELECT 1 FROM {table} t WHERE t.user_id = u.id)"
        ));
        half_made += count(&format!(
            "SELECT count(*) FROM {table} t \
             WHERE NOT EXISTS (SELECT 1 FROM auth_user u WHERE u.id = t.user_id)"
        ));
    }
    (users, half_made)
}

#[test]
fn killed_sign_ups_leave_no_half_made_users() {
    let folder = tempfile::tempdir().unwrap();
    let mut acknowledged = Vec::new();
    for round in 0..rounds() {
        let any_number = ["--signup-limit-tries", "1000000"];
        let server = Server::start_with(folder.path(), &any_number);
        let done = Arc::new(AtomicUsize::new(0));
        let workers: Vec<_> = (0..4)
            .map(|worker| {
                let (address, done) = (server.address.clone(), Arc::clone(&done));
                std::thread::spawn(move || sign_up_until_killed(&address, worker, round, &done))
            })
            .collect();
        std::thread::sleep(Duration::from_millis(900 + 137 * (round % 7)));
        // A machine that is busy takes longer for the first one.
        for _ in 0..200 {
            if done.load(Ordering::Relaxed) > 0 {
                break;
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        drop(server); // SIGKILL
        for worker in workers {
            acknowledged.extend(worker.join().unwrap());
        }
    }
    let (users, half_made) = census(folder.path());
    assert!(
        acknowledged.len() as u64 >= rounds(),
        "only {} sign-ups",
        acknowledged.len()
    );
    assert_eq!(half_made, 0);
    let database = rusqlite::Connection::open(folder.path().join("portcullis.db")).unwrap();
    for email in &acknowledged {
        let sql = "SELECT count(*) FROM auth_user WHERE email = ?1";
        let found: i64 = database.query_row(sql, [email], |row| row.get(0)).unwrap();
        assert_eq!(found, 1, "{email} was acknowledged and is lost");
    }
    assert!(users >= i64::try_from(acknowledged.len()).unwrap());
}
