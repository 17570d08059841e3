//! Standings of many at a time.

use portcullis_core::{
    AccountStore, Authenticated, LoginListStore, LoginStore, NewLogin, Standing, StandingStore,
    UserStore,
};
use time::Duration;

use crate::place::Place;
use crate::{NOW, account, ada, device};

const KEY: &str = "0123456789012345678901234567890123456789";

pub(crate) async fn standings_of_many_cost_a_statement_for_each_kind(place: Place) {
    let database = place.migrated().await;
    let mut standings = Vec::new();
    for number in 0..40 {
        let email = format!("{number}@example.com");
        let digest = format!("d{number}");
        let made = database.create_account(
            account(&email),
            Some(device(&digest)),
            &portcullis_core::no_mails,
        );
        let user = made.await.unwrap();
        let login = database.list_logins(&user.id).await.unwrap()[0].id;
        let proof = Authenticated {
            user: user.into(),
            login: Some(login),
            credential_digest: Some(digest.clone()),
            authenticator: "test",
        };
        standings.push(Standing::of(&proof).with_device(Some(digest)));
    }
    let before = database.statements();
    let all = database.are_standing(&standings, NOW).await.unwrap();
    assert_eq!(database.statements() - before, 3, "users, logins, tokens");
    assert_eq!(all, [true; 40]);
    let over = NOW + Duration::hours(10);
    let none = database.are_standing(&standings, over).await.unwrap();
    assert_eq!(none, [false; 40], "their tokens are over by then");
    // One account is closed, and one token is ended.
    let (closed, ended) = (&standings[3], &standings[7]);
    database.set_active(closed.user_id(), false).await.unwrap();
    let digest = ended.device.clone().unwrap();
    database
        .end_device_login(ended.user_id(), &digest, None)
        .await
        .unwrap();
    let now = database.are_standing(&standings, NOW).await.unwrap();
    let fallen: Vec<usize> = (0..40).filter(|at| !now[*at]).collect();
    assert_eq!(fallen, [3, 7]);
}

pub(crate) async fn standing_needs_its_session_and_its_token(place: Place) {
    let database = place.migrated().await;
    let user = ada(&database).await;
    let login = NewLogin::Token {
        key: KEY.to_owned(),
        device: portcullis_core::Device::default(),
        now: NOW,
    };
    database.log_in(&user, login, None).await.unwrap();
    place
        .run(&format!(
            "INSERT INTO django_session (session_key, session_data, expire_date) \
             VALUES ('{KEY}', '', '2026-01-02 04:00:00')"
        ))
        .await;
    let user = database.user_by_id("1").await.unwrap().unwrap();
    let proof = Authenticated {
        user: user.into(),
        login: None,
        credential_digest: None,
        authenticator: "test",
    };
    let plain = Standing::of(&proof);
    let (session, token) = (
        plain.clone().with_session(KEY.to_owned()),
        plain.clone().with_token(KEY),
    );
    let standings = [
        plain.clone(),
        session,
        token,
        plain.clone().with_session("another".to_owned()),
        plain.with_token("another"),
    ];
    let now = database.are_standing(&standings, NOW).await.unwrap();
    assert_eq!(now, [true, true, true, false, false]);
    place.run("DELETE FROM django_session").await;
    place.run("DELETE FROM authtoken_token").await;
    let node = place.database().await;
    let now = node.are_standing(&standings, NOW).await.unwrap();
    assert_eq!(now, [true, false, false, false, false]);
}
