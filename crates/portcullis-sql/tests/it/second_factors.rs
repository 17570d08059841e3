//! Second factors, and proofs of logins.

use portcullis_core::{
    AccountStore, AuditEntry, AuditEvent, Device, FactorChange, Factors, LoginId, LoginListStore,
    NewPassword, PasswordHash, ProvedAt, SecondFactorStore, StoredTotp, UserId,
};
use time::Duration;

use crate::place::Place;
use crate::{NOW, ada};

fn change(event: AuditEvent, codes: Option<&[&str]>) -> FactorChange {
    FactorChange {
        recovery_codes: codes.map(|codes| codes.iter().map(|&code| code.to_owned()).collect()),
        audit: AuditEntry::new(event, Device::default(), NOW),
        mails: Vec::new(),
    }
}

fn totp() -> StoredTotp {
    StoredTotp {
        sealed: "sealed".to_owned(),
        last_step: 100,
    }
}

pub(crate) async fn factor_is_added_once_and_by_whoever_has_the_password(place: Place) {
    let database = place.migrated().await;
    let user = ada(&database).await;
    assert_eq!(
        database.factors(&user.id).await.unwrap(),
        Factors::default()
    );
    let codes: &[&str] = &["one", "two"];
    let added = || change(AuditEvent::FactorAdded, Some(codes));
    let mut stale = user.clone();
    stale.password = PasswordHash::new("md5$salt$another");
    assert!(!database.add_totp(&stale, &totp(), added()).await.unwrap());
    assert!(database.add_totp(&user, &totp(), added()).await.unwrap());
    assert!(!database.add_totp(&user, &totp(), added()).await.unwrap());
    let factors = database.factors(&user.id).await.unwrap();
    assert!(factors.is_wanted());
    assert_eq!(factors.recovery_codes, 2);
    assert_eq!(database.totp(&user.id).await.unwrap(), Some(totp()));
    assert_eq!(database.totp(&UserId::Integer(999)).await.unwrap(), None);
    // A new password leaves the factor.
    let new = NewPassword::new(PasswordHash::new("md5$salt$new"));
    database.change_password(&user, new).await.unwrap().unwrap();
    assert!(database.factors(&user.id).await.unwrap().is_wanted());
    let removed = || change(AuditEvent::FactorRemoved, None);
    assert!(database.remove_totp(&user.id, removed()).await.unwrap());
    assert!(!database.remove_totp(&user.id, removed()).await.unwrap());
    assert_eq!(
        database.factors(&user.id).await.unwrap(),
        Factors::default()
    );
}

pub(crate) async fn code_of_a_step_is_used_once_also_at_once(place: Place) {
    let database = place.migrated().await;
    let node = place.database().await;
    let user = ada(&database).await;
    let added = change(AuditEvent::FactorAdded, None);
    assert!(database.add_totp(&user, &totp(), added).await.unwrap());
    let uses: Vec<_> = (0..20)
        .map(|number| {
            let database = if number % 2 == 0 { &database } else { &node };
            let (database, id) = (database.clone(), user.id.clone());
            tokio::spawn(async move { database.use_totp_step(&id, 101).await.unwrap() })
        })
        .collect();
    let mut used = 0;
    for one in uses {
        used += usize::from(one.await.unwrap());
    }
    assert_eq!(used, 1);
    assert!(!database.use_totp_step(&user.id, 100).await.unwrap());
    assert!(database.use_totp_step(&user.id, 102).await.unwrap());
}

pub(crate) async fn recovery_code_is_used_once_and_by_its_owner(place: Place) {
    let database = place.migrated().await;
    let user = ada(&database).await;
    let used = || change(AuditEvent::RecoveryCodeUsed, None);
    let made = |codes| change(AuditEvent::RecoveryCodesMade, Some(codes));
    let replaced = database.replace_recovery_codes(&user.id, made(&["x"]));
    assert!(!replaced.await.unwrap(), "without a factor there are none");
    let added = change(AuditEvent::FactorAdded, Some(&["one", "two"]));
    assert!(database.add_totp(&user, &totp(), added).await.unwrap());
    let other = UserId::Integer(999);
    assert!(
        !database
            .use_recovery_code(&other, "one", used())
            .await
            .unwrap()
    );
    let uses: Vec<_> = (0..10)
        .map(|_| {
            let (database, id, used) = (database.clone(), user.id.clone(), used());
            let job = async move { database.use_recovery_code(&id, "one", used).await.unwrap() };
            tokio::spawn(job)
        })
        .collect();
    let mut count = 0;
    for one in uses {
        count += usize::from(one.await.unwrap());
    }
    assert_eq!(count, 1);
    let replaced = database.replace_recovery_codes(&user.id, made(&["a", "b", "c"]));
    assert!(replaced.await.unwrap());
    assert!(
        !database
            .use_recovery_code(&user.id, "two", used())
            .await
            .unwrap()
    );
    assert_eq!(database.factors(&user.id).await.unwrap().recovery_codes, 3);
}

pub(crate) async fn login_proves_itself_and_takes_the_proof_with_it(place: Place) {
    let database = place.migrated().await;
    let user = ada(&database).await;
    let login = database.list_logins(&user.id).await.unwrap()[0].id;
    let proved = database.proved_at(&user.id, login).await.unwrap();
    let opened = ProvedAt {
        opened: Some(NOW),
        again: None,
    };
    assert_eq!(proved, Some(opened));
    let later = NOW + Duration::HOUR;
    let entry = AuditEntry::new(AuditEvent::Reauthentication, Device::default(), later);
    let stranger = UserId::Integer(999);
    assert!(
        !database
            .prove_login(&stranger, login, entry.clone())
            .await
            .unwrap()
    );
    assert!(
        !database
            .prove_login(&user.id, LoginId(999), entry.clone())
            .await
            .unwrap()
    );
    for _ in 0..2 {
        assert!(
            database
                .prove_login(&user.id, login, entry.clone())
                .await
                .unwrap()
        );
    }
    let proved = database.proved_at(&user.id, login).await.unwrap().unwrap();
    assert_eq!(proved.again, Some(later));
    assert_eq!(database.proved_at(&stranger, login).await.unwrap(), None);
    assert!(database.end_login(login, None, None).await.unwrap());
    assert_eq!(place.count("portcullis_proof").await, 0);
    assert_eq!(database.proved_at(&user.id, login).await.unwrap(), None);
}
