//! A rule about a row that is at hand.

use std::cmp::Ordering;

use serde_json::Value as Json;

use super::{Rule, Test};
use crate::model::{Kind, Model, Registry};
use crate::value::given;

/// A row that rules can look at without a database.
pub trait Facts {
    /// A field of its own in its one form: decimals, times and UUIDs as text; null when there is none.
    fn value(&self, field: &str) -> Json;

    /// The rows at the other end of a relation.
    fn related(&self, relation: &str) -> Vec<&dyn Facts>;
}

impl Rule {
    /// Whether the rule lets a row of the model through. What it says in SQL is the authority; this is
    /// held equal to it by tests. A rule that does not fit the model lets nothing through.
    #[must_use]
    pub fn holds(&self, registry: &Registry, model: &Model, row: &dyn Facts) -> bool {
        holds(self, registry, model, row).unwrap_or(false)
    }
}

fn holds(rule: &Rule, registry: &Registry, model: &Model, row: &dyn Facts) -> Option<bool> {
    Some(match rule {
        Rule::Everything => true,
        Rule::Nothing => false,
        Rule::Not(rule) => !holds(rule, registry, model, row)?,
        Rule::All(rules) => {
            let verdicts = rules.iter().map(|rule| holds(rule, registry, model, row));
            verdicts.collect::<Option<Vec<bool>>>()?.iter().all(|v| *v)
        }
        Rule::Any(rules) => {
            let verdicts = rules.iter().map(|rule| holds(rule, registry, model, row));
            verdicts.collect::<Option<Vec<bool>>>()?.iter().any(|v| *v)
        }
        Rule::Related(name, rule) => {
            let target = registry.model(model.member(name)?.target()?)?;
            let related = row.related(name);
            let verdicts = related
                .iter()
                .map(|related| holds(rule, registry, target, *related));
            verdicts.collect::<Option<Vec<bool>>>()?.iter().any(|v| *v)
        }
        Rule::Field(name, test) => {
            let field = match name.as_str() {
                "pk" => model.pk(),
                name => model.field(name)?,
            };
            passes(test, field.kind(), &row.value(field.name()))?
        }
    })
}

/// `None` for a test that does not fit the kind.
fn passes(test: &Test, kind: &Kind, value: &Json) -> Option<bool> {
    if !super::sql::fits(test, kind) {
        return None;
    }
    let compared = |other: &Json| {
        let other = given(kind, other).ok()?;
        Some(compare(kind, value, &other))
    };
    let ordered = |other: &Json, wanted: &[Ordering]| {
        Some(compared(other)?.is_some_and(|order| wanted.contains(&order)))
    };
    match test {
        Test::IsNull(wanted) => Some(value.is_null() == *wanted),
        Test::Is(other) => ordered(other, &[Ordering::Equal]),
        Test::In(others) => {
            let equal = others
                .iter()
                .map(|other| ordered(other, &[Ordering::Equal]));
            Some(equal.collect::<Option<Vec<bool>>>()?.contains(&true))
        }
        Test::Before(other) => ordered(other, &[Ordering::Less]),
        Test::UpTo(other) => ordered(other, &[Ordering::Less, Ordering::Equal]),
        Test::After(other) => ordered(other, &[Ordering::Greater]),
        Test::From(other) => ordered(other, &[Ordering::Greater, Ordering::Equal]),
        Test::StartsWith(start) => Some(value.as_str().is_some_and(|t| t.starts_with(start))),
    }
}

/// `None` when one of the two is NULL.
fn compare(kind: &Kind, left: &Json, right: &Json) -> Option<Ordering> {
    match kind {
        Kind::Auto | Kind::Integer => match (left.as_i64(), right.as_i64()) {
            (Some(left), Some(right)) => Some(left.cmp(&right)),
            _ => left.as_f64()?.partial_cmp(&right.as_f64()?),
        },
        Kind::Boolean => Some(left.as_bool()?.cmp(&right.as_bool()?)),
        Kind::DateTime => {
            let read = |value: &Json| crate::value::parse_datetime(value.as_str()?);
            Some(read(left)?.cmp(&read(right)?))
        }
        // In their one form their texts compare as they do.
        _ => Some(left.as_str()?.cmp(right.as_str()?)),
    }
}
