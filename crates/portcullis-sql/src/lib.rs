//! Portcullis' stores in Django's schema: on an embedded SQLite file, or on PostgreSQL.
//!
//! Reading order: [`Database`] and `transaction` (the one seam, with `value` and `row`), `sqlite`
//! and `postgres` (the engines behind it), `cache` and `notices` (what is known without asking), `migrations`
//! (which tables there are), `users`, `accounts`, `logins`, `devices`, `jwt`, `login_list`, `sessions`, `names`,
//! `emails`, `attempts`, `outbox`, `social`, `tickets`, `standings`, `administration`, `second_factors` (the parts of
//! [`Store`](portcullis_core::Store), a file each),
//! [`timestamp`]; [`Limited`] (statements about tables that this crate does not know).
#![forbid(unsafe_code)]

mod accounts;
mod administration;
mod attempts;
mod audit;
mod cache;
mod database;
mod devices;
mod email_change;
mod emails;
mod failure;
mod inspection;
mod jwt;
mod limited;
mod login_ends;
mod login_list;
mod logins;
mod migrations;
mod names;
mod notices;
mod outbox;
mod permissions;
mod placeholders;
mod postgres;
mod reset;
mod row;
mod second_factors;
mod sessions;
mod social;
mod sql_error;
mod sqlite;
mod standings;
mod tables;
mod tickets;
pub mod timestamp;
mod transaction;
mod user_row;
mod user_table;
mod users;
mod value;

pub use database::{Database, Opened};
pub use inspection::Inspection;
pub use limited::{Limited, LimitedTransaction};
pub use row::{Cell, Row};
pub use sql_error::{Constraint, SqlError};
pub use tables::Tables;
pub use transaction::Dialect;
pub use value::{Kind, Real, Value};
