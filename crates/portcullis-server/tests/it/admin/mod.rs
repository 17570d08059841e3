//! The admin site, as its people see it.

mod changes;
mod entry;
mod health;
mod lists;
mod second_factor;
mod visitor;
