//! The admin site, as its people see it.

mod entry;
mod lists;
mod visitor;
