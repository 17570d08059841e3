//! Portcullis' stores on an embedded SQLite file, in Django's schema.
//!
//! Reading order: [`Database`] (one writer, some readers), `migrations` (which tables there are),
//! `accounts` (the commands of [`AccountStore`](portcullis_core::AccountStore)), [`timestamp`].
#![forbid(unsafe_code)]

mod accounts;
mod database;
mod migrations;
mod throttle;
pub mod timestamp;
mod user_row;
mod writer;

pub use database::{Database, Opened};
