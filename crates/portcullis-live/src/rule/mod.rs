//! Which rows somebody may see, as data: one expression for SQL and for memory.

mod memory;
mod sql;

pub use memory::Facts;

pub(crate) use sql::rule_sql;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// A test of one field. NULL passes no test but [`Test::IsNull`].
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[non_exhaustive]
pub enum Test {
    /// Equals this.
    Is(Json),
    /// Is one of these.
    In(Vec<Json>),
    /// Is NULL, or is not.
    IsNull(bool),
    /// Comes before this; for integers, dates, times and UUIDs.
    Before(Json),
    /// Comes before this or equals it.
    UpTo(Json),
    /// Comes after this.
    After(Json),
    /// Comes after this or equals it.
    From(Json),
    /// A text begins with this; capitals matter on both engines.
    StartsWith(String),
}

/// A rule about rows of a model: tests of fields, membership through relations, and/or/not.
///
/// ```
/// use portcullis_live::Rule;
/// let open_or_own = Rule::is("site__is_open", true).or(Rule::is("owner", 7));
/// assert_eq!(open_or_own.clone().and(Rule::Everything), open_or_own);
/// ```
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[non_exhaustive]
pub enum Rule {
    /// Every row.
    Everything,
    /// No row.
    Nothing,
    /// Rows whose field passes.
    Field(String, Test),
    /// Rows to which at least one row is related that the other rule lets through.
    Related(String, Box<Rule>),
    /// Rows that all of these let through.
    All(Vec<Rule>),
    /// Rows that one of these lets through.
    Any(Vec<Rule>),
    /// The other rows.
    Not(Box<Rule>),
}

impl Rule {
    /// A test of a field, or of a field at the end of relations: `site__is_open`.
    #[must_use]
    pub fn test(path: &str, test: Test) -> Self {
        let mut names: Vec<&str> = path.split("__").collect();
        let field = names.pop().unwrap_or_default();
        let leaf = Self::Field(field.to_owned(), test);
        names.into_iter().rev().fold(leaf, |rule, name| {
            Self::Related(name.to_owned(), Box::new(rule))
        })
    }

    /// The field equals this.
    #[must_use]
    pub fn is(path: &str, value: impl Into<Json>) -> Self {
        Self::test(path, Test::Is(value.into()))
    }

    /// The field is one of these.
    #[must_use]
    pub fn is_in(path: &str, values: Vec<Json>) -> Self {
        Self::test(path, Test::In(values))
    }

    /// The field is NULL.
    #[must_use]
    pub fn is_null(path: &str) -> Self {
        Self::test(path, Test::IsNull(true))
    }

    /// A text field begins with this.
    #[must_use]
    pub fn starts_with(path: &str, text: &str) -> Self {
        Self::test(path, Test::StartsWith(text.to_owned()))
    }

    /// Rows that both let through.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Nothing, _) | (_, Self::Nothing) => Self::Nothing,
            (Self::Everything, rule) | (rule, Self::Everything) => rule,
            (Self::All(mut rules), Self::All(others)) => {
                rules.extend(others);
                Self::All(rules)
            }
            (Self::All(mut rules), rule) => {
                rules.push(rule);
                Self::All(rules)
            }
            (left, right) => Self::All(vec![left, right]),
        }
    }

    /// Rows that one of the two lets through.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Everything, _) | (_, Self::Everything) => Self::Everything,
            (Self::Nothing, rule) | (rule, Self::Nothing) => rule,
            (Self::Any(mut rules), Self::Any(others)) => {
                rules.extend(others);
                Self::Any(rules)
            }
            (Self::Any(mut rules), rule) => {
                rules.push(rule);
                Self::Any(rules)
            }
            (left, right) => Self::Any(vec![left, right]),
        }
    }

    /// Whether other rows than its own decide about a row.
    pub(crate) fn has_relations(&self) -> bool {
        match self {
            Self::Everything | Self::Nothing | Self::Field(..) => false,
            Self::Related(..) => true,
            Self::All(rules) | Self::Any(rules) => rules.iter().any(Self::has_relations),
            Self::Not(rule) => rule.has_relations(),
        }
    }

    /// The other rows. Written as a method, since it consumes the rule.
    #[expect(clippy::should_implement_trait, reason = "beside and() and or()")]
    #[must_use]
    pub fn not(self) -> Self {
        match self {
            Self::Everything => Self::Nothing,
            Self::Nothing => Self::Everything,
            Self::Not(rule) => *rule,
            rule => Self::Not(Box::new(rule)),
        }
    }
}
