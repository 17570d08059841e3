//! The same on PostgreSQL: one server for all of it, since starting one takes longer than all of it.

use portcullis_sql::Database;

use crate::postgres::Server;
use crate::world::World;
use crate::{
    events, features, hub_receivers, introspection, leaks, malformed, outside, rules, writes,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_holds_on_postgres() {
    let Some(mut server) = Server::start() else {
        return;
    };
    let url = server.create_database("shop").await;
    let mut world = World::new(Database::connect_postgres(&url).await.unwrap(), None, 1).await;
    rules::memory_and_sql_agree(&world, 400, 9).await;
    for round in 0..6 {
        leaks::ask_around(&world, 77 + round, 40).await;
    }
    for model in ["shop.team", "shop.item", "shop.tag", "shop.note"] {
        world.grant(model, crate::world::Grant::default());
    }
    features::lookups(&world).await;
    features::pages(&world).await;
    features::aggregates(&world).await;
    writes::all(&world).await;
    events::all(&world).await;
    introspection::tables_become_models(&world).await;
    introspection::settings_alone_serve_models(&world).await;
    introspection::rules_of_settings_are_about_what_rows_have(&world).await;
    malformed::never_our_fault(&world, 1500, 3).await;
    hub_receivers::everybody_hears_what_they_see(&mut world, 40, 5).await;
    outside::all(&mut world).await;
    drop(server);
}
