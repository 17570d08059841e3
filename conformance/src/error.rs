//! What goes wrong outside a comparison: unreadable case files, and cases that cannot go on.

use std::path::{Path, PathBuf};

/// A file of the suite cannot be used. Nothing has been sent yet.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file as a whole: it is not there, or not of its format.
    #[error("{}: {reason}", file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// One case of the file.
    #[error("{}, case {case}: {reason}", file.display())]
    Case {
        /// The file.
        file: PathBuf,
        /// The case's name, or its place when it has none.
        case: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The command line asks for something the suite does not have.
    #[error("{0}")]
    Choice(String),
}

impl LoadError {
    pub(crate) fn file(file: &Path, reason: impl ToString) -> Self {
        Self::File {
            file: file.to_owned(),
            reason: reason.to_string(),
        }
    }

    pub(crate) fn case(file: &Path, case: impl Into<String>, reason: impl ToString) -> Self {
        Self::Case {
            file: file.to_owned(),
            case: case.into(),
            reason: reason.to_string(),
        }
    }
}

/// Why a case could not be played to its end. It counts as a failure of that case only.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Blocked(String);

impl Blocked {
    /// Says why.
    pub fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

impl From<std::io::Error> for Blocked {
    fn from(error: std::io::Error) -> Self {
        Self(format!("the connection failed: {error}"))
    }
}
