//! The recorded answers of the real packages, both directions.

mod passwords;
mod permissions;
mod validators;
mod vectors;
