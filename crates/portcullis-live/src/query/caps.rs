//! How much one query may ask for.

/// How deep filters may nest.
pub(crate) const DEPTH: usize = 64;

/// How many conditions a query may have.
pub(crate) const CONDITIONS: usize = 1000;

/// How many values a list may have.
pub(crate) const LIST_ITEMS: usize = 10_000;

/// How many steps a path may have.
pub(crate) const PATH_PARTS: usize = 24;

/// How many rows a page may have.
pub(crate) const PAGE: usize = 1000;

/// How many rows may be written at once.
pub(crate) const BULK: usize = 1000;

/// How many rows may come along with the rows that were asked for.
pub(crate) const INCLUDED: usize = 20_000;

/// How many fields may be requested, or ordered by.
pub(crate) const FIELDS: usize = 500;

/// How many words a search may have.
pub(crate) const WORDS: usize = 32;
