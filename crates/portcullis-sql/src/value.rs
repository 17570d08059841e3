//! What goes into a statement: one type for both engines.

use time::OffsetDateTime;

/// A parameter of a statement.
///
/// Text is any text column, also Django's 32 hex digits of a UUID on SQLite.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Value {
    /// NULL in a column of that kind: PostgreSQL wants to know. Made by `None.into()`.
    Null(Kind),
    /// A boolean.
    Bool(bool),
    /// Columns of any width; PostgreSQL refuses what does not fit.
    Integer(i64),
    /// A double.
    Real(Real),
    /// A text; types without a variant are texts that the statement casts.
    Text(String),
    /// To the microsecond: Django's text on SQLite, `timestamptz` on PostgreSQL.
    Time(OffsetDateTime),
}

/// What a value that is not there would have been.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// A boolean.
    Bool,
    /// An integer of any width.
    Integer,
    /// A double.
    Real,
    /// A text.
    Text,
    /// A time.
    Time,
}

/// A double, equal to another by its bits: so that values can be keys of a cache.
#[derive(Clone, Copy, Debug)]
pub struct Real(pub f64);

impl PartialEq for Real {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_bits() == other.0.to_bits()
    }
}

impl Eq for Real {}

impl std::hash::Hash for Real {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.to_bits().hash(state);
    }
}

/// A type whose absence has a [`Kind`].
pub(crate) trait Parameter: Into<Value> {
    const KIND: Kind;
}

impl<T: Parameter> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null(T::KIND), Into::into)
    }
}

macro_rules! parameters {
    ($($from:ty => $kind:ident, $value:pat => $into:expr;)*) => {$(
        impl From<$from> for Value {
            fn from($value: $from) -> Self {
                Self::$kind($into)
            }
        }

        impl Parameter for $from {
            const KIND: Kind = Kind::$kind;
        }
    )*};
}

parameters! {
    bool => Bool, value => value;
    i32 => Integer, value => value.into();
    u32 => Integer, value => value.into();
    i64 => Integer, value => value;
    &str => Text, value => value.to_owned();
    &String => Text, value => value.clone();
    String => Text, value => value;
    // Both engines then read back what was written.
    OffsetDateTime => Time, at => at.replace_microsecond(at.microsecond()).unwrap_or(at);
}

/// The parameters of a statement: `values![id, name, None::<String>]`.
macro_rules! values {
    ($($value:expr),* $(,)?) => {
        &[$($crate::value::Value::from($value)),*]
    };
}
pub(crate) use values;

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn absent_value_keeps_its_kind() {
        assert_eq!(Value::from(None::<i64>), Value::Null(Kind::Integer));
        assert_eq!(Value::from(None::<&str>), Value::Null(Kind::Text));
        assert_eq!(Value::from(Some(true)), Value::Bool(true));
    }

    #[test]
    fn time_is_cut_to_microseconds() {
        let at = Value::from(datetime!(1969-12-31 23:59:59.999_999_999 UTC));
        assert_eq!(at, Value::Time(datetime!(1969-12-31 23:59:59.999_999 UTC)));
    }
}
