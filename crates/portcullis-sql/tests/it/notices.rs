//! Answers are kept while nothing is written, whoever may write.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use portcullis_core::{
    AccountStore, LoginStore, NewPassword, PasswordHash, PermissionStore, Revoked, SessionStore,
    UserId, UserStore,
};
use portcullis_sql::Database;
use tokio::time::sleep;

use crate::place::Place;

/// Within what time a change by another program must be seen.
const SOON: Duration = Duration::from_secs(1);

/// A database with a cache that is told of changes, as one more node.
async fn node(place: &Place) -> Database {
    let database = place.migrated().await;
    database.add_notices().await.unwrap();
    database.with_cache().await.unwrap()
}

/// Whether a question is answered from the cache, once it was asked.
async fn is_kept(database: &Database) -> bool {
    let _ = database.user_by_id("1").await.unwrap();
    let before = database.cache_hits();
    let _ = database.user_by_id("1").await.unwrap();
    database.cache_hits() > before
}

/// Waits until `wanted` holds; how long that took.
async fn until<F: AsyncFn() -> bool>(what: &str, wanted: F) -> Duration {
    let start = Instant::now();
    while !wanted().await {
        assert!(start.elapsed().as_secs() < 10, "it does not come: {what}");
        sleep(Duration::from_millis(5)).await;
    }
    start.elapsed()
}

async fn until_kept(database: &Database) {
    until("answers are kept", async || is_kept(database).await).await;
}

/// Asks everything that opens a door for the user of the tests, in words.
async fn standing(database: &Database) -> String {
    let user = database.user_by_id("1").await.unwrap().unwrap();
    let devices = database.device_logins("key", "d1").await.unwrap();
    let token = database.user_by_token(&"a".repeat(40)).await.unwrap();
    let session = database.session("s1").await.unwrap();
    let may = database.holds_permission(&user.id, "auth", "add_user");
    let may = may.await.unwrap();
    format!(
        "active {} staff {} password {} devices {} token {} session {} may {may}",
        user.is_active,
        user.is_staff,
        user.password.expose_secret(),
        devices.len(),
        token.is_some(),
        session.map(|session| session.data).unwrap_or_default(),
    )
}

const PREPARED: &str = "\
    INSERT INTO authtoken_token (key, created, user_id) \
    VALUES ('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', '2026-01-02 03:04:05', 1); \
    INSERT INTO django_session (session_key, session_data, expire_date) \
    VALUES ('s1', 'x', '2036-01-02 03:04:05'); \
    INSERT INTO django_content_type (id, app_label, model) VALUES (900, 'auth', 'user9'); \
    INSERT INTO auth_permission (id, content_type_id, codename, name) VALUES (900, 900, 'add_user', 'x'); \
    INSERT INTO auth_group (id, name) VALUES (900, 'g'); \
    INSERT INTO auth_group_permissions (id, group_id, permission_id) VALUES (900, 900, 900)";

/// What another program does, and whether only the user is told of whom it is about.
const CHANGES: [(&str, bool); 9] = [
    ("UPDATE auth_user SET is_staff = TRUE WHERE id = 1", true),
    (
        "UPDATE auth_user SET password = 'md5$salt$other' WHERE id = 1",
        true,
    ),
    (
        "INSERT INTO auth_user_groups (user_id, group_id) VALUES (1, 900)",
        true,
    ),
    ("DELETE FROM auth_group_permissions WHERE id = 900", false),
    (
        "UPDATE knox_authtoken SET token_key = 'other' WHERE user_id = 1",
        true,
    ),
    ("DELETE FROM authtoken_token WHERE user_id = 1", true),
    (
        "UPDATE django_session SET session_data = 'y' WHERE session_key = 's1'",
        false,
    ),
    ("DELETE FROM django_session WHERE session_key = 's1'", false),
    ("UPDATE auth_user SET is_active = FALSE WHERE id = 1", true),
];

