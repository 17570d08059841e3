//! One statement on an SQLite connection, with our values.

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ToSql, params_from_iter};

use crate::row::{Cell, Row};
use crate::timestamp;
use crate::value::{Real, Value};

/// The number of rows that the statement changed.
pub(crate) fn execute(
    connection: &Connection,
    sql: &str,
    values: &[Value],
) -> rusqlite::Result<u64> {
    let mut statement = connection.prepare_cached(sql)?;
    let changed = statement.execute(params_from_iter(values))?;
    Ok(u64::try_from(changed).unwrap_or(u64::MAX))
}

/// All rows of a query, or of a statement with RETURNING.
pub(crate) fn rows(
    connection: &Connection,
    sql: &str,
    values: &[Value],
) -> rusqlite::Result<Vec<Row>> {
    let mut statement = connection.prepare_cached(sql)?;
    let columns = statement.column_count();
    let rows = statement.query_map(params_from_iter(values), |row| {
        let cells = (0..columns).map(|index| row.get_ref(index).map(cell));
        Ok(Row(cells.collect::<rusqlite::Result<_>>()?))
    })?;
    rows.collect()
}

fn cell(value: ValueRef<'_>) -> Cell {
    match value {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(value) => Cell::Integer(value),
        ValueRef::Text(value) => match std::str::from_utf8(value) {
            Ok(text) => Cell::Text(text.to_owned()),
            Err(_) => Cell::Other("text that is not UTF-8".to_owned()),
        },
        ValueRef::Real(value) => Cell::Real(Real(value)),
        ValueRef::Blob(_) => Cell::Other("a blob".to_owned()),
    }
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Null(_) => ToSqlOutput::Owned(rusqlite::types::Value::Null),
            Self::Bool(value) => (*value).into(),
            Self::Integer(value) => (*value).into(),
            Self::Real(value) => value.0.into(),
            Self::Text(value) => value.as_str().into(),
            Self::Time(at) => timestamp::write(*at).into(),
        })
    }
}
