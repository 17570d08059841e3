//! Migrating fresh databases and Django's.

use portcullis_core::{UserId, UserStore};

use crate::NOW;
use crate::place::Place;

pub(crate) async fn second_migration_finds_nothing_to_do(place: Place) {
    let database = place.migrated().await;
    assert_eq!(database.migrate(NOW).await.unwrap(), Vec::<String>::new());
}

pub(crate) async fn fresh_database_has_djangos_catalogue(place: Place) {
    let _database = place.migrated().await;
    let django = place.beside().await;
    django.run(django.django_tables()).await;
    let (ours, theirs) = (place.catalogue().await, django.catalogue().await);
    assert!(theirs.len() > 30, "only {} entries", theirs.len());
    assert_eq!(ours, theirs);
    let site = place.texts("SELECT domain FROM django_site WHERE id = 1");
    assert_eq!(site.await, ["example.com"]);
}

pub(crate) async fn django_database_gets_our_tables_only(place: Place) {
    place.run(place.django_tables()).await;
    for (id, email) in [(1, "Ada@example.com"), (2, "ada@example.com"), (3, "")] {
        place
            .run(&format!(
                "INSERT INTO auth_user (id, password, is_superuser, username, last_name, email, \
                 is_staff, is_active, date_joined, first_name) \
                 VALUES ({id}, '!', FALSE, '{id}', '', '{email}', FALSE, TRUE, \
                 '2026-01-02 03:04:05', '')"
            ))
            .await;
    }
    let before = place.catalogue().await;
    let database = place.database().await;
    assert_eq!(
        database.migrate(NOW).await.unwrap(),
        [
            "portcullis.0001_initial",
            "portcullis.0002_throttle",
            "portcullis.0003_username",
            "portcullis.0004_outbox",
            "portcullis.0005_refresh",
            "portcullis.0006_login_address",
            "portcullis.0007_audit",
            "portcullis.0008_email_change",
            "portcullis.0009_social",
            "portcullis.0010_ticket",
            "portcullis.0011_reset",
            "portcullis.0012_change",
            "portcullis.0016_permissions",
            "portcullis.0018_second_factor",
        ]
    );
    assert_eq!(place.catalogue().await, before);
    let found = database.user_by_login_name("ada@EXAMPLE.com").await;
    assert_eq!(found.unwrap().unwrap().id, UserId::Integer(1));
}

pub(crate) async fn two_nodes_migrate_at_once(place: Place) {
    let (one, other) = (place.database().await, place.database().await);
    let (one, other) = tokio::join!(one.migrate(NOW), other.migrate(NOW));
    let mut applied = [one.unwrap(), other.unwrap()].concat();
    applied.sort_unstable();
    assert_eq!(
        applied,
        [
            "django tables",
            "portcullis.0001_initial",
            "portcullis.0002_throttle",
            "portcullis.0003_username",
            "portcullis.0004_outbox",
            "portcullis.0005_refresh",
            "portcullis.0006_login_address",
            "portcullis.0007_audit",
            "portcullis.0008_email_change",
            "portcullis.0009_social",
            "portcullis.0010_ticket",
            "portcullis.0011_reset",
            "portcullis.0012_change",
            "portcullis.0016_permissions",
            "portcullis.0018_second_factor",
        ]
    );
}

pub(crate) async fn database_with_another_user_table_is_left_alone(place: Place) {
    place
        .run(
            "CREATE TABLE django_migrations (id integer PRIMARY KEY, app text, name text); \
             CREATE TABLE shop_customer (id integer PRIMARY KEY, password text)",
        )
        .await;
    let before = place.all_rows().await;
    let database = place.database().await;
    assert!(database.migrate(NOW).await.is_err());
    assert_eq!(place.all_rows().await, before);
}
