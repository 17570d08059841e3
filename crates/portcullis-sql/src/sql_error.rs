//! What went wrong with a statement that somebody else's data went into.

use portcullis_core::StoreError;
use rusqlite::ffi;

use crate::failure::refused;

/// A promise of the schema that a statement would have broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Constraint {
    /// A unique key.
    Unique,
    /// A foreign key.
    ForeignKey,
    /// `NOT NULL`, `CHECK`, or another.
    Other,
}

/// Why a statement failed, so that the client's faults can be told from the machine's.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SqlError {
    /// The data breaks a constraint; the text is the engine's and may name columns and values.
    #[error("{1}")]
    Constraint(Constraint, String),
    /// The data does not fit its column, or a sum ran over.
    #[error("{0}")]
    Data(String),
    /// It took longer than it may.
    #[error("the statement took too long")]
    TooSlow,
    /// Anything else.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl SqlError {
    pub(crate) fn of_sqlite(error: &rusqlite::Error) -> Self {
        let rusqlite::Error::SqliteFailure(failure, text) = error else {
            return refused(error).into();
        };
        let text = text.clone().unwrap_or_else(|| failure.to_string());
        match (failure.code, failure.extended_code) {
            (ffi::ErrorCode::ConstraintViolation, extended) => {
                let constraint = match extended {
                    ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY => {
                        Constraint::Unique
                    }
                    ffi::SQLITE_CONSTRAINT_FOREIGNKEY => Constraint::ForeignKey,
                    _ => Constraint::Other,
                };
                Self::Constraint(constraint, text)
            }
            (ffi::ErrorCode::OperationInterrupted, _) => Self::TooSlow,
            (ffi::ErrorCode::TypeMismatch | ffi::ErrorCode::TooBig, _) => Self::Data(text),
            _ if text.contains("integer overflow") || text.contains("malformed JSON") => {
                Self::Data(text)
            }
            _ => refused(error).into(),
        }
    }

    pub(crate) fn of_postgres(error: &sqlx_core::Error) -> Self {
        let Some(database) = error.as_database_error() else {
            return refused(error).into();
        };
        let text = database.message().to_owned();
        let code = database.code().unwrap_or_default();
        match code.as_ref() {
            "23505" => Self::Constraint(Constraint::Unique, text),
            "23503" => Self::Constraint(Constraint::ForeignKey, text),
            "57014" => Self::TooSlow,
            code if code.starts_with("23") => Self::Constraint(Constraint::Other, text),
            // Values that do not fit; among them NUL in a text.
            code if code.starts_with("22") => Self::Data(text),
            _ => refused(error).into(),
        }
    }
}
