//! What people change about themselves: names, addresses, and a password within a session.

use portcullis_core::{
    AccountStore, CreateAccountError, EmailStore, Ended, Ends, LoginStore, NewLogin, NewPassword,
    PasswordHash, ProfileChange, SessionStore, UserId, UserStore, no_mails,
};

use crate::place::Place;
use crate::sessions::session;
use crate::{NOW, account, ada};

fn username(name: &str) -> ProfileChange {
    ProfileChange {
        username: Some(name.to_owned()),
        ..ProfileChange::default()
    }
}

pub(crate) async fn names_are_changed_one_by_one(place: Place) {
    let database = place.migrated().await;
    let user = ada(&database).await;
    let change = ProfileChange {
        first_name: Some("Ada".to_owned()),
        ..ProfileChange::default()
    };
    database.change_profile(&user.id, change).await.unwrap();
    let changed = database.change_profile(&user.id, username("Countess"));
    let changed = changed.await.unwrap().unwrap();
    assert_eq!(
        (changed.username.as_str(), changed.first_name.as_str()),
        ("Countess", "Ada")
    );
    let found = |name: &'static str| database.user_by_login_name(name);
    assert_eq!(found("COUNTESS").await.unwrap().as_ref(), Some(&changed));
    // The address is still theirs; the former name is nobody's.
    assert_eq!(
        found("ada@example.com").await.unwrap().as_ref(),
        Some(&changed)
    );
    let mut other = account("eve@example.com");
    other.username = "ada@example.org".to_owned();
    database
        .create_account(other, None, &no_mails)
        .await
        .unwrap();
    // One's own name in other letters is free to take.
    let own = database.change_profile(&user.id, username("countess"));
    assert_eq!(own.await.unwrap().unwrap().username, "countess");
    let nobody = database.change_profile(&UserId::Integer(99), username("x"));
    assert!(nobody.await.unwrap().is_none());
}

pub(crate) async fn name_of_somebody_else_is_refused_and_changes_nothing(place: Place) {
    let database = place.migrated().await;
    let user = ada(&database).await;
    let eve = account("eve@example.com");
    database.create_account(eve, None, &no_mails).await.unwrap();
    let before = place.all_rows().await;
    for name in ["eve@example.com", "EVE@example.com"] {
        let change = ProfileChange {
            first_name: Some("Eve".to_owned()),
            ..username(name)
        };
        let refused = database.change_profile(&user.id, change).await;
        assert!(
            matches!(refused, Err(CreateAccountError::Taken)),
            "{name}: {refused:?}"
        );
    }
    assert_eq!(place.all_rows().await, before);
}

pub(crate) async fn address_is_verified_once_and_for_one_user(place: Place) {
    let database = place.migrated().await;
    let mut new = account("Ada@example.com");
    new.is_email_verified = Some(false);
    let user = database.create_account(new, None, &no_mails).await.unwrap();
    let addresses = database.email_addresses(&user).await.unwrap();
    let [address] = addresses.as_slice() else {
        panic!("{addresses:?}")
    };
    assert_eq!(address.email, "ada@example.com");
    assert!(address.is_primary && !address.is_verified);
    let verify = || database.verify_email(address.id, &no_mails, None);
    let verified = verify().await.unwrap().unwrap();
    assert_eq!((&verified.user.id, verified.instead_of), (&user.id, None));
    assert_eq!(verify().await.unwrap(), None);
    assert_eq!(
        database.verify_email(99, &no_mails, None).await.unwrap(),
        None
    );
    assert!(database.email_addresses(&user).await.unwrap()[0].is_verified);
}

pub(crate) async fn address_of_the_user_row_gets_a_row_of_its_own(place: Place) {
    let database = place.migrated().await;
    let user = ada(&database).await;
    assert_eq!(place.count("account_emailaddress").await, 0);
    for _ in 0..2 {
        let addresses = database.email_addresses(&user).await.unwrap();
        assert_eq!(addresses.len(), 1);
        assert!(addresses[0].is_primary && !addresses[0].is_verified);
    }
    let mut nameless = account("");
    nameless.username = "nameless".to_owned();
    let nameless = database
        .create_account(nameless, None, &no_mails)
        .await
        .unwrap();
    assert!(
        database
            .email_addresses(&nameless)
            .await
            .unwrap()
            .is_empty()
    );
}

