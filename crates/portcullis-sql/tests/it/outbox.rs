//! The outbox: claims, leases, retries.

use portcullis_core::{
    AccountStore, CreateAccountError, FailedAttempt, MailClaim, NewPassword, OutboxStore,
    OutgoingMail, PasswordHash,
};
use portcullis_sql::Database;
use time::{Duration, OffsetDateTime};

use crate::place::Place;
use crate::{NOW, account, ada, device};

fn mail(recipient: &str, not_before: OffsetDateTime) -> OutgoingMail {
    OutgoingMail {
        kind: "password_reset".to_owned(),
        recipient: recipient.to_owned(),
        subject: "Your password".to_owned(),
        text: "https://example.com/secret/".to_owned(),
        html: Some("<a href='https://example.com/secret/'>here</a>".to_owned()),
        created: NOW,
        not_before,
    }
}

async fn enqueue(database: &Database, recipients: &[&str]) {
    for recipient in recipients {
        let mail = mail(recipient, NOW);
        database.enqueue_mails(&[mail]).await.unwrap();
    }
}

async fn take(database: &Database, now: OffsetDateTime) -> Vec<(String, MailClaim)> {
    let due = database.due_mail(now, 50).await.unwrap();
    due.into_iter()
        .map(|due| (due.mail.recipient, due.claim))
        .collect()
}

async fn recipients(database: &Database, now: OffsetDateTime) -> Vec<String> {
    let taken = take(database, now).await;
    taken.into_iter().map(|(recipient, _)| recipient).collect()
}

pub(crate) async fn mail_is_due_oldest_first_and_not_before_its_time(place: Place) {
    let database = place.migrated().await;
    enqueue(&database, &["first", "second"]).await;
    let later = NOW + Duration::minutes(30);
    let mails = [mail("later", later)];
    database.enqueue_mails(&mails).await.unwrap();
    enqueue(&database, &["third"]).await;
    let due = database.due_mail(NOW, 2).await.unwrap();
    let html = due[0].mail.html.clone();
    assert_eq!(html, mail("first", NOW).html);
    assert_eq!(due[0].mail.created, NOW);
    assert_eq!(due[0].claim.attempt, 1);
    let names: Vec<_> = due.iter().map(|due| due.mail.recipient.as_str()).collect();
    assert_eq!(names, ["first", "second"]);
    assert_eq!(recipients(&database, NOW).await, ["third"]);
    assert_eq!(recipients(&database, NOW).await, Vec::<String>::new());
    // Nobody said anything about the three: their lease is over.
    let names = recipients(&database, later).await;
    assert_eq!(names, ["first", "second", "later", "third"]);
}

pub(crate) async fn two_nodes_take_each_mail_once(place: Place) {
    let (one, other) = (place.migrated().await, place.database().await);
    let names: Vec<String> = (0..40).map(|number| number.to_string()).collect();
    let mails: Vec<_> = names.iter().map(|name| mail(name, NOW)).collect();
    one.enqueue_mails(&mails).await.unwrap();
    let takes: Vec<_> = (0..16)
        .map(|number| {
            let node = if number % 2 == 0 { &one } else { &other }.clone();
            tokio::spawn(async move { node.due_mail(NOW, 4).await.unwrap() })
        })
        .collect();
    let mut taken = Vec::new();
    for take in takes {
        let due = take.await.unwrap();
        assert!(due.len() <= 4);
        taken.extend(due.into_iter().map(|due| due.mail.recipient));
    }
    taken.extend(recipients(&one, NOW).await);
    taken.sort_by_key(|name| name.parse::<u32>().unwrap());
    assert_eq!(taken, names);
}

pub(crate) async fn failed_mail_is_due_again_later_and_later(place: Place) {
    let database = place.migrated().await;
    enqueue(&database, &["ada"]).await;
    let (mut now, mut waits) = (NOW, Vec::new());
    loop {
        let taken = take(&database, now).await;
        let claim = taken[0].1;
        let error = format!("error\n{}", "x".repeat(1000));
        let next = database
            .mark_failed(claim, FailedAttempt::Passing, &error, now)
            .await
            .unwrap();
        let Some(next) = next else { break };
        let early = next - Duration::microseconds(1);
        assert_eq!(take(&database, early).await, []);
        waits.push((next - now).whole_minutes());
        now = next;
    }
    let mut expected = vec![1, 2, 4, 8, 16, 32, 64, 128, 256];
    expected.extend([360; 10]);
    assert_eq!(waits, expected);
    // Twenty tries and no more; it stays, with its error, until it is cleared.
    assert_eq!(take(&database, now + Duration::weeks(52)).await, []);
    let errors = place.texts("SELECT text || last_error FROM portcullis_outbox");
    let errors = errors.await;
    assert_eq!(errors[0].len(), 500);
    assert!(errors[0].starts_with("errorxxx"));
    assert_eq!(database.clear_sent(now).await.unwrap(), 0);
    let later = now + Duration::SECOND;
    assert_eq!(database.clear_sent(later).await.unwrap(), 1);
}

