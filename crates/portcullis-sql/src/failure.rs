//! What a database's error becomes: a line in the log and a [`StoreError`].

use std::fmt::Display;

use portcullis_core::StoreError;

/// The store's error for one of an engine's, which goes to the log.
pub(crate) fn refused(error: &dyn Display) -> StoreError {
    tracing::error!(cause = %error, "the database refused");
    StoreError::Unavailable(error.to_string())
}

/// The store's error when nobody answered in time.
pub(crate) fn away(text: &str) -> StoreError {
    tracing::error!(cause = text, "the database is away");
    StoreError::Unavailable(text.to_owned())
}
