//! Killed between promise and sending: no promised mail is lost.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use super::server::{MailServer, is_left_out, mails};
use crate::command::{Folder, database};
use crate::process::{Server, status};

/// How often the server is killed; more in the long tier.
fn rounds() -> u64 {
    if std::env::var_os("PORTCULLIS_LONG").is_some() {
        20
    } else {
        2
    }
}

/// How many mails a round promises by a command, and as many by a door.
const PROMISES: usize = 3;

/// The mails that came, by their `Message-ID`: one that came twice is one.
fn arrived(folder: &std::path::Path) -> BTreeSet<String> {
    let ids = mails(folder).into_iter().map(|(_, mail)| {
        let line = mail.lines().find(|line| line.starts_with("Message-ID:"));
        line.unwrap().to_owned()
    });
    ids.collect()
}

#[test]
fn killed_server_loses_no_mail_that_was_promised() {
    if is_left_out() {
        return;
    }
    let kept = tempfile::tempdir().unwrap();
    let mail_server = MailServer::start(kept.path(), "starttls", 0);
    let port = mail_server.port;
    // It takes 300 ms for each: the server is killed before, while and after it is given them.
    let folder = Folder::with_user("slow@example.com");
    folder.write(
        "portcullis.toml",
        &format!(
            "pbkdf2_iterations = 1000\npublic_url = \"http://localhost\"\n[mail]\n\
             transport = \"smtp\"\nfrom = \"noreply@example.com\"\nport = {port}\n\
             user = \"ada\"\npassword = \"secret\"\nca_file = {:?}\n\
             [mail_limit]\ntries = 1000\n",
            kept.path().join("cert.pem")
        ),
    );
    let mut promised = 0;
    for round in 0..rounds() {
        for number in 0..PROMISES {
            let words = ["changepassword", "slow@example.com", "--password-stdin"];
            let password = format!("correct horse {round} {number}\n");
            let said = folder.run_with(&words, &password, &[]);
            assert_eq!(said.status, 0, "{said:?}");
            promised += 1;
        }
        let server = Server::start(&folder.path(""));
        for _ in 0..PROMISES {
            let body = r#"{"email":"slow@example.com"}"#;
            let json = "Content-Type: application/json\r\n";
            let path = "/rest-auth/password/reset/";
            let answer = server.send("POST", path, json, body);
            assert_eq!(status(&answer), 200, "{answer}");
            promised += 1;
        }
        std::thread::sleep(Duration::from_millis(20 + 97 * (round % 5)));
        drop(server); // SIGKILL
        // Instead of waiting for a minute: what the killed one had taken may be taken again.
        let sql = "UPDATE portcullis_outbox SET not_before = created WHERE sent IS NULL";
        database(&folder).execute(sql, []).unwrap();
    }
    let server = Server::start(&folder.path(""));
    let started = Instant::now();
    while arrived(kept.path()).len() < promised {
        let count = arrived(kept.path()).len();
        assert!(
            started.elapsed() < Duration::from_secs(120),
            "{count} of {promised} mails came"
        );
        std::thread::sleep(Duration::from_millis(100));
    }
    server.terminate();
    assert_eq!(server.wait().code(), Some(0));
    let sql = "SELECT count(*) FROM portcullis_outbox WHERE sent IS NULL";
    let waiting: i64 = database(&folder)
        .query_row(sql, [], |row| row.get(0))
        .unwrap();
    assert_eq!((arrived(kept.path()).len(), waiting), (promised, 0));
}
