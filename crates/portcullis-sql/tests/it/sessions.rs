//! Sessions: opening, moving, ending.

use portcullis_core::{Device, LoginStore, NewLogin, NewSession, SessionStore};
use time::Duration;

use crate::place::Place;
use crate::{NOW, ada};

pub(crate) fn session(key: &str, replaces: Option<&str>) -> NewSession {
    NewSession {
        key: key.to_owned(),
        data: format!("data of {key}"),
        replaces: replaces.map(str::to_owned),
        device: Device::named("test"),
        now: NOW,
        expires: NOW + Duration::weeks(2),
    }
}

pub(crate) async fn new_session_takes_the_place_of_the_old(place: Place) {
    let database = place.migrated().await;
    let user = ada(&database).await;
    for (key, replaces) in [("first", None), ("second", Some("first")), ("other", None)] {
        let login = NewLogin::Session(session(key, replaces));
        assert!(database.log_in(&user, login, None).await.unwrap().is_some());
    }
    assert!(database.session("first").await.unwrap().is_none());
    let found = database.session("second").await.unwrap().unwrap();
    assert_eq!(
        (found.data.as_str(), found.expires),
        ("data of second", NOW + Duration::weeks(2))
    );
    // The device token of the sign-up, and two sessions; the list never holds a session's key.
    assert_eq!(place.count("portcullis_login").await, 3);
    let digests = place.texts("SELECT digest FROM portcullis_login").await;
    assert!(
        !digests
            .iter()
            .any(|digest| ["second", "other"].contains(&digest.as_str()))
    );
}

pub(crate) async fn session_moves_to_a_new_key(place: Place) {
    let database = place.migrated().await;
    let user = ada(&database).await;
    let login = NewLogin::Session(session("old", None));
    database.log_in(&user, login, None).await.unwrap();
    assert!(
        database
            .rekey_session("old", session("new", None))
            .await
            .unwrap()
    );
    assert!(database.session("old").await.unwrap().is_none());
    assert_eq!(
        database.session("new").await.unwrap().unwrap().data,
        "data of new"
    );
    // The login moved with it: ending the session ends it.
    assert!(database.end_session("new", None).await.unwrap());
    assert_eq!(place.count("portcullis_login").await, 1);
}

pub(crate) async fn ended_session_is_gone_and_stays_so(place: Place) {
    let database = place.migrated().await;
    let user = ada(&database).await;
    let login = NewLogin::Session(session("key", None));
    database.log_in(&user, login, None).await.unwrap();
    assert!(database.end_session("key", None).await.unwrap());
    assert!(!database.end_session("key", None).await.unwrap());
    // A request that was under way cannot write it back.
    assert!(
        !database
            .rekey_session("key", session("back", None))
            .await
            .unwrap()
    );
    assert_eq!(place.count("django_session").await, 0);
}
