//! A set of field names, or all of them.

use std::collections::BTreeSet;

/// Field names: all, or some.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Names {
    /// Every field that the model exposes.
    #[doc(alias = "__all__")]
    All,
    /// These.
    These(BTreeSet<String>),
}

impl Names {
    /// No field.
    #[must_use]
    pub fn none() -> Self {
        Self::These(BTreeSet::new())
    }

    /// These fields.
    pub fn of<I: IntoIterator<Item = S>, S: Into<String>>(names: I) -> Self {
        Self::These(names.into_iter().map(Into::into).collect())
    }

    /// Whether a name is among them.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::These(names) => names.contains(name),
        }
    }

    /// Those of both.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::These(mut left), Self::These(right)) => {
                left.extend(right);
                Self::These(left)
            }
            _ => Self::All,
        }
    }
}
