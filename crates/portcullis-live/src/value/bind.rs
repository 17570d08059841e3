//! A value in its one form, as a parameter of a statement.

use portcullis_sql::{Dialect, Kind as SqlKind, Real, Value};
use serde_json::Value as Json;

use super::moment::parse_datetime;
use crate::model::Kind;
use crate::sql::Statement;

/// The place of a value in a statement's text, such as `?3` or `CAST(?3 AS uuid)`.
///
/// A value that is not in its kind's form is bound as NULL, which equals nothing.
pub(crate) fn bind(statement: &mut Statement, kind: &Kind, value: &Json) -> String {
    let postgres = statement.dialect == Dialect::Postgres;
    let text = |statement: &mut Statement, cast: &str| match value.as_str() {
        None => null(statement, kind),
        Some(text) => {
            let place = statement.bind(Value::Text(text.to_owned()));
            match postgres {
                true => format!("CAST({place} AS {cast})"),
                false => place,
            }
        }
    };
    match kind {
        Kind::Auto | Kind::Integer => match (value.as_i64(), value.as_f64()) {
            (Some(integer), _) => statement.bind(Value::Integer(integer)),
            (None, Some(float)) => statement.bind(Value::Real(Real(float))),
            (None, None) => null(statement, kind),
        },
        Kind::Real => match value.as_f64() {
            Some(float) => statement.bind(Value::Real(Real(float))),
            None => null(statement, kind),
        },
        Kind::Boolean => match value.as_bool() {
            Some(truth) => statement.bind(Value::Bool(truth)),
            None => null(statement, kind),
        },
        Kind::Decimal { .. } if !postgres => match value.as_str() {
            None => null(statement, kind),
            Some(text) => {
                let place = statement.bind(Value::Text(text.to_owned()));
                format!("CAST({place} AS NUMERIC)")
            }
        },
        Kind::Decimal { .. } => text(statement, "numeric"),
        Kind::Text { .. } | Kind::LongText | Kind::Email { .. } | Kind::File { .. } => {
            match value.as_str() {
                Some(text) => statement.bind(Value::Text(text.to_owned())),
                None => null(statement, kind),
            }
        }
        Kind::Date => text(statement, "date"),
        Kind::Time => text(statement, "time"),
        Kind::DateTime => match value.as_str().and_then(parse_datetime) {
            Some(at) => statement.bind(Value::Time(at)),
            None => null(statement, kind),
        },
        Kind::Uuid if postgres => text(statement, "uuid"),
        Kind::Uuid => match value.as_str() {
            Some(uuid) => statement.bind(Value::Text(uuid.replace('-', ""))),
            None => null(statement, kind),
        },
        Kind::Json => {
            let place = statement.bind(Value::Text(value.to_string()));
            match postgres {
                true => format!("CAST({place} AS jsonb)"),
                false => place,
            }
        }
    }
}

/// NULL of that kind.
pub(crate) fn null(statement: &mut Statement, kind: &Kind) -> String {
    let (sql_kind, cast) = match kind {
        Kind::Auto | Kind::Integer => (SqlKind::Integer, None),
        Kind::Real => (SqlKind::Real, None),
        Kind::Boolean => (SqlKind::Bool, None),
        Kind::DateTime => (SqlKind::Time, None),
        Kind::Decimal { .. } => (SqlKind::Text, Some("numeric")),
        Kind::Date => (SqlKind::Text, Some("date")),
        Kind::Time => (SqlKind::Text, Some("time")),
        Kind::Uuid => (SqlKind::Text, Some("uuid")),
        Kind::Json => (SqlKind::Text, Some("jsonb")),
        Kind::Text { .. } | Kind::LongText | Kind::Email { .. } | Kind::File { .. } => {
            (SqlKind::Text, None)
        }
    };
    let place = statement.bind(Value::Null(sql_kind));
    match (statement.dialect, cast) {
        (Dialect::Postgres, Some(cast)) => format!("CAST({place} AS {cast})"),
        _ => place,
    }
}
