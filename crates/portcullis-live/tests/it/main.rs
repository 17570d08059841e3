//! What live models promise, over their routes, on real databases of both engines.
#![expect(clippy::unwrap_used, reason = "a test stops where its facts end")]

mod browser;
mod compared;
mod events;
mod features;
mod gate;
mod hub;
mod hub_many;
mod hub_nodes;
mod hub_receivers;
mod hub_rooms;
mod introspection;
mod leaks;
mod malformed;
mod on_postgres;
mod outside;
mod permissions;
#[path = "../../../portcullis-sql/tests/it/postgres.rs"]
mod postgres;
mod random;
mod reference;
mod rules;
mod statements;
mod wish;
mod wished_rows;
mod world;
mod writes;
