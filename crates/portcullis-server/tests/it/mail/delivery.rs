//! Mail arrives: at once, later, once; or is given up.

use std::sync::Arc;
use std::time::{Duration, Instant};

use portcullis::accounts::mail::SmtpSecurity;
use portcullis::core::OutgoingMail;

use super::server::{MailServer, Post, is_left_out, smtp};
use crate::process::{Server, status};

#[tokio::test]
async fn mail_arrives_by_starttls_by_tls_and_in_clear_where_it_was_asked_for() {
    for (tls, security) in [
        ("starttls", SmtpSecurity::Starttls),
        ("tls", SmtpSecurity::Tls),
        ("none", SmtpSecurity::DangerPlain),
    ] {
        if is_left_out() {
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let server = MailServer::start(folder.path(), tls, 0);
        let post = Post::new(smtp(server.port, security, folder.path())).await;
        post.enqueue(&["grace@example.com"]).await;
        assert_eq!((post.deliver().await, post.deliver().await), (1, 0));
        assert_eq!(post.outbox(), ["grace@example.com 1 sent"], "{tls}");
        let mails = server.mails();
        assert_eq!(mails.len(), 1);
        let (recipients, mail) = &mails[0];
        assert_eq!(recipients, "grace@example.com");
        for line in [
            "From: noreply@example.com\r\n",
            "To: grace@example.com\r\n",
            "Subject: Mail from example.com arrives\r\n",
            "Content-Type: multipart/alternative;",
            "\r\nhttps://example.com\r\n",
        ] {
            assert!(mail.contains(line), "{line}: {mail}");
        }
    }
}

#[tokio::test]
async fn mail_waits_while_the_server_is_down_and_is_sent_when_it_is_back() {
    if is_left_out() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let server = MailServer::start(folder.path(), "starttls", 0);
    let port = server.port;
    drop(server);
    let post = Post::new(smtp(port, SmtpSecurity::Starttls, folder.path())).await;
    post.enqueue(&["grace@example.com"]).await;
    assert_eq!(post.deliver().await, 1);
    let outbox = post.outbox();
    assert!(
        outbox[0].starts_with("grace@example.com 1 waits: the mail server cannot be reached"),
        "{outbox:?}"
    );
    let server = MailServer::start(folder.path(), "starttls", port);
    assert_eq!(post.deliver().await, 0);
    post.clock.advance(OutgoingMail::LEASE);
    assert_eq!(post.deliver().await, 1);
    assert_eq!(post.outbox(), ["grace@example.com 2 sent"]);
    assert_eq!(server.mails().len(), 1);
}

#[tokio::test]
async fn refused_recipient_is_given_up_and_holds_up_nobody() {
    if is_left_out() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let server = MailServer::start(folder.path(), "none", 0);
    let post = Post::new(smtp(server.port, SmtpSecurity::DangerPlain, folder.path())).await;
    let addresses = [
        "refused@example.com",
        "busy@example.com",
        "grace@example.com",
    ];
    post.enqueue(&addresses).await;
    for _ in 0..25 {
        post.deliver().await;
        post.clock.advance(time::Duration::hours(6));
    }
    let outbox = post.outbox();
    assert!(
        outbox[0].starts_with("refused@example.com 3 given up: the mail server answered 550"),
        "{outbox:?}"
    );
    assert!(
        outbox[1].starts_with("busy@example.com 20 given up: the mail server answered 451"),
        "{outbox:?}"
    );
    assert_eq!(outbox[2], "grace@example.com 1 sent");
    assert_eq!(server.mails().len(), 1);
}

#[tokio::test]
async fn wrong_password_waits_to_be_mended() {
    if is_left_out() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let server = MailServer::start(folder.path(), "starttls", 0);
    let mut settings = smtp(server.port, SmtpSecurity::Starttls, folder.path());
    settings.credentials = Some(("ada".to_owned(), "hunter2".to_owned()));
    let post = Post::new(settings).await;
    post.enqueue(&["grace@example.com"]).await;
    for _ in 0..5 {
        assert_eq!(post.deliver().await, 1);
        post.clock.advance(time::Duration::hours(6));
    }
    let outbox = post.outbox();
    assert!(
        outbox[0].starts_with("grace@example.com 5 waits: the mail server refused name and"),
        "{outbox:?}"
    );
    assert!(!outbox[0].contains("hunter2") && server.mails().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_workers_send_each_mail_once() {
    if is_left_out() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let server = MailServer::start(folder.path(), "none", 0);
    let settings = smtp(server.port, SmtpSecurity::DangerPlain, folder.path());
    let one = Post::new(settings.clone()).await;
    let other = Post::in_folder(settings, Arc::clone(&one.folder)).await;
    let addresses: Vec<String> = (0..60).map(|n| format!("u{n}@example.com")).collect();
    let addresses: Vec<&str> = addresses.iter().map(String::as_str).collect();
    one.enqueue(&addresses).await;
    let workers = [&one, &other].map(|post| post.mailer.spawn(Arc::clone(&post.store)));
    let started = Instant::now();
    while one.outbox().iter().any(|mail| mail.contains("waits")) {
        assert!(
            started.elapsed() < Duration::from_secs(60),
            "{:?}",
            one.outbox()
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // Woken, a worker does not wait for its turn, and a stop sends what is there.
    one.enqueue(&["last@example.com"]).await;
    one.mailer.wake();
    for worker in workers {
        worker.stop().await;
    }
    let mut sent: Vec<String> = server.mails().into_iter().map(|(to, _)| to).collect();
    sent.sort();
    let mut expected: Vec<&str> = addresses;
    expected.push("last@example.com");
    expected.sort_unstable();
    assert_eq!(sent, expected);
}

/// A mail server that takes connections and never says a word.
#[test]
fn silent_mail_server_holds_up_neither_requests_nor_the_stop() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port().to_string();
    let folder = crate::command::Folder::with_user("ada@example.com");
    let words = [
        ["--mail-transport", "smtp"],
        ["--mail-security", "danger-plain"],
        ["--mail-port", &port],
        ["--mail-from", "noreply@example.com"],
        ["--public-url", "http://localhost"],
        ["--mail-timeout-seconds", "3"],
    ];
    let words = words.concat();
    let change = [
        &["changepassword", "ada@example.com", "--password-stdin"],
        &words[..],
    ]
    .concat();
    let said = folder.run_with(&change, "another horse 9\n", &[]);
    assert_eq!(said.status, 0, "{said:?}");
    let server = Server::start_with(&folder.path(""), &words);
    // The worker waits for a greeting from here on.
    let (_waiting, _) = silent.accept().unwrap();
    let started = Instant::now();
    for _ in 0..20 {
        assert_eq!(status(&server.send("GET", "/healthz", "", "")), 200);
    }
    server.signup("eve@example.com", "correct horse 9");
    assert!(
        started.elapsed() < Duration::from_secs(3),
        "{:?}",
        started.elapsed()
    );
    server.terminate();
    assert_eq!(server.wait().code(), Some(0));
    assert!(
        started.elapsed() < Duration::from_secs(12),
        "{:?}",
        started.elapsed()
    );
}

#[test]
fn mail_in_files_is_readable_by_its_owner_only() {
    let folder = crate::command::Folder::with_user("ada@example.com");
    let words = ["--mail-transport", "file", "--mail-folder", "box/mail"];
    let test = [&["mail", "test", "grace@example.com"], &words[..]].concat();
    folder.ok(&test);
    let path = folder.path("box/mail");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let file = std::fs::read_dir(&path).unwrap().next().unwrap().unwrap();
        for (path, mode) in [(path.clone(), 0o700), (file.path(), 0o600)] {
            let found = std::fs::metadata(path).unwrap().permissions().mode();
            assert_eq!(found & 0o777, mode);
        }
    }
    let names = std::fs::read_dir(&path).unwrap();
    let names: Vec<_> = names.map(|file| file.unwrap().file_name()).collect();
    assert_eq!(names.len(), 1);
    assert!(names[0].to_str().unwrap().ends_with(".eml"));
}
