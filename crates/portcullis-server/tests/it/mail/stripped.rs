//! Where there should be TLS and is none, nothing is said.

use portcullis::accounts::mail::SmtpSecurity;

use super::server::{MailServer, Post, is_left_out, smtp};

/// What a server has heard, and what the outbox says, after a mail was to be sent to it.
async fn told(tls: &str, security: SmtpSecurity, is_trusted: bool) -> (String, String) {
    let folder = tempfile::tempdir().unwrap();
    let server = MailServer::start(folder.path(), tls, 0);
    let mut settings = smtp(server.port, security, folder.path());
    if !is_trusted {
        settings.ca_file = None;
    }
    let post = Post::new(settings).await;
    post.enqueue(&["grace@example.com"]).await;
    assert_eq!(post.deliver().await, 1);
    assert!(server.mails().is_empty());
    (server.lines(), post.outbox().remove(0))
}

#[tokio::test]
async fn server_that_offers_no_starttls_hears_neither_password_nor_mail() {
    if is_left_out() {
        return;
    }
    let (lines, outbox) = told("none", SmtpSecurity::Starttls, true).await;
    assert_eq!(lines, "EHLO\n");
    assert!(
        outbox.starts_with("grace@example.com 1 waits: there is no TLS, and nothing was sent"),
        "{outbox}"
    );
}

#[tokio::test]
async fn server_that_refuses_starttls_hears_neither_password_nor_mail() {
    if is_left_out() {
        return;
    }
    let (lines, outbox) = told("broken", SmtpSecurity::Starttls, true).await;
    assert_eq!(lines, "EHLO\n");
    assert!(
        outbox.contains("there is no TLS, and nothing was sent"),
        "{outbox}"
    );
}

#[tokio::test]
async fn server_with_somebodys_certificate_hears_neither_password_nor_mail() {
    if is_left_out() {
        return;
    }
    let (lines, outbox) = told("starttls", SmtpSecurity::Starttls, false).await;
    assert_eq!(lines, "EHLO\n");
    assert!(outbox.contains(" 1 waits: "), "{outbox}");
    let (lines, outbox) = told("tls", SmtpSecurity::Tls, false).await;
    assert_eq!(lines, "");
    assert!(outbox.contains(" 1 waits: "), "{outbox}");
}

#[tokio::test]
async fn server_in_clear_is_no_server_for_tls() {
    if is_left_out() {
        return;
    }
    let (lines, outbox) = told("none", SmtpSecurity::Tls, true).await;
    assert_eq!(lines, "");
    assert!(outbox.contains(" 1 waits: "), "{outbox}");
}

#[tokio::test]
async fn answer_that_was_slipped_in_before_tls_is_not_taken_for_the_servers() {
    if is_left_out() {
        return;
    }
    let (_, outbox) = told("injected", SmtpSecurity::Starttls, true).await;
    assert!(outbox.contains(" 1 waits: "), "{outbox}");
}
