//! ID tokens that are not to be believed.

use portcullis_test::{Manner, Person, Signing};
use serde_json::{Value, json};

use super::{Place, assert_nobody, token, who};

async fn assert_refused(place: &Place, why: &str) {
    let browser = place.browser();
    let answer = place.log_in(&browser, &Person::named("ada")).await;
    assert_eq!(answer.status, 400, "{why}: {answer:?}");
    assert_nobody(&browser, &answer, 400).await;
    let id_token = place.provider.id_token(&Person::named("ada"));
    let answer = token(&browser, &json!({ "id_token": id_token })).await;
    assert_eq!(answer.status, 400, "{why}: {answer:?}");
    assert!(!place.has_account("ada@example.com").await, "{why}");
}

/// 8.6, 7.1
#[tokio::test]
async fn id_token_that_the_provider_did_not_sign_is_refused() {
    for signing in [
        Signing::None,
        Signing::PublicKeyAsSecret,
        Signing::ClientSecret,
        Signing::StolenName,
        Signing::UnknownKey,
    ] {
        let place = Place::new().await;
        place.provider.change(|manners| manners.signing = signing);
        assert_refused(&place, &format!("{signing:?}")).await;
    }
}

/// 8.6
#[tokio::test]
async fn id_token_for_somebody_else_or_of_another_time_is_refused() {
    let place = Place::new().await;
    let now = time::macros::datetime!(2026-01-02 03:04:05 UTC).unix_timestamp();
    let other = place.other.issuer();
    for (name, value) in [
        ("aud", json!("somebody else")),
        ("aud", json!(["our name there", "somebody else"])),
        ("aud", Value::Null),
        ("azp", json!("somebody else")),
        ("iss", json!(other)),
        ("iss", Value::Null),
        ("exp", json!(now - 31)),
        ("exp", json!("tomorrow")),
        ("exp", Value::Null),
        ("iat", json!(now - 3601)),
        ("iat", json!(now + 60)),
        ("iat", Value::Null),
    ] {
        let why = format!("{name}: {value}");
        place.provider.change(|manners| {
            manners.claims = [(name.to_owned(), value)].into_iter().collect();
        });
        assert_refused(&place, &why).await;
    }
}

/// 8.1: an ID token of another log-in.
#[tokio::test]
async fn nonce_of_another_log_in_is_refused() {
    let place = Place::new().await;
    for nonce in [json!("another"), Value::Null, json!(7), json!("")] {
        place.provider.change(|manners| {
            manners.claims = [("nonce".to_owned(), nonce.clone())].into_iter().collect();
        });
        let browser = place.browser();
        let answer = place.log_in(&browser, &Person::named("ada")).await;
        assert_eq!(answer.status, 400, "{nonce} {answer:?}");
        assert_nobody(&browser, &answer, 400).await;
    }
    // Nor can it be left out with the ID token.
    place.provider.change(|manners| {
        manners.claims.clear();
        manners.keeps_id_token = true;
    });
    let browser = place.browser();
    let answer = place.log_in(&browser, &Person::named("ada")).await;
    assert_nobody(&browser, &answer, 400).await;
}

/// 8.4
#[tokio::test]
async fn odd_subjects_are_refused() {
    let place = Place::new().await;
    for subject in [
        Value::Null,
        json!(""),
        json!(7),
        json!(["a"]),
        json!({ "a": 1 }),
        json!(true),
        json!("a\u{0}b"),
        json!("a b"),
        json!("x".repeat(192)),
    ] {
        let person = Person {
            subject: subject.clone(),
            ..Person::named("ada")
        };
        let browser = place.browser();
        let answer = place.log_in(&browser, &person).await;
        assert_eq!(answer.status, 400, "{subject} {answer:?}");
        assert_nobody(&browser, &answer, 400).await;
    }
}

/// 8.6: the user endpoint speaks of the same person.
#[tokio::test]
async fn another_subject_at_the_user_endpoint_is_refused() {
    let place = Place::new().await;
    place.provider.change(|manners| manners.hides_email = true);
    let browser = place.browser();
    place.log_in(&browser, &Person::named("ada")).await;
    assert_eq!(who(&browser).await.as_deref(), Some("ada@example.com"));
    place.provider.change(|manners| {
        manners.user_claims = [("sub".to_owned(), json!("subject-of-ada"))]
            .into_iter()
            .collect();
    });
    let browser = place.browser();
    let answer = place.log_in(&browser, &Person::named("mallory")).await;
    assert_nobody(&browser, &answer, 400).await;
}

/// 8.6: a provider may change its keys, and nobody can make us ask for them all the time.
#[tokio::test]
async fn new_keys_are_asked_for_once_in_a_while() {
    let place = Place::new().await;
    place.log_in(&place.browser(), &Person::named("ada")).await;
    let count = |asked: Vec<String>| asked.iter().filter(|path| *path == "keys").count();
    assert_eq!(count(place.provider.asked()), 1);
    place.log_in(&place.browser(), &Person::named("ada")).await;
    assert_eq!(count(place.provider.asked()), 0);
    // Names that are made up.
    place.wait(time::Duration::minutes(2));
    place
        .provider
        .change(|manners| manners.signing = Signing::UnknownKey);
    for _ in 0..5 {
        let answer = place.log_in(&place.browser(), &Person::named("ada")).await;
        assert_eq!(answer.status, 400);
    }
    assert_eq!(count(place.provider.asked()), 1);
    // A change of keys.
    place.wait(time::Duration::minutes(2));
    place
        .provider
        .change(|manners| manners.signing = Signing::Rotated);
    let browser = place.browser();
    let answer = place.log_in(&browser, &Person::named("ada")).await;
    assert_eq!(answer.status, 303, "{answer:?}");
    // While nobody tells them, the old ones are good for a day.
    place.provider.change(|manners| {
        manners.keys = Manner::Status(500);
        manners.discovery = Manner::Status(500);
    });
    place.wait(time::Duration::hours(2));
    let answer = place.log_in(&browser, &Person::named("ada")).await;
    assert_eq!(answer.status, 303, "{answer:?}");
    place.wait(time::Duration::days(2));
    let begun = place
        .browser()
        .post("/api/social/club/start/", &json!({}))
        .await;
    assert_eq!(begun.status, 400, "{begun:?}");
}
