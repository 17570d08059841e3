//! The one permission before all routes, and models that do not fit together.

use portcullis_core::{IsAdminUser, IsAuthenticatedOrReadOnly};
use portcullis_live::{BuildError, Field, Live, Model, ReadOnly, RegistryError};
use portcullis_sql::Database;
use portcullis_web::Gate;

use crate::world::World;

#[tokio::test]
async fn every_route_has_the_access_permission() {
    let database = Database::empty().unwrap();
    let live = Live::builder(&database).access(IsAdminUser).build();
    let doors = live.await.unwrap().doors(&Gate::new(vec![]));
    assert!(doors.rows().len() >= 8);
    for row in doors.rows() {
        assert_eq!(row.permission, "IsAdminUser", "{}", row.path);
    }
}

#[tokio::test]
async fn permission_that_looks_at_the_action_is_refused_at_start() {
    let database = Database::empty().unwrap();
    let live = Live::builder(&database).access(IsAuthenticatedOrReadOnly);
    let error = live.build().await.unwrap_err();
    assert!(error.to_string().contains("IsAuthenticatedOrReadOnly"));
    assert!(Live::builder(&database).build().await.is_ok());
}

#[tokio::test]
async fn models_that_do_not_fit_are_refused_at_start() {
    let database = Database::empty().unwrap();
    let note = || {
        Model::new("shop", "Note")
            .field_of(Field::foreign_key("item", "shop.item"))
            .permission(ReadOnly)
    };
    let error = Live::builder(&database)
        .model(note())
        .build()
        .await
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("shop.item, which is not registered: register it")
    );
    let hidden = note().exposing(["id"]);
    assert!(Live::builder(&database).model(hidden).build().await.is_ok());
    let twice = Live::builder(&database).model(note().exposing(["id"]));
    let error = twice
        .model(note().exposing(["id"]))
        .build()
        .await
        .unwrap_err();
    assert!(matches!(
        error,
        BuildError::Registry(RegistryError::Twice(_))
    ));
    let missing = Model::new("shop", "Note").exposing(["colour"]);
    let error = Live::builder(&database)
        .model(missing)
        .build()
        .await
        .unwrap_err();
    assert!(matches!(
        error,
        BuildError::Registry(RegistryError::NoField(..))
    ));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unknown_names_are_4xx() {
    let world = World::sqlite(51).await;
    for (method, path, status) in [
        ("POST", "shop.nothing/", 404),
        ("POST", "nothing/", 404),
        ("POST", "shop.item.x/", 404),
        ("GET", "shop.nothing/get-schema/", 400),
        ("GET", "shop.nothing/field-permissions/", 404),
        ("POST", "shop.nothing/validate/", 404),
        ("POST", "actions/nothing/", 404),
        ("GET", "shop.item/", 405),
        ("GET", "shop.item/what/ever/", 404),
    ] {
        assert_eq!(
            world.send(method, path, Vec::new()).await.0,
            status,
            "{path}"
        );
    }
}
