//! The admin site, as its people see it.

mod entry;
mod groups;
mod health;
mod lists;
mod logins;
mod rights;
mod second_factor;
mod tables;
mod users;
mod visitor;
