//! What a column holds, by its declared type.

use portcullis_sql::Dialect;

use super::catalogue::{Column, Table};
use crate::model::Kind;

/// The kind; `None` for types that live models do not have.
pub(super) fn kind(dialect: Dialect, table: &Table, column: &Column) -> Option<Kind> {
    if table.json.contains(&column.name) {
        return Some(Kind::Json);
    }
    let declared = column.declared.as_str();
    let (word, sizes) = match declared.split_once('(') {
        Some((word, rest)) => (word.trim(), sizes(rest)),
        None => (declared, Vec::new()),
    };
    let first = sizes.first().copied();
    Some(match word {
        "integer" | "bigint" | "smallint" | "int" | "integer unsigned" | "bigint unsigned"
        | "smallint unsigned" => match column.is_key && !table.foreign.contains_key(&column.name) {
            true => Kind::Auto,
            false => Kind::Integer,
        },
        "character varying" | "varchar" | "character" => Kind::Text { max_length: first },
        // Django's UUIDs on SQLite.
        "char" if dialect == Dialect::Sqlite && first == Some(32) => Kind::Uuid,
        "char" => Kind::Text { max_length: first },
        "text" => Kind::LongText,
        "bool" | "boolean" => Kind::Boolean,
        "date" => Kind::Date,
        "datetime" | "timestamp with time zone" => Kind::DateTime,
        "time" | "time without time zone" => Kind::Time,
        "real" | "double precision" | "float" | "double" => Kind::Real,
        "numeric" | "decimal" => match sizes.as_slice() {
            [digits, places] => Kind::decimal(*digits, *places),
            // Nobody says how many places it has: rounding would lose some.
            _ => Kind::Real,
        },
        "uuid" => Kind::Uuid,
        "jsonb" => Kind::Json,
        _ => return None,
    })
}

/// The numbers of `12, 2)`.
fn sizes(text: &str) -> Vec<u32> {
    let inside = text.split(')').next().unwrap_or_default();
    let numbers = inside
        .split(',')
        .filter_map(|part| part.trim().parse().ok());
    numbers.collect()
}
