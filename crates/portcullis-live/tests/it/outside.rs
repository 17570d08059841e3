//! Changes that others make.

use std::sync::Arc;
use std::time::Duration;

use portcullis_core::{Clock, SystemClock};
use portcullis_live::{HubSettings, Rule};
use serde_json::{Value as Json, json};

use crate::browser::Browser;
use crate::hub_receivers::Served;
use crate::world::{Grant, World};

/// Writes as another program does: nothing of ours knows of it.
async fn sql(world: &World, statement: &str) {
    let database = world.database.limited(Duration::from_secs(10));
    let mut transaction = database.begin().await.unwrap();
    transaction.execute(statement, &[]).await.unwrap();
    transaction.commit().await.unwrap();
}

/// Everything that was heard of items until a note that another program writes.
async fn heard(world: &World, browser: &mut Browser) -> Vec<(String, Json)> {
    sql(world, "INSERT INTO shop_note (size) VALUES (1)").await;
    let mut heard = Vec::new();
    loop {
        let (name, data) = browser.event().await;
        match data["model"].as_str() {
            Some("shop.note") => return heard,
            _ => heard.push((name, data["instances"].clone())),
        }
    }
}

fn told(name: &str, key: i64) -> Vec<(String, Json)> {
    vec![(name.to_owned(), json!([key]))]
}

pub(crate) async fn all(world: &mut World) {
    world.database.migrate(SystemClock.now()).await.unwrap();
    let served = Served::of(world, HubSettings::default()).await;
    world.live.hear_outside().await.unwrap();
    // A second time changes nothing.
    world.live.hear_outside().await.unwrap();
    let own = [
        (51, Rule::is("owner", 901)),
        (52, Rule::is("team__open", true).and(Rule::is("owner", 902))),
    ];
    let grant = Grant {
        own: Arc::new(own.into_iter().collect()),
        ..Grant::default()
    };
    world.grant("shop.item", grant);
    let mut plain = hearing(&served, 51).await;
    let open = format!("UPDATE shop_team SET open = {} WHERE id IN (1, 2)", "TRUE");
    sql(world, &open).await;
    sql(
        world,
        &format!("UPDATE shop_team SET open = {} WHERE id = 2", "FALSE"),
    )
    .await;

    sql(
        world,
        "INSERT INTO shop_item (id, owner) VALUES (5001, 901)",
    )
    .await;
    assert_eq!(heard(world, &mut plain).await, told("create", 5001));
    sql(world, "INSERT INTO shop_item (id, owner) VALUES (5002, 7)").await;
    assert_eq!(heard(world, &mut plain).await, []);
    sql(world, "UPDATE shop_item SET owner = 7 WHERE id = 5001").await;
    assert_eq!(
        heard(world, &mut plain).await,
        told("update", 5001),
        "a lost row is told of"
    );
    sql(world, "UPDATE shop_item SET size = 3 WHERE id = 5001").await;
    assert_eq!(heard(world, &mut plain).await, []);
    sql(world, "UPDATE shop_item SET owner = 901 WHERE id = 5001").await;
    assert_eq!(heard(world, &mut plain).await, told("update", 5001));
    sql(world, "DELETE FROM shop_item WHERE id = 5001").await;
    assert_eq!(heard(world, &mut plain).await, told("delete", 5001));

    // By a relation: team 1 is open, team 2 is not.
    let mut related = hearing(&served, 52).await;
    sql(
        world,
        "INSERT INTO shop_item (id, owner, team_id) VALUES (5003, 902, 1)",
    )
    .await;
    assert_eq!(heard(world, &mut related).await, told("create", 5003));
    sql(world, "UPDATE shop_item SET team_id = 2 WHERE id = 5003").await;
    assert_eq!(heard(world, &mut related).await, told("update", 5003));
    sql(world, "UPDATE shop_item SET size = 3 WHERE id = 5003").await;
    assert_eq!(heard(world, &mut related).await, []);

    // Our own writes are told of once.
    let query = json!({ "type": "create", "data": { "owner": 902, "team": 1 } });
    let (_, answer) = world.ask("shop.item", query, json!({})).await;
    let key = answer["data"]["data"][0].as_i64().unwrap();
    assert_eq!(heard(world, &mut related).await, told("create", key));

    // Afterwards there is nothing of ours at the tables.
    let count = world.live.forget_outside().await.unwrap();
    assert!(count >= 4, "{count}");
    assert_eq!(world.live.forget_outside().await.unwrap(), 0);
    sql(world, "DELETE FROM shop_item WHERE id IN (5002, 5003)").await;
    world.grant("shop.item", Grant::default());
}

/// Somebody who hears of items and notes.
async fn hearing(served: &Served, user: i64) -> Browser {
    let mut browser = served.browser(user).await;
    for channel in ["private-shop.item", "private-shop.note"] {
        let answer = browser.subscribe(channel).await;
        assert_eq!(answer["event"], "pusher_internal:subscription_succeeded");
    }
    browser
}

#[tokio::test]
async fn what_others_write_is_told_by_the_same_rules() {
    let mut world = World::sqlite(8).await;
    all(&mut world).await;
}
