//! The values of a statement, and names that do not clash.

use portcullis_sql::{Dialect, Value};

/// What belongs to one statement besides its text.
#[derive(Debug)]
pub(crate) struct Statement {
    pub(crate) dialect: Dialect,
    values: Vec<Value>,
    aliases: usize,
}

impl Statement {
    pub(crate) fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            values: Vec::new(),
            aliases: 0,
        }
    }

    /// Binds a value; its place in the text, such as `?3`.
    pub(crate) fn bind(&mut self, value: Value) -> String {
        self.values.push(value);
        format!("?{}", self.values.len())
    }

    /// A new name for a table, such as `t3`.
    pub(crate) fn alias(&mut self) -> String {
        self.aliases += 1;
        format!("t{}", self.aliases)
    }

    pub(crate) fn values(&self) -> &[Value] {
        &self.values
    }
}

/// A table's or a column's name in quotes.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
