//! A rule as a condition in SQL: a boolean that is never NULL, about the row of an alias.

use super::{Rule, Test};
use crate::model::{Kind, Member, Model, Registry};
use crate::sql::{Statement, quoted, relation_exists};
use crate::value::{bind, given};

/// Whether a test can be made of a kind: the closed subset in which both engines and memory agree.
pub(super) fn fits(test: &Test, kind: &Kind) -> bool {
    let is_ordered = matches!(
        kind,
        Kind::Auto | Kind::Integer | Kind::Date | Kind::Time | Kind::DateTime | Kind::Uuid
    );
    match test {
        Test::IsNull(_) => true,
        Test::Is(_) | Test::In(_) => is_ordered || kind.is_text() || *kind == Kind::Boolean,
        Test::Before(_) | Test::UpTo(_) | Test::After(_) | Test::From(_) => is_ordered,
        Test::StartsWith(_) => kind.is_text(),
    }
}

/// The condition; one that lets nothing through where the rule does not fit the model, which is logged.
pub(crate) fn rule_sql(
    statement: &mut Statement,
    registry: &Registry,
    model: &Model,
    alias: &str,
    rule: &Rule,
) -> String {
    compile(statement, registry, model, alias, rule).unwrap_or_else(|| {
        tracing::error!(
            model = model.name(),
            "a rule does not fit its model: nothing is let through"
        );
        "(1=0)".to_owned()
    })
}

fn compile(
    statement: &mut Statement,
    registry: &Registry,
    model: &Model,
    alias: &str,
    rule: &Rule,
) -> Option<String> {
    Some(match rule {
        Rule::Everything => "(1=1)".to_owned(),
        Rule::Nothing => "(1=0)".to_owned(),
        Rule::Not(rule) => format!(
            "(NOT {})",
            compile(statement, registry, model, alias, rule)?
        ),
        Rule::All(rules) | Rule::Any(rules) => {
            let (word, empty) = match rule {
                Rule::All(_) => (" AND ", "(1=1)"),
                _ => (" OR ", "(1=0)"),
            };
            let parts: Option<Vec<String>> = rules
                .iter()
                .map(|rule| compile(statement, registry, model, alias, rule))
                .collect();
            let parts = parts?;
            match parts.is_empty() {
                true => empty.to_owned(),
                false => format!("({})", parts.join(word)),
            }
        }
        Rule::Related(name, rule) => {
            let member = model.member(name)?;
            let target = registry.model(member.target()?)?;
            let inner = statement.alias();
            let condition = compile(statement, registry, target, &inner, rule)?;
            relation_exists(statement, model, alias, member, target, &inner, &condition)
        }
        Rule::Field(name, test) => {
            let field = match name.as_str() {
                "pk" => model.pk(),
                name => match model.member(name)? {
                    Member::Field(field) => field,
                    Member::ManyToMany(_) | Member::Reverse(_) => return None,
                },
            };
            leaf(statement, alias, field.kind(), &field.column, test)?
        }
    })
}

fn leaf(
    statement: &mut Statement,
    alias: &str,
    kind: &Kind,
    column: &str,
    test: &Test,
) -> Option<String> {
    if !fits(test, kind) {
        return None;
    }
    let column = format!("{alias}.{}", quoted(column));
    let mut compared = |operator: &str, value| {
        let value = given(kind, value).ok()?;
        let place = bind(statement, kind, &value);
        Some(format!(
            "({column} IS NOT NULL AND {column} {operator} {place})"
        ))
    };
    match test {
        Test::IsNull(true) => Some(format!("({column} IS NULL)")),
        Test::IsNull(false) => Some(format!("({column} IS NOT NULL)")),
        Test::Is(value) => compared("=", value),
        Test::Before(value) => compared("<", value),
        Test::UpTo(value) => compared("<=", value),
        Test::After(value) => compared(">", value),
        Test::From(value) => compared(">=", value),
        Test::In(values) => {
            let equal: Option<Vec<String>> =
                values.iter().map(|value| compared("=", value)).collect();
            let equal = equal?;
            Some(match equal.is_empty() {
                true => "(1=0)".to_owned(),
                false => format!("({})", equal.join(" OR ")),
            })
        }
        Test::StartsWith(start) => {
            let length = i64::try_from(start.chars().count()).ok()?;
            let length = statement.bind(portcullis_sql::Value::Integer(length));
            let place = statement.bind(portcullis_sql::Value::Text(start.clone()));
            let beginning = match statement.dialect {
                portcullis_sql::Dialect::Sqlite => format!("substr({column}, 1, {length})"),
                portcullis_sql::Dialect::Postgres => {
                    format!("left({column}, CAST({length} AS integer))")
                }
            };
            Some(format!("({column} IS NOT NULL AND {beginning} = {place})"))
        }
    }
}
