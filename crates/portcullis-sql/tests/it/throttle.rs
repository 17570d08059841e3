//! Counting tries.

use portcullis_core::{Attempt, AttemptStore, Counter, Limit};
use time::Duration;

use crate::NOW;
use crate::place::Place;

const LIMIT: Limit = Limit {
    tries: 3,
    window: Duration::minutes(10),
};

pub(crate) async fn no_more_than_the_limit_get_on_at_once(place: Place) {
    let database = place.migrated().await;
    let tries: Vec<_> = (0..12)
        .map(|_| {
            let database = database.clone();
            tokio::spawn(async move { database.attempt("ada", LIMIT, NOW).await.unwrap() })
        })
        .collect();
    let mut allowed = 0;
    for attempt in tries {
        match attempt.await.unwrap() {
            Attempt::Allowed => allowed += 1,
            Attempt::Stopped { retry_after } => assert_eq!(retry_after, LIMIT.window),
        }
    }
    assert_eq!(allowed, 3);
    let other = database.attempt("eve", LIMIT, NOW).await.unwrap();
    assert_eq!(other, Attempt::Allowed);
    database.forget_attempts("ada").await.unwrap();
    let again = database.attempt("ada", LIMIT, NOW).await.unwrap();
    assert_eq!(again, Attempt::Allowed);
}

pub(crate) async fn window_that_is_over_starts_again(place: Place) {
    let database = place.migrated().await;
    for _ in 0..3 {
        let attempt = database.attempt("ada", LIMIT, NOW).await.unwrap();
        assert_eq!(attempt, Attempt::Allowed);
    }
    let nearly = NOW + LIMIT.window - Duration::seconds(90);
    let retry_after = Duration::seconds(90);
    let attempt = database.attempt("ada", LIMIT, nearly).await.unwrap();
    assert_eq!(attempt, Attempt::Stopped { retry_after });
    // The end of the first window starts the second, of which these are the first three.
    for _ in 0..3 {
        let attempt = database.attempt("ada", LIMIT, NOW + LIMIT.window).await;
        assert_eq!(attempt.unwrap(), Attempt::Allowed);
    }
    let attempt = database.attempt("ada", LIMIT, NOW + LIMIT.window).await;
    assert!(matches!(attempt.unwrap(), Attempt::Stopped { .. }));
}

pub(crate) async fn windows_that_are_over_are_swept(place: Place) {
    let database = place.migrated().await;
    for number in 0..10 {
        let key = format!("key{number}");
        database.attempt(&key, LIMIT, NOW).await.unwrap();
    }
    assert_eq!(place.count("portcullis_throttle").await, 10);
    let later = NOW + LIMIT.window;
    database.attempt("ada", LIMIT, later).await.unwrap();
    assert_eq!(place.count("portcullis_throttle").await, 1);
}

pub(crate) async fn try_counts_against_all_of_its_counters_or_none(place: Place) {
    let database = place.migrated().await;
    let counter = |key: &str, tries| Counter {
        key: key.to_owned(),
        limit: Limit { tries, ..LIMIT },
    };
    let both = [counter("address", 5), counter("account", 2)];
    for _ in 0..2 {
        let attempt = database.attempt_all(&both, NOW).await.unwrap();
        assert_eq!(attempt, Attempt::Allowed);
    }
    for _ in 0..9 {
        let attempt = database.attempt_all(&both, NOW).await.unwrap();
        assert!(matches!(attempt, Attempt::Stopped { .. }));
    }
    // The address has counted two of its five; a success forgets the account, and takes one back.
    let (forgotten, given_back) = (["account".to_owned()], ["address".to_owned()]);
    database
        .settle_attempts(&forgotten, &given_back)
        .await
        .unwrap();
    for (key, tries, left) in [("account", 2, 2), ("address", 5, 4)] {
        for number in 0..=left {
            let attempt = database.attempt_all(&[counter(key, tries)], NOW).await;
            let is_allowed = attempt.unwrap() == Attempt::Allowed;
            assert_eq!(is_allowed, number < left, "{key} {number}");
        }
    }
}

pub(crate) async fn counters_over_the_most_are_evicted_but_not_those_that_stop(place: Place) {
    let database = place.migrated().await;
    let once = Limit { tries: 1, ..LIMIT };
    for _ in 0..3 {
        database.attempt("stopped", LIMIT, NOW).await.unwrap();
    }
    database.attempt("invitation:x", once, NOW).await.unwrap();
    place
        .run(
            "INSERT INTO portcullis_throttle (key, tries, until) \
             WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500000) \
             SELECT 'many' || i, 1, (SELECT max(until) FROM portcullis_throttle) FROM n",
        )
        .await;
    // Another node, which looks at its first new counter.
    let node = place.database().await;
    node.attempt("new", LIMIT, NOW).await.unwrap();
    assert_eq!(place.count("portcullis_throttle").await, 480_003);
    for (key, limit) in [("stopped", LIMIT), ("invitation:x", once)] {
        let attempt = node.attempt(key, limit, NOW).await.unwrap();
        assert!(matches!(attempt, Attempt::Stopped { .. }), "{key}");
    }
}
