//! One statement on a PostgreSQL connection, with our values.

use sqlx_core::Error;
use sqlx_core::arguments::Arguments as _;
use sqlx_core::executor::Executor;
use sqlx_core::query::{Query, query_with_result};
use sqlx_core::row::Row as _;
use sqlx_core::sql_str::AssertSqlSafe;
use sqlx_core::type_info::TypeInfo as _;
use sqlx_core::value::ValueRef as _;
use sqlx_postgres::{PgArguments, PgRow, PgValueFormat, PgValueRef, Postgres};
use time::{Duration, OffsetDateTime};

use crate::placeholders::to_dollars;
use crate::row::{Cell, Row};
use crate::value::{Kind, Real, Value};

/// Microseconds between the epochs of Unix and of PostgreSQL.
const EPOCH: i64 = 946_684_800_000_000;

/// The number of rows that the statement changed.
pub(crate) async fn execute<'c>(
    executor: impl Executor<'c, Database = Postgres>,
    sql: &str,
    values: &[Value],
) -> Result<u64, Error> {
    let done = query(sql, values).execute(executor).await?;
    Ok(done.rows_affected())
}

/// All rows of a query, or of a statement with RETURNING.
pub(crate) async fn rows<'c>(
    executor: impl Executor<'c, Database = Postgres>,
    sql: &str,
    values: &[Value],
) -> Result<Vec<Row>, Error> {
    let rows = query(sql, values).fetch_all(executor).await?;
    rows.iter().map(row).collect()
}

fn query(sql: &str, values: &[Value]) -> Query<'static, Postgres, PgArguments> {
    let mut arguments = PgArguments::default();
    let bound = values.iter().try_for_each(|value| match value {
        Value::Null(Kind::Bool) => arguments.add(None::<bool>),
        Value::Null(Kind::Integer) => arguments.add(None::<i64>),
        Value::Null(Kind::Real) => arguments.add(None::<f64>),
        Value::Null(Kind::Text) => arguments.add(None::<String>),
        Value::Null(Kind::Time) => arguments.add(None::<OffsetDateTime>),
        Value::Bool(value) => arguments.add(*value),
        Value::Integer(value) => arguments.add(*value),
        Value::Real(value) => arguments.add(value.0),
        Value::Text(value) => arguments.add(value.as_str()),
        Value::Time(at) => arguments.add(*at),
    });
    // The text is ours; what comes from outside is bound.
    query_with_result(AssertSqlSafe(to_dollars(sql)), bound.map(|()| arguments))
}

fn row(row: &PgRow) -> Result<Row, Error> {
    let cells = (0..row.len()).map(|index| {
        let value = row.try_get_raw(index)?;
        cell(&value).map_err(Error::decode)
    });
    Ok(Row(cells.collect::<Result<_, Error>>()?))
}

fn cell(value: &PgValueRef<'_>) -> Result<Cell, sqlx_core::error::BoxDynError> {
    if value.is_null() {
        return Ok(Cell::Null);
    }
    let kind = value.type_info();
    let other = || Cell::Other(kind.name().to_owned());
    if value.format() == PgValueFormat::Text {
        return Ok(other());
    }
    let bytes = value.as_bytes()?;
    Ok(match kind.name() {
        "BOOL" => Cell::Bool(bytes != [0]),
        "INT2" | "INT4" | "INT8" => integer(bytes).map_or_else(other, Cell::Integer),
        "FLOAT8" => match bytes.try_into() {
            Ok(eight) => Cell::Real(Real(f64::from_be_bytes(eight))),
            Err(_) => other(),
        },
        "TEXT" | "VARCHAR" | "CHAR" | "NAME" => Cell::Text(value.as_str()?.to_owned()),
        "TIMESTAMPTZ" => integer(bytes).and_then(time).map_or_else(other, Cell::Time),
        _ => other(),
    })
}

/// A big-endian integer of two, four or eight bytes.
fn integer(bytes: &[u8]) -> Option<i64> {
    let widths = (bytes.try_into(), bytes.try_into(), bytes.try_into());
    match widths {
        (Ok(two), _, _) => Some(i16::from_be_bytes(two).into()),
        (_, Ok(four), _) => Some(i32::from_be_bytes(four).into()),
        (_, _, Ok(eight)) => Some(i64::from_be_bytes(eight)),
        _ => None,
    }
}

/// `None` for `infinity` and for years that we cannot name.
fn time(microseconds: i64) -> Option<OffsetDateTime> {
    let since_unix = Duration::microseconds(microseconds.checked_add(EPOCH)?);
    OffsetDateTime::UNIX_EPOCH.checked_add(since_unix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_of_any_width_are_read() {
        assert_eq!(integer(&[0xff, 0xfe]), Some(-2));
        assert_eq!(integer(&[0, 0, 1, 0]), Some(256));
        assert_eq!(integer(&[0, 0, 0, 0, 0, 0, 1, 0]), Some(256));
        assert_eq!(integer(&[0, 0, 1]), None);
        assert_eq!(integer(&[]), None);
    }

    #[test]
    fn times_beyond_the_calendar_are_none() {
        assert_eq!(time(-EPOCH), Some(OffsetDateTime::UNIX_EPOCH));
        assert_eq!(time(i64::MAX), None);
        assert_eq!(time(i64::MIN), None);
    }
}