pub(crate) async fn users_are_found_by_their_address_in_any_case(place: Place) {
    let database = place.migrated().await;
    let user = ada(&database).await;
    let found = database.users_by_email("ADA@example.COM").await.unwrap();
    assert_eq!(found, [user]);
    for email in ["eve@example.com", "", "\u{212a}ate@example.com"] {
        assert!(database.users_by_email(email).await.unwrap().is_empty());
    }
}

pub(crate) async fn session_of_the_change_goes_on_under_a_new_key(place: Place) {
    let database = place.migrated().await;
    let user = ada(&database).await;
    for key in ["here", "elsewhere"] {
        let login = NewLogin::Session(session(key, None));
        database.log_in(&user, login, None).await.unwrap().unwrap();
    }
    let change = NewPassword {
        password: PasswordHash::new("new"),
        ends: Ends::Sessions,
        session: Some(session("new key", Some("here"))),
        mails: Vec::new(),
        audit: None,
    };
    let ended = database.change_password(&user, change).await.unwrap();
    let expected = Ended {
        sessions: 2,
        tokens: 0,
    };
    assert_eq!(ended, Some(expected));
    for (key, is_there) in [("here", false), ("elsewhere", false), ("new key", true)] {
        let session = database.session(key).await.unwrap();
        assert_eq!(session.is_some(), is_there, "{key}");
    }
    // The device token and the session that goes on.
    assert_eq!(place.count("portcullis_login").await, 2);
    assert_eq!(place.count("knox_authtoken").await, 1);
}

pub(crate) async fn address_that_was_asked_for_takes_the_place_of_the_old_one(place: Place) {
    let database = place.migrated().await;
    let mut new = account("ada@example.com");
    new.is_email_verified = Some(true);
    let user = database.create_account(new, None, &no_mails).await.unwrap();
    for email in ["typo@example.com", "Ada@Example.org"] {
        let begun = database.begin_email_change(&user, email, NOW, &no_mails);
        begun.await.unwrap();
    }
    // Nothing counts before it is verified.
    let found = |name: &'static str| database.user_by_login_name(name);
    assert!(found("ada@example.org").await.unwrap().is_none());
    let addresses = database.email_addresses(&user).await.unwrap();
    let id_of = |email: &str| addresses.iter().find(|a| a.email == email).unwrap().id;
    let verify = |id| database.verify_email(id, &no_mails, None);
    let verified = verify(id_of("ada@example.org")).await.unwrap().unwrap();
    assert_eq!(verified.instead_of.as_deref(), Some("ada@example.com"));
    assert_eq!(verified.user.email, "ada@example.org");
    assert_eq!(verified.user.username, "ada@example.org");
    assert_eq!(
        found("ADA@example.org").await.unwrap(),
        Some(verified.user.clone())
    );
    assert!(found("ada@example.com").await.unwrap().is_none());
    // The wish before that one is no wish any more.
    let other = verify(id_of("typo@example.com")).await.unwrap().unwrap();
    assert_eq!(other.instead_of, None);
    assert_eq!(other.user.email, "ada@example.org");
    let eve = account("ada@example.com");
    assert!(database.create_account(eve, None, &no_mails).await.is_ok());
}

pub(crate) async fn address_that_somebody_took_meanwhile_is_theirs(place: Place) {
    let database = place.migrated().await;
    let user = ada(&database).await;
    let begun = database.begin_email_change(&user, "new@example.com", NOW, &no_mails);
    begun.await.unwrap();
    let mut eve = account("new@example.com");
    eve.is_email_verified = Some(false);
    database.create_account(eve, None, &no_mails).await.unwrap();
    let before = place.all_rows().await;
    let addresses = database.email_addresses(&user).await.unwrap();
    let wanted = addresses.iter().find(|a| a.email == "new@example.com");
    let verified = database
        .verify_email(wanted.unwrap().id, &no_mails, None)
        .await;
    assert_eq!(verified.unwrap(), None);
    let user = database.user_by_id(&user.id.to_string()).await.unwrap();
    assert_eq!(user.unwrap().email, "ada@example.com");
    assert!(place.all_rows().await.len() >= before.len());
}
