//! Accounts at providers, in each table that may hold them.

use portcullis_core::{
    AccountStore, AuditEntry, AuditEvent, CreateAccountError, Device, Linked, NewSocialAccount,
    PasswordHash, SocialKey, SocialProfile, SocialStore, Unlinked, User, no_mails,
};

use crate::place::Place;
use crate::{NOW, account, ada};

fn key(provider: &str, uid: &str) -> SocialKey {
    SocialKey {
        provider: provider.to_owned(),
        uid: uid.to_owned(),
    }
}

fn profile(provider: &str, uid: &str) -> SocialProfile {
    SocialProfile {
        key: key(provider, uid),
        extra_data: r#"{"login": "ada"}"#.to_owned(),
    }
}

fn linked() -> AuditEntry {
    AuditEntry::new(AuditEvent::SocialLinked, Device::default(), NOW)
}

fn newcomer(email: &str, uid: &str) -> NewSocialAccount {
    let mut account = account(email);
    account.password = PasswordHash::new("!nobody has it");
    account.is_email_verified = Some(true);
    NewSocialAccount {
        account,
        first_name: "Grace".to_owned(),
        last_name: "Hopper".to_owned(),
        profile: profile("github", uid),
    }
}

pub(crate) async fn account_is_known_by_provider_and_uid(place: Place) {
    let database = place.migrated().await;
    let made = database
        .create_social_account(newcomer("grace@example.com", "7"), &no_mails)
        .await
        .unwrap();
    assert_eq!(made.first_name, "Grace");
    let found = |provider, uid: &'static str| {
        let (database, key) = (database.clone(), key(provider, uid));
        async move { database.user_by_social(&key).await.unwrap() }
    };
    assert_eq!(found("github", "7").await.as_ref(), Some(&made));
    for (provider, uid) in [("gitlab", "7"), ("github", "07"), ("github", "7\0")] {
        assert_eq!(found(provider, uid).await, None, "{provider} {uid:?}");
    }
    let later = NOW + time::Duration::HOUR;
    let known = profile("github", "7");
    database.touch_social(&known, later).await.unwrap();
    let accounts = database.social_accounts(&made.id).await.unwrap();
    assert_eq!(accounts.len(), 1);
    assert_eq!(
        (accounts[0].date_joined, accounts[0].last_login),
        (NOW, later)
    );
    // The same person again, and somebody else by that address: nothing is left of either.
    let before = place.all_rows().await;
    for (email, uid) in [("other@example.com", "7"), ("Grace@example.com", "8")] {
        let again = database.create_social_account(newcomer(email, uid), &no_mails);
        let again = again.await;
        assert!(matches!(again, Err(CreateAccountError::Taken)), "{again:?}");
    }
    assert_eq!(place.all_rows().await, before);
}

pub(crate) async fn account_of_a_provider_belongs_to_one_user(place: Place) {
    let database = place.migrated().await;
    let ada = ada(&database).await;
    let eve = database.create_account(account("eve@example.com"), None, &no_mails);
    let eve = eve.await.unwrap();
    let link = |user: &User| {
        let (database, user) = (database.clone(), user.clone());
        async move {
            let profile = profile("github", "7");
            let linking = database.link_social(&user, &profile, None, linked(), &[]);
            linking.await.unwrap()
        }
    };
    assert_eq!(link(&ada).await, Linked::Done);
    assert_eq!(link(&ada).await, Linked::Already);
    assert_eq!(link(&eve).await, Linked::OfAnother);
    database.set_active(&eve.id, false).await.unwrap();
    assert_eq!(link(&eve).await, Linked::Stale);
    let of_eve = database.social_accounts(&eve.id).await.unwrap();
    assert_eq!(of_eve, []);
}

pub(crate) async fn password_that_nobody_confirmed_ends_with_a_link(place: Place) {
    let database = place.migrated().await;
    let ada = ada(&database).await;
    assert_eq!(place.count("knox_authtoken").await, 1);
    let nobodys = PasswordHash::new("!nobody has it");
    let profile = profile("google", "1");
    let linking = database.link_social(&ada, &profile, Some(nobodys.clone()), linked(), &[]);
    assert_eq!(linking.await.unwrap(), Linked::Done);
    assert_eq!(place.count("knox_authtoken").await, 0);
    let found = database.user_by_social(&profile.key).await.unwrap();
    assert_eq!(found.unwrap().password, nobodys);
    // Whoever looked before that comes too late.
    let late = crate::social::profile("github", "7");
    let linking = database.link_social(&ada, &late, None, linked(), &[]);
    assert_eq!(linking.await.unwrap(), Linked::Stale);
}