pub(crate) async fn change_by_another_is_seen_within_a_second(place: Place) {
    let database = node(&place).await;
    crate::ada(&database).await;
    place.run(PREPARED).await;
    let heard = Arc::new(Mutex::new(Vec::new()));
    let board = Arc::clone(&heard);
    database
        .revocations()
        .listen(move |revoked| board.lock().unwrap().push(revoked.clone()));
    for (sql, is_of_user) in CHANGES {
        until_kept(&database).await;
        let before = standing(&database).await;
        assert_eq!(standing(&database).await, before);
        heard.lock().unwrap().clear();
        place.run(sql).await;
        let seen = async || standing(&database).await != before;
        let took = until(sql, seen).await;
        assert!(took < SOON, "{sql}: {took:?}");
        if sql.starts_with("INSERT") {
            // Who gains something need not be looked at again.
            continue;
        }
        until("a notice", async || !heard.lock().unwrap().is_empty()).await;
        let wanted = match place {
            Place::Postgres { .. } if is_of_user => Revoked::User(UserId::Integer(1)),
            _ => Revoked::Somebody,
        };
        assert_eq!(heard.lock().unwrap()[0], wanted, "{sql}");
    }
}

pub(crate) async fn own_change_is_seen_by_the_very_next_question(place: Place) {
    let database = node(&place).await;
    let other = node(&place).await;
    let ada = crate::ada(&database).await;
    for is_active in [false, true, false, true] {
        until_kept(&database).await;
        until_kept(&other).await;
        database.set_active(&ada.id, is_active).await.unwrap();
        let found = async |node: &Database| node.user_by_id("1").await.unwrap().unwrap().is_active;
        assert_eq!(found(&database).await, is_active);
        let took = until("the other node", async || found(&other).await == is_active).await;
        assert!(took < SOON, "{took:?}");
    }
    until_kept(&database).await;
    assert_eq!(database.device_logins("key", "d1").await.unwrap().len(), 1);
    assert!(
        database
            .end_device_login(&ada.id, "d1", None)
            .await
            .unwrap()
    );
    assert!(
        database
            .device_logins("key", "d1")
            .await
            .unwrap()
            .is_empty()
    );
    let change = NewPassword::new(PasswordHash::new("md5$salt$new"));
    let ada = database.user_by_id("1").await.unwrap().unwrap();
    assert!(
        database
            .change_password(&ada, change)
            .await
            .unwrap()
            .is_some()
    );
    let found = database.user_by_id("1").await.unwrap().unwrap();
    assert_eq!(found.password.expose_secret(), "md5$salt$new");
}

pub(crate) async fn without_a_watch_every_question_is_asked(place: Place) {
    let database = place.migrated().await.with_cache().await.unwrap();
    crate::ada(&database).await;
    if matches!(place, Place::Sqlite(_)) {
        until_kept(&database).await;
        return;
    }
    for _ in 0..20 {
        assert!(!is_kept(&database).await);
        sleep(Duration::from_millis(50)).await;
    }
    // A server that runs notices that there are triggers now, and that one is gone.
    assert!(database.add_notices().await.unwrap() > 10);
    assert_eq!(database.add_notices().await.unwrap(), 0);
    until_kept(&database).await;
    place
        .run("DROP TRIGGER portcullis_notice_delete ON knox_authtoken")
        .await;
    until("nothing is kept", async || !is_kept(&database).await).await;
    sleep(SOON).await;
    assert!(!is_kept(&database).await);
    assert_eq!(database.add_notices().await.unwrap(), 1);
    until_kept(&database).await;
    assert!(database.remove_notices().await.unwrap() > 10);
    assert!(!database.has_notices().await.unwrap());
    until("nothing is kept", async || !is_kept(&database).await).await;
    let left = "SELECT tgname::text FROM pg_trigger WHERE tgname LIKE 'portcullis%' UNION ALL \
                SELECT proname::text FROM pg_proc WHERE proname LIKE 'portcullis%'";
    assert_eq!(place.texts(left).await, Vec::<String>::new());
}

pub(crate) async fn watch_that_lost_its_connection_serves_nothing_old(place: Place) {
    let database = node(&place).await;
    crate::ada(&database).await;
    if matches!(place, Place::Sqlite(_)) {
        return;
    }
    for is_active in ["FALSE", "TRUE", "FALSE"] {
        until_kept(&database).await;
        let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                   WHERE datname = current_database() AND query LIKE '%pg_notify%' \
                   AND pid <> pg_backend_pid()";
        place.run(end).await;
        place
            .run(&format!("UPDATE auth_user SET is_active = {is_active}"))
            .await;
        let seen = async || {
            let user = database.user_by_id("1").await.unwrap().unwrap();
            user.is_active == (is_active == "TRUE")
        };
        let took = until("the change", seen).await;
        assert!(took < SOON + SOON, "{took:?}");
    }
}
