//! The audit log: lines are written with what they tell about, and found again.

use portcullis_core::{
    AccountStore, AuditEntry, AuditEvent, AuditFilter, AuditOutcome, AuditStore, Device,
    LoginListStore, LoginStore, NewPassword, PasswordHash, Spared, UserId, no_mails,
};
use portcullis_sql::Database;
use time::Duration;

use crate::place::Place;
use crate::{NOW, account, ada, device};

fn entry(event: AuditEvent) -> AuditEntry {
    let device = Device::named("test").at("192.0.2.1".parse().ok());
    AuditEntry::new(event, device, NOW)
}

async fn lines(database: &Database, filter: &AuditFilter) -> Vec<String> {
    let records = database.audit(filter).await.unwrap();
    let line = |record: portcullis_core::AuditRecord| {
        let name = record.username.unwrap_or_default();
        let (event, outcome, scheme) = (record.event, record.outcome, record.scheme);
        format!("{event} {outcome} {name} {scheme}")
    };
    records.into_iter().map(line).collect()
}

pub(crate) async fn lines_are_written_with_what_they_tell_about(place: Place) {
    let database = place.migrated().await;
    let user = ada(&database).await;
    let login = device("d2");
    assert!(database.log_in(&user, login, None).await.unwrap().is_some());
    let logins = database.list_logins(&user.id).await.unwrap();
    let logout = || Some(entry(AuditEvent::Logout));
    for _ in 0..2 {
        // The second time there is nothing to be told.
        let ended = database.end_login(logins[0].id, Some(&user.id), logout());
        ended.await.unwrap();
    }
    let change = NewPassword {
        audit: Some(entry(AuditEvent::PasswordChange)),
        ..NewPassword::new(PasswordHash::new("new"))
    };
    for _ in 0..2 {
        let changed = database.change_password(&user, change.clone());
        changed.await.unwrap();
    }
    let ended = database.end_logins(&user.id, Spared::Nothing, logout());
    assert_eq!(ended.await.unwrap(), 0);
    let mut admin = account("root@example.com");
    admin.is_superuser = true;
    database
        .create_account(admin, None, &no_mails)
        .await
        .unwrap();
    // An account that is not made is not told of.
    let twice = database.create_account(account("ADA@example.com"), None, &no_mails);
    assert!(twice.await.is_err());
    assert_eq!(
        lines(&database, &AuditFilter::default()).await,
        [
            "signup ok ada@example.com device",
            "login ok ada@example.com device",
            "logout ok ada@example.com device",
            "password_change ok ada@example.com ",
            "admin_made ok root@example.com ",
        ]
    );
}

pub(crate) async fn lines_are_filtered_and_the_newest_is_last(place: Place) {
    let database = place.migrated().await;
    let user = ada(&database).await;
    let failed = |minutes| AuditEntry {
        at: NOW + Duration::minutes(minutes),
        ..entry(AuditEvent::Login).with_outcome(AuditOutcome::Failed)
    };
    for minutes in 1..=3 {
        database.record(failed(minutes)).await.unwrap();
    }
    let known = failed(4).about(Some(&user.id));
    database.record(known).await.unwrap();
    let all = AuditFilter::default;
    let count = |filter: AuditFilter| {
        let database = database.clone();
        async move { database.audit(&filter).await.unwrap().len() }
    };
    let (of_user, event) = (Some(user.id.clone()), Some(AuditEvent::Login));
    assert_eq!(count(all()).await, 5);
    let filter = AuditFilter {
        user: of_user,
        ..all()
    };
    assert_eq!(count(filter).await, 2);
    assert_eq!(count(AuditFilter { event, ..all() }).await, 4);
    let since = Some(NOW + Duration::minutes(3));
    assert_eq!(count(AuditFilter { since, ..all() }).await, 2);
    let odd = Some(UserId::Text("odd".to_owned()));
    assert_eq!(count(AuditFilter { user: odd, ..all() }).await, 0);
    let last = AuditFilter { limit: 2, ..all() };
    let records = database.audit(&last).await.unwrap();
    assert_eq!(records[1].at, NOW + Duration::minutes(4));
    assert_eq!(records[1].user, Some(user.id));
    assert_eq!(records[1].address.as_deref(), Some("192.0.2.1"));
    let after = Some(records[0].id);
    assert_eq!(count(AuditFilter { after, ..all() }).await, 1);
}

pub(crate) async fn old_lines_are_cleared(place: Place) {
    let database = place.migrated().await;
    ada(&database).await;
    let later = AuditEntry {
        at: NOW + Duration::days(1),
        ..entry(AuditEvent::Lock)
    };
    database.record(later).await.unwrap();
    assert_eq!(database.clear_audit(NOW).await.unwrap(), 0);
    let cleared = database.clear_audit(NOW + Duration::hours(1)).await;
    assert_eq!(cleared.unwrap(), 1);
    let left = lines(&database, &AuditFilter::default()).await;
    assert_eq!(left, ["lock ok  "]);
}

pub(crate) async fn lines_are_short_and_plain_whatever_the_client_says(place: Place) {
    let database = place.migrated().await;
    let mut entry = entry(AuditEvent::Login);
    entry.device.name = format!("\0\r\n\u{1b}[2J{}", "ä".repeat(500));
    database.record(entry).await.unwrap();
    let records = database.audit(&AuditFilter::default()).await.unwrap();
    let device = &records[0].device;
    assert!(device.starts_with("[2Jä") && device.chars().count() == 200);
}
