//! What lies below a JSON field: `facts__crew__lead`.

use portcullis_sql::{Dialect, Real, Value};
use serde_json::Value as Json;

use super::statement::Statement;
use crate::error::LiveError;

/// The place below a column, and how its value and type are asked for.
#[derive(Debug)]
pub(crate) struct JsonPlace {
    /// The JSON at the place; NULL when there is none.
    pub(crate) value: String,
    /// The value as text.
    pub(crate) text: String,
    /// The name of the value's type.
    kind: String,
    dialect: Dialect,
}

impl JsonPlace {
    /// The place; with no keys, the whole column.
    ///
    /// # Errors
    /// 400 for keys that a path cannot name.
    pub(crate) fn new(
        statement: &mut Statement,
        column: &str,
        keys: &[String],
    ) -> Result<Self, LiveError> {
        if keys.iter().any(|key| key.contains(['"', '\\', '\0'])) {
            return Err(LiveError::invalid("A key of a JSON path cannot be read."));
        }
        let dialect = statement.dialect;
        let place = match dialect {
            Dialect::Sqlite => {
                let path: String = keys.iter().map(|key| sqlite_key(key)).collect();
                let path = statement.bind(Value::Text(format!("${path}")));
                Self {
                    value: format!("json_extract({column}, {path})"),
                    text: format!("json_extract({column}, {path})"),
                    kind: format!("json_type({column}, {path})"),
                    dialect,
                }
            }
            Dialect::Postgres => {
                let path: Vec<String> = keys.iter().map(|key| format!("\"{key}\"")).collect();
                let path = statement.bind(Value::Text(format!("{{{}}}", path.join(","))));
                let path = format!("CAST({path} AS text[])");
                Self {
                    value: format!("({column} #> {path})"),
                    text: format!("({column} #>> {path})"),
                    kind: format!("jsonb_typeof({column} #> {path})"),
                    dialect,
                }
            }
        };
        Ok(place)
    }

    /// Whether there is something at the place, if only JSON's null.
    pub(crate) fn exists(&self) -> String {
        format!("({} IS NOT NULL)", self.kind)
    }

    /// Whether the value equals this one, of the same type.
    pub(crate) fn equals(&self, statement: &mut Statement, value: &Json) -> String {
        if self.dialect == Dialect::Postgres {
            let place = statement.bind(Value::Text(value.to_string()));
            return format!("({} = CAST({place} AS jsonb))", self.value);
        }
        match value {
            Json::Null => format!("({} = 'null')", self.kind),
            Json::Bool(truth) => format!("({} = '{truth}')", self.kind),
            Json::Number(_) | Json::String(_) => self.compares(statement, "=", value),
            Json::Array(_) | Json::Object(_) => {
                let place = statement.bind(Value::Text(value.to_string()));
                format!(
                    "({} IN ('array', 'object') AND {} = json({place}))",
                    self.kind, self.value
                )
            }
        }
    }

    /// Whether the value compares so with a number or a text; false for other types.
    pub(crate) fn compares(
        &self,
        statement: &mut Statement,
        operator: &str,
        value: &Json,
    ) -> String {
        let (types, place) = match (value, self.dialect) {
            (Json::Number(number), Dialect::Sqlite) => {
                let bound = match number.as_i64() {
                    Some(integer) => Value::Integer(integer),
                    None => Value::Real(Real(number.as_f64().unwrap_or_default())),
                };
                ("('integer', 'real')", statement.bind(bound))
            }
            (Json::Number(number), Dialect::Postgres) => {
                let place = statement.bind(Value::Text(number.to_string()));
                let number = format!(
                    "CASE WHEN {} = 'number' THEN CAST({} AS numeric) END",
                    self.kind, self.text
                );
                return format!("(({number}) {operator} CAST({place} AS numeric))");
            }
            (Json::String(text), Dialect::Sqlite) => {
                ("('text')", statement.bind(Value::Text(text.clone())))
            }
            (Json::String(text), Dialect::Postgres) => {
                ("('string')", statement.bind(Value::Text(text.clone())))
            }
            _ => return "(1=0)".to_owned(),
        };
        format!(
            "({} IN {types} AND {} {operator} {place})",
            self.kind, self.text
        )
    }
}

/// As Django: what reads as a number is a place in a list.
fn sqlite_key(key: &str) -> String {
    match key.parse::<u32>() {
        Ok(index) => format!("[{index}]"),
        Err(_) => format!(".\"{key}\""),
    }
}
