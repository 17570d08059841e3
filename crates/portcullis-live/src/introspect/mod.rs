//! Models out of a database: its tables, columns and keys.

mod build;
mod catalogue;
mod kinds;

pub use build::ModelName;
pub use catalogue::Catalogue;
