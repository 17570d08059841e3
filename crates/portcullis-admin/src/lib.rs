//! The admin site: what Django's `contrib.admin` users expect, for users and all that opens doors for them.
//!
//! Server-rendered pages that need no script. [`Admin`] makes the doors; who may do what is decided by Django's
//! permissions (`auth.view_user`, `auth.change_user`, …) as they are in the database at that moment.
//!
//! Reading order: [`Admin`], `visit` (who came, and what they may), `page` (how answers are written), `login`,
//! `index`, `users`, `groups`, `audit`, `health`.
#![forbid(unsafe_code)]

mod audit;
mod files;
mod groups;
mod health;
mod index;
mod login;
mod next;
mod page;
mod query;
mod settings;
mod setup;
mod site;
mod trouble;
mod users;
mod visit;

pub use settings::AdminSettings;
pub use site::Admin;
