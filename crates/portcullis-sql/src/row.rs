//! What comes out of a query: one type for both engines.

use std::sync::Arc;

use portcullis_core::StoreError;
use time::OffsetDateTime;

use crate::failure::refused;
use crate::timestamp;
use crate::value::Real;

/// A row; its columns are read by their place, from 0. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row(pub(crate) Arc<[Cell]>);

/// A column of a row, as its engine gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cell {
    /// NULL.
    Null,
    /// A boolean, on PostgreSQL.
    Bool(bool),
    /// An integer of any width; booleans on SQLite.
    Integer(i64),
    /// A double.
    Real(Real),
    /// A text; dates, times and numbers of exact decimals on SQLite may be texts.
    Text(String),
    /// A time, on PostgreSQL.
    Time(OffsetDateTime),
    /// A type, by its name, or a value that nothing here has use for.
    Other(String),
}

impl Row {
    /// The columns, in order.
    #[must_use]
    pub fn cells(&self) -> &[Cell] {
        &self.0
    }

    /// The column's value as a `bool`, `i64`, `String`, [`OffsetDateTime`], or an `Option` of them.
    ///
    /// # Errors
    /// When there is no such column, or it holds something else.
    pub(crate) fn get<T: FromCell>(&self, index: usize) -> Result<T, StoreError> {
        let cell = self.0.get(index);
        cell.and_then(T::from_cell).ok_or_else(|| {
            // The value stays out of the log.
            let held = match cell {
                None => "nothing",
                Some(Cell::Null) => "NULL",
                Some(Cell::Bool(_)) => "a boolean",
                Some(Cell::Integer(_)) => "an integer",
                Some(Cell::Real(_)) => "a float",
                Some(Cell::Text(_)) => "text",
                Some(Cell::Time(_)) => "a time",
                Some(Cell::Other(name)) => name,
            };
            let wanted = std::any::type_name::<T>();
            refused(&format_args!("column {index} is {held}, not {wanted}"))
        })
    }
}

/// A type that columns are read as; `None` for a column that holds something else.
pub(crate) trait FromCell: Sized {
    fn from_cell(cell: &Cell) -> Option<Self>;
}

impl FromCell for bool {
    fn from_cell(cell: &Cell) -> Option<Self> {
        match cell {
            Cell::Bool(value) => Some(*value),
            // SQLite has no booleans.
            Cell::Integer(0) => Some(false),
            Cell::Integer(1) => Some(true),
            _ => None,
        }
    }
}

impl FromCell for i64 {
    fn from_cell(cell: &Cell) -> Option<Self> {
        match cell {
            Cell::Integer(value) => Some(*value),
            _ => None,
        }
    }
}

impl FromCell for String {
    fn from_cell(cell: &Cell) -> Option<Self> {
        match cell {
            Cell::Text(value) => Some(value.clone()),
            _ => None,
        }
    }
}

impl FromCell for OffsetDateTime {
    fn from_cell(cell: &Cell) -> Option<Self> {
        match cell {
            Cell::Time(at) => Some(*at),
            // SQLite has no times.
            Cell::Text(text) => timestamp::read(text),
            _ => None,
        }
    }
}

impl<T: FromCell> FromCell for Option<T> {
    fn from_cell(cell: &Cell) -> Option<Self> {
        match cell {
            Cell::Null => Some(None),
            _ => T::from_cell(cell).map(Some),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_type_is_an_error() {
        let cells = [Cell::Text("1".to_owned()), Cell::Null, Cell::Integer(2)];
        let row = Row(Arc::new(cells));
        assert!(row.get::<i64>(0).is_err());
        assert!(row.get::<OffsetDateTime>(0).is_err());
        assert!(row.get::<String>(1).is_err());
        assert!(row.get::<bool>(2).is_err());
        assert!(row.get::<i64>(3).is_err());
        assert_eq!(row.get::<Option<i64>>(1).unwrap(), None);
        assert_eq!(row.get::<Option<i64>>(2).unwrap(), Some(2));
        assert!(row.get::<Option<i64>>(0).is_err());
    }
}