pub(crate) async fn last_way_to_log_in_is_not_unlinked(place: Place) {
    let database = place.migrated().await;
    let made = database.create_social_account(newcomer("grace@example.com", "7"), &no_mails);
    let grace = made.await.unwrap();
    let ada = ada(&database).await;
    let unlink = |user: &User, id: i64| {
        let (database, user) = (database.clone(), user.clone());
        let entry = AuditEntry::new(AuditEvent::SocialUnlinked, Device::default(), NOW);
        async move { database.unlink_social(&user.id, id, entry).await.unwrap() }
    };
    let ids = |user: &User| {
        let (database, user) = (database.clone(), user.clone());
        async move {
            let accounts = database.social_accounts(&user.id).await.unwrap();
            accounts.into_iter().map(|account| account.id).collect()
        }
    };
    let own: Vec<i64> = ids(&grace).await;
    assert_eq!(unlink(&grace, own[0]).await, Unlinked::LastWay);
    assert_eq!(unlink(&ada, own[0]).await, Unlinked::NotFound);
    let another = profile("google", "1");
    let linking = database.link_social(&grace, &another, None, linked(), &[]);
    assert_eq!(linking.await.unwrap(), Linked::Done);
    // Of two that go at once, one stays.
    let own: Vec<i64> = ids(&grace).await;
    let (one, other) = tokio::join!(unlink(&grace, own[0]), unlink(&grace, own[1]));
    let mut came = [one, other];
    came.sort_by_key(|one| *one == Unlinked::LastWay);
    assert_eq!(came, [Unlinked::Done, Unlinked::LastWay]);
    // With a password, the last one may go.
    let another = profile("gitlab", "1");
    let linking = database.link_social(&ada, &another, None, linked(), &[]);
    assert_eq!(linking.await.unwrap(), Linked::Done);
    let own: Vec<i64> = ids(&ada).await;
    assert_eq!(unlink(&ada, own[0]).await, Unlinked::Done);
    assert_eq!(unlink(&ada, own[0]).await, Unlinked::NotFound);
}

pub(crate) async fn hundred_first_log_ins_at_once_make_one_account(place: Place) {
    let database = place.migrated().await;
    let tries: Vec<_> = (0..100)
        .map(|_| {
            let database = database.clone();
            let new = newcomer("grace@example.com", "7");
            tokio::spawn(async move { database.create_social_account(new, &no_mails).await })
        })
        .collect();
    let mut made = 0;
    for attempt in tries {
        match attempt.await.unwrap() {
            Ok(_) => made += 1,
            Err(CreateAccountError::Taken) => {}
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!((made, place.count("auth_user").await), (1, 1));
}

pub(crate) async fn rows_are_in_the_table_that_the_project_uses(place: Place) {
    let database = place.migrated().await;
    let ada = ada(&database).await;
    let row = "INSERT INTO social_auth_usersocialauth \
               (provider, uid, user_id, created, modified, extra_data, id_key) \
               SELECT 'github', '7', id, date_joined, date_joined, '{\"access_token\": \"kept\"}', '' \
               FROM auth_user";
    place.run(row).await;
    // Only social-auth's has rows; another node finds them.
    let node = place.database().await;
    let found = node.user_by_social(&key("github", "7")).await.unwrap();
    assert_eq!(found.map(|user| user.id), Some(ada.id.clone()));
    node.touch_social(&profile("github", "7"), NOW)
        .await
        .unwrap();
    let kept = "SELECT CAST(extra_data AS text) FROM social_auth_usersocialauth";
    assert_eq!(place.texts(kept).await, [r#"{"access_token": "kept"}"#]);
    let another = profile("google", "1");
    let linking = node.link_social(&ada, &another, None, linked(), &[]);
    assert_eq!(linking.await.unwrap(), Linked::Done);
    assert_eq!(place.count("social_auth_usersocialauth").await, 2);
    // Without either, ours.
    for table in [
        "socialaccount_socialtoken",
        "socialaccount_socialaccount",
        "social_auth_usersocialauth",
    ] {
        place.run(&format!("DROP TABLE {table}")).await;
    }
    let node = place.database().await;
    let another = profile("google", "1");
    let linking = node.link_social(&ada, &another, None, linked(), &[]);
    assert_eq!(linking.await.unwrap(), Linked::Done);
    assert_eq!(place.count("portcullis_socialaccount").await, 1);
    let found = node.user_by_social(&key("google", "1")).await.unwrap();
    assert_eq!(found.map(|user| user.id), Some(ada.id));
}
