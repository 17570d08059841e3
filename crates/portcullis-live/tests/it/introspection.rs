//! Models out of a database's tables, on both engines.

use std::sync::Arc;

use http::{Request, StatusCode};
use http_body_util::BodyExt;
use portcullis_live::{Catalogue, Kind, Live, LiveSettings, ModelName, ModelSettings};
use portcullis_web::Gate;
use serde_json::{Value as Json, json};
use tower::ServiceExt;

use crate::world::{ByHeader, World};

/// Tables, keys, relations and kinds are those that were made.
pub(crate) async fn tables_become_models(world: &World) {
    let catalogue = Catalogue::read(&world.database).await.unwrap();
    assert!(catalogue.tables().any(|table| table == "shop_item_tags"));
    let names = ["Team", "Item", "Tag", "Note"].map(|class| ModelName::new("shop", class));
    let models = catalogue.models(&names);
    let live = models.into_iter().fold(
        Live::builder(&world.database),
        portcullis_live::LiveBuilder::model,
    );
    let live = live.build().await.unwrap();
    let item = live.registry().model("shop.item").unwrap();
    let kinds: Vec<(&str, Kind)> = item
        .fields()
        .map(|field| (field.name(), field.kind().clone()))
        .collect();
    for (name, kind) in [
        ("id", Kind::Auto),
        ("team", Kind::Integer),
        ("name", Kind::text(40)),
        ("fragile", Kind::Boolean),
        ("day", Kind::Date),
        ("at", Kind::DateTime),
        ("code", Kind::Uuid),
        ("ratio", Kind::Real),
        ("clock", Kind::Time),
    ] {
        assert!(kinds.contains(&(name, kind)), "{name} {kinds:?}");
    }
    let none = catalogue.models(&[ModelName::new("shop", "Nothing")]);
    assert!(none.is_empty());
}

/// Settings alone give models that can be read, under their rules.
pub(crate) async fn settings_alone_serve_models(world: &World) {
    let models: Vec<ModelSettings> = serde_json::from_value(json!([
        { "name": "shop.Team", "fields": ["id", "name", "item"], "text": "team {name}" },
        { "name": "shop.Tag" },
        { "name": "shop.Item", "fields": ["id", "name", "price", "team", "tags"], "ordering": ["-id"],
          "decimals": { "price": [8, 2] }, "owner": "owner" },
    ]))
    .unwrap();
    let settings = LiveSettings {
        models,
        ..LiveSettings::default()
    };
    let live = Live::builder(&world.database).settings(settings);
    let live = live
        .models_of_settings()
        .await
        .unwrap()
        .build()
        .await
        .unwrap();
    let gate = Gate::new(vec![Arc::new(ByHeader)]);
    let router = live.doors(&gate).into_router();
    let ask = |user: i64, body: Json| {
        let request = Request::post("/statezero/shop.item/")
            .header("x-user", user.to_string())
            .header("content-type", "application/json")
            .body(axum::body::Body::from(body.to_string()))
            .unwrap();
        let router = router.clone();
        async move {
            let response = router.oneshot(request).await.unwrap();
            let status = response.status();
            let bytes = response.into_body().collect().await.unwrap().to_bytes();
            let answer: Json = serde_json::from_slice(&bytes).unwrap();
            (status, answer)
        }
    };
    let made = json!({ "type": "create", "data": { "owner": 3, "price": "2.5", "tags": ["hot"], "team": 1 } });
    assert_eq!(world.ask("shop.item", made, json!({})).await.0, 200);
    let (status, answer) = ask(3, json!({ "ast": { "query": {} } })).await;
    assert_eq!(status, 200, "{answer}");
    let key = answer["data"]["data"][0].to_string();
    let object = &answer["data"]["included"]["shop.item"][&key];
    assert_eq!(object["price"], "2.50");
    assert_eq!(object["tags"], json!(["hot"]));
    assert_eq!(object["team"], 1);
    let hidden = json!({ "ast": { "query": { "filter": { "type": "filter", "conditions": { "secret": "x" } } } } });
    assert_eq!(ask(3, hidden).await.0, StatusCode::FORBIDDEN);
    let write = json!({ "ast": { "query": { "type": "create", "data": {} } } });
    assert_eq!(ask(1, write).await.0, StatusCode::FORBIDDEN);
    let all = ask(
        1,
        json!({ "ast": { "query": { "type": "count", "field": "*" } } }),
    )
    .await
    .1;
    let own = ask(
        3,
        json!({ "ast": { "query": { "type": "count", "field": "*" } } }),
    )
    .await
    .1;
    assert!(all["data"].as_i64().unwrap() > own["data"].as_i64().unwrap());
}

pub(crate) async fn rules_of_settings_are_about_what_rows_have(world: &World) {
    let build = async |only: Json| {
        let model = json!({ "name": "shop.Tag", "only": only });
        let settings = LiveSettings {
            models: vec![serde_json::from_value(model).unwrap()],
            ..LiveSettings::default()
        };
        let live = Live::builder(&world.database).settings(settings);
        live.models_of_settings().await.map(|_| ())
    };
    assert!(build(json!({ "slug": ["hot", "cold"] })).await.is_ok());
    for only in [json!({ "slug__in": ["hot"] }), json!({ "name": "hot" })] {
        let why = build(only).await.unwrap_err().to_string();
        assert!(why.contains("no field"), "{why}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_tables_become_models() {
    let world = World::sqlite(61).await;
    tables_become_models(&world).await;
    settings_alone_serve_models(&world).await;
    rules_of_settings_are_about_what_rows_have(&world).await;
}
