//! A column of a row as JSON in its kind's one form.

use portcullis_sql::{Cell, Dialect, timestamp};
use serde_json::{Value as Json, json};

use super::decimal::Decimal;
use super::hyphenated;
use super::moment::{parse_date, parse_time, write_date, write_datetime, write_time};
use crate::model::Kind;
use crate::sql::quoted;

/// How a column is selected, so that both engines give what [`render`] reads.
pub(crate) fn column(dialect: Dialect, alias: &str, column: &str, kind: &Kind) -> String {
    let name = format!("{alias}.{}", quoted(column));
    as_selected(dialect, &name, kind)
}

/// How an expression of that kind is selected.
pub(crate) fn as_selected(dialect: Dialect, expression: &str, kind: &Kind) -> String {
    match (dialect, kind) {
        (
            Dialect::Postgres,
            Kind::Decimal { .. } | Kind::Date | Kind::Time | Kind::Uuid | Kind::Json,
        ) => format!("CAST({expression} AS text)"),
        (Dialect::Postgres, Kind::Real) => format!("CAST({expression} AS float8)"),
        _ => expression.to_owned(),
    }
}

/// The JSON of a column; what does not fit its kind is shown as it is.
pub(crate) fn render(kind: &Kind, cell: &Cell) -> Json {
    let read = match (kind, cell) {
        (_, Cell::Null) => return Json::Null,
        (Kind::Boolean, Cell::Integer(value)) => Some(Json::Bool(*value != 0)),
        (Kind::Real, Cell::Integer(value)) => {
            #[expect(clippy::cast_precision_loss, reason = "the column is a float")]
            let value = *value as f64;
            Some(json!(value))
        }
        (Kind::Decimal { decimal_places, .. }, _) => {
            let text = match cell {
                Cell::Integer(value) => value.to_string(),
                Cell::Real(value) => significant(value.0),
                Cell::Text(text) => text.clone(),
                _ => String::new(),
            };
            Decimal::parse(&text).map(|decimal| Json::String(decimal.to_text(*decimal_places)))
        }
        (Kind::Date, Cell::Text(text)) => {
            parse_date(text.get(..10).unwrap_or(text)).map(|date| Json::String(write_date(date)))
        }
        (Kind::Time, Cell::Text(text)) => {
            parse_time(text).map(|time| Json::String(write_time(time)))
        }
        (Kind::DateTime, Cell::Text(text)) => {
            timestamp::read(text).map(|at| Json::String(write_datetime(at)))
        }
        (Kind::Uuid, Cell::Text(text)) => hyphenated(text).map(Json::String),
        (Kind::Json, Cell::Text(text)) => serde_json::from_str(text).ok(),
        _ => None,
    };
    read.unwrap_or_else(|| plain(cell))
}

fn plain(cell: &Cell) -> Json {
    match cell {
        Cell::Bool(value) => Json::Bool(*value),
        Cell::Integer(value) => json!(value),
        Cell::Real(value) => json!(value.0),
        Cell::Text(text) => Json::String(text.clone()),
        Cell::Time(at) => Json::String(write_datetime(*at)),
        _ => Json::Null,
    }
}

/// A float with the 15 digits that it has for sure, as Django reads decimals on SQLite.
fn significant(value: f64) -> String {
    format!("{value:.14e}")
}
