//! The functions of numbers that PostgreSQL has and SQLite, as it is bundled, does not.

use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::{ToSqlOutput, Value};
use rusqlite::{Connection, Error};

/// Adds them to a connection: `POWER(x, y)`, `FLOOR(x)`, `CEIL(x)`. What is no number gives NULL.
pub(super) fn add(connection: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8
        | FunctionFlags::SQLITE_DETERMINISTIC
        | FunctionFlags::SQLITE_INNOCUOUS;
    connection.create_scalar_function("power", 2, flags, |context| {
        let (base, exponent) = (number(context, 0)?, number(context, 1)?);
        let power = base
            .zip(exponent)
            .map(|(base, exponent)| base.powf(exponent));
        Ok(power.filter(|power| power.is_finite()))
    })?;
    connection.create_scalar_function("floor", 1, flags, |context| whole(context, f64::floor))?;
    connection.create_scalar_function("ceil", 1, flags, |context| whole(context, f64::ceil))
}

/// Integers are whole already.
fn whole(context: &Context<'_>, round: fn(f64) -> f64) -> Result<ToSqlOutput<'static>, Error> {
    let value = match context.get::<Value>(0)? {
        Value::Integer(value) => Value::Integer(value),
        Value::Real(value) => Value::Real(round(value)),
        Value::Null | Value::Text(_) | Value::Blob(_) => Value::Null,
    };
    Ok(ToSqlOutput::Owned(value))
}

fn number(context: &Context<'_>, index: usize) -> Result<Option<f64>, Error> {
    Ok(match context.get::<Value>(index)? {
        #[expect(clippy::cast_precision_loss, reason = "powers are floats")]
        Value::Integer(value) => Some(value as f64),
        Value::Real(value) => Some(value),
        Value::Null | Value::Text(_) | Value::Blob(_) => None,
    })
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::add;

    #[test]
    fn numbers_are_rounded_and_raised() {
        let connection = Connection::open_in_memory().unwrap();
        add(&connection).unwrap();
        for (sql, expected) in [
            ("power(3, 2)", Some(9.0)),
            ("floor(-2.25)", Some(-3.0)),
            ("ceil(-2.25)", Some(-2.0)),
            ("ceil(2)", Some(2.0)),
            ("power(10, 400)", None),
            ("floor('x')", None),
            ("power(NULL, 2)", None),
        ] {
            let found: Option<f64> = connection
                .query_row(&format!("SELECT {sql}"), [], |row| row.get(0))
                .unwrap();
            assert_eq!(found, expected, "{sql}");
        }
    }
}
