//! Portcullis' stores in Django's schema: on an embedded SQLite file, or on PostgreSQL.
//!
//! Reading order: [`Database`] and `transaction` (the one seam, with `value` and `row`), `sqlite`
//! and `postgres` (the engines behind it), `migrations` (which tables there are), `accounts` (the
//! commands of [`AccountStore`](portcullis_core::AccountStore)), [`timestamp`].
#![forbid(unsafe_code)]

mod accounts;
mod database;
mod failure;
mod migrations;
mod placeholders;
mod postgres;
mod row;
mod sqlite;
mod throttle;
pub mod timestamp;
mod transaction;
mod user_row;
mod value;

pub use database::{Database, Opened};
