//! A set of what may be done with a model.

use std::ops::BitOr;

/// What may be done: `Actions::READ | Actions::UPDATE`.
#[doc(alias = "ActionType")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Actions(u8);

impl Actions {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// Look.
    pub const READ: Self = Self(1);
    /// Make one.
    pub const CREATE: Self = Self(2);
    /// Change.
    pub const UPDATE: Self = Self(4);
    /// Remove.
    pub const DELETE: Self = Self(8);
    /// Make many at once.
    pub const BULK_CREATE: Self = Self(16);
    /// Everything.
    pub const ALL: Self = Self(31);

    /// Whether all of `wanted` are in it.
    #[must_use]
    pub fn has(self, wanted: Self) -> bool {
        self.0 & wanted.0 == wanted.0
    }

    /// Whether one of `wanted` is in it.
    #[must_use]
    pub fn has_any(self, wanted: Self) -> bool {
        self.0 & wanted.0 != 0
    }

    /// How a message names it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::READ => "read",
            Self::CREATE => "create",
            Self::UPDATE => "update",
            Self::DELETE => "delete",
            Self::BULK_CREATE => "bulk_create",
            _ => "this",
        }
    }
}

impl BitOr for Actions {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}
