//! Portcullis' stores on an embedded SQLite file, in Django's schema.
//!
//! Reading order: [`Database`] (one writer, some readers), `migrations` (which tables there are),
//! `users`, `accounts`, `logins`, `sessions`, `attempts` (the parts of
//! [`Store`](portcullis_core::Store), a file each), [`timestamp`].
#![forbid(unsafe_code)]

mod accounts;
mod attempts;
mod database;
mod logins;
mod migrations;
mod sessions;
pub mod timestamp;
mod user_row;
mod users;
mod writer;

pub use database::{Database, Opened};