pub(crate) async fn mail_that_ends_its_sender_is_given_up_too(place: Place) {
    let database = place.migrated().await;
    enqueue(&database, &["ada"]).await;
    let mut now = NOW;
    for number in 1..=OutgoingMail::MAX_CLAIMS {
        let claim = take(&database, now).await[0].1;
        // Nobody knows whether it was sent: it is as if it had not been tried.
        assert_eq!((claim.number, claim.attempt), (number, 1));
        now += OutgoingMail::LEASE;
    }
    assert_eq!(take(&database, now + Duration::weeks(52)).await, []);
}

pub(crate) async fn sent_mail_keeps_no_text_and_is_cleared(place: Place) {
    let database = place.migrated().await;
    enqueue(&database, &["ada", "eve"]).await;
    let claim = take(&database, NOW).await[0].1;
    let sent = NOW + Duration::SECOND;
    database.mark_sent(claim, sent).await.unwrap();
    let left = "SELECT recipient || text || COALESCE(html, '') FROM portcullis_outbox ORDER BY id";
    let left = place.texts(left).await;
    assert_eq!(left[0], "ada");
    assert!(left[1].contains("secret"));
    let later = NOW + Duration::hours(1);
    assert_eq!(recipients(&database, later).await, ["eve"]);
    assert_eq!(database.clear_sent(sent).await.unwrap(), 0);
    assert_eq!(database.clear_sent(later).await.unwrap(), 1);
    assert_eq!(place.count("portcullis_outbox").await, 1);
}

pub(crate) async fn word_of_an_old_claim_counts_for_nothing(place: Place) {
    let database = place.migrated().await;
    enqueue(&database, &["ada"]).await;
    let old = take(&database, NOW).await[0].1;
    let later = NOW + OutgoingMail::LEASE;
    let new = take(&database, later).await[0].1;
    let failed = database
        .mark_failed(old, FailedAttempt::Passing, "too slow", later)
        .await
        .unwrap();
    assert_eq!(failed, None);
    assert_eq!(take(&database, later).await, []);
    database.mark_sent(new, later).await.unwrap();
    let failed = database
        .mark_failed(new, FailedAttempt::Passing, "no", later)
        .await
        .unwrap();
    assert_eq!(failed, None);
    assert_eq!(take(&database, later + Duration::days(1)).await, []);
}

pub(crate) async fn refused_mail_is_offered_three_times(place: Place) {
    let database = place.migrated().await;
    enqueue(&database, &["ada"]).await;
    let mut now = NOW;
    for attempt in 1..=3 {
        let claim = take(&database, now).await[0].1;
        assert_eq!(claim.attempt, attempt);
        let refused = FailedAttempt::Refused;
        let failed = database.mark_failed(claim, refused, "550 no", now).await;
        let Some(next) = failed.unwrap() else { break };
        now = next;
    }
    assert_eq!(take(&database, now + Duration::weeks(52)).await, []);
    let left = "SELECT text || last_error FROM portcullis_outbox WHERE given_up IS NOT NULL";
    assert_eq!(place.texts(left).await, ["550 no"]);
}

pub(crate) async fn account_and_its_mail_are_made_together_or_not_at_all(place: Place) {
    let database = place.migrated().await;
    let user = ada(&database).await;
    let write = |made: &portcullis_core::MadeAccount| vec![mail(&made.user.email, NOW)];
    let eve = database.create_account(account("eve@example.com"), Some(device("d2")), &write);
    eve.await.unwrap();
    let again = database.create_account(account("Eve@example.com"), Some(device("d3")), &write);
    assert!(matches!(again.await, Err(CreateAccountError::Taken)));
    let broken = database.create_account(account("bob@example.com"), Some(device("d2")), &write);
    assert!(matches!(broken.await, Err(CreateAccountError::Store(_))));
    assert_eq!(recipients(&database, NOW).await, ["eve@example.com"]);

    let new = || NewPassword {
        mails: vec![mail(&user.email, NOW)],
        ..NewPassword::new(PasswordHash::new("new"))
    };
    let changed = database.change_password(&user, new()).await;
    assert!(changed.unwrap().is_some());
    // The password that this one knows is no longer the stored one: nothing is written.
    let changed = database.change_password(&user, new()).await;
    assert!(changed.unwrap().is_none());
    assert_eq!(recipients(&database, NOW).await, ["ada@example.com"]);
}
