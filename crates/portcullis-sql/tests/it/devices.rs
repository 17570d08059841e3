//! Device tokens: how many a user may have, their expiry, and more time for them.

use portcullis_core::{Device, Issued, LoginListStore, LoginStore, NewDeviceLogin, NewLogin};
use time::{Duration, OffsetDateTime};

use crate::place::Place;
use crate::{NOW, ada};

fn limited(digest: &str, now: OffsetDateTime) -> NewLogin {
    NewLogin::Device(NewDeviceLogin {
        digest: digest.to_owned(),
        token_key: "key".to_owned(),
        device: Device::default(),
        now,
        expires: Some(now + Duration::hours(1)),
        limit: Some(3),
    })
}

pub(crate) async fn no_more_device_tokens_than_the_limit_also_at_once(place: Place) {
    let database = place.migrated().await;
    let user = ada(&database).await;
    let storm: Vec<_> = (0..10)
        .map(|number| {
            let (database, user) = (database.clone(), user.clone());
            let login = limited(&format!("storm {number}"), NOW);
            tokio::spawn(async move { database.log_in(&user, login, None).await.unwrap() })
        })
        .collect();
    let mut issued = 0;
    for one in storm {
        match one.await.unwrap().unwrap() {
            Issued::AsAsked => issued += 1,
            other => assert_eq!(other, Issued::TooMany),
        }
    }
    // With the one of her sign-up: three.
    assert_eq!(issued, 2);
    assert_eq!(place.count("knox_authtoken").await, 3);
}

pub(crate) async fn device_tokens_that_are_over_do_not_count(place: Place) {
    let database = place.migrated().await;
    let user = ada(&database).await;
    for digest in ["a", "b"] {
        let login = limited(digest, NOW);
        database.log_in(&user, login, None).await.unwrap().unwrap();
    }
    let late = NOW + Duration::hours(2);
    let issued = database.log_in(&user, limited("c", late), None).await;
    assert_eq!(issued.unwrap(), Some(Issued::AsAsked));
    // Those that are over are gone, with their places in the list.
    assert_eq!(place.count("knox_authtoken").await, 2);
    assert_eq!(place.count("portcullis_login").await, 2);
}

pub(crate) async fn all_device_logins_of_a_user_end_together(place: Place) {
    let database = place.migrated().await;
    let user = ada(&database).await;
    let login = limited("a", NOW);
    database.log_in(&user, login, None).await.unwrap().unwrap();
    assert_eq!(database.end_device_logins(&user.id, None).await.unwrap(), 2);
    assert_eq!(database.end_device_logins(&user.id, None).await.unwrap(), 0);
    assert!(database.list_logins(&user.id).await.unwrap().is_empty());
}

pub(crate) async fn device_token_gets_more_time_and_never_less(place: Place) {
    let database = place.migrated().await;
    ada(&database).await;
    let (now, later) = (NOW + Duration::hours(1), NOW + Duration::hours(11));
    let expiry = async || database.device_logins("key", "").await.unwrap()[0].expires;
    let more = [("d1".to_owned(), later), ("unknown".to_owned(), later)];
    database.extend_device_logins(&more, now).await.unwrap();
    assert_eq!(expiry().await, Some(later));
    let less = [("d1".to_owned(), NOW + Duration::hours(2))];
    database.extend_device_logins(&less, now).await.unwrap();
    assert_eq!(expiry().await, Some(later));
    // One that is over by now stays over.
    let late = [("d1".to_owned(), later + Duration::days(1))];
    let after = later + Duration::SECOND;
    database.extend_device_logins(&late, after).await.unwrap();
    assert_eq!(expiry().await, Some(later));
    assert_eq!(place.count("knox_authtoken").await, 1);
}

pub(crate) async fn device_tokens_of_a_user_that_are_over_are_swept(place: Place) {
    let database = place.migrated().await;
    let user = ada(&database).await;
    let expires = NOW + Duration::hours(10);
    let sweep = async |now| database.sweep_device_logins(&user.id, now).await.unwrap();
    sweep(expires).await;
    assert_eq!(place.count("knox_authtoken").await, 1);
    sweep(expires + Duration::SECOND).await;
    assert_eq!(place.count("knox_authtoken").await, 0);
    assert_eq!(place.count("portcullis_login").await, 0);
}
