//! F expressions in SQL.

use portcullis_sql::{Dialect, Real, Value};
use serde_json::Value as Json;

use crate::error::LiveError;
use crate::model::{Field, Kind, Model};
use crate::query::{Arithmetic, Operator};
use crate::sql::{Statement, quoted};

/// An expression whose fields are of a model, and numbers.
pub(super) struct Typed<'a> {
    model: &'a Model,
    expression: &'a Arithmetic,
}

impl<'a> Typed<'a> {
    /// An expression; whether its fields can be seen was asked before.
    pub(super) fn of(model: &'a Model, expression: &'a Arithmetic) -> Self {
        Self { model, expression }
    }

    /// The value that a field is set to.
    ///
    /// # Errors
    /// 400 for fields that are no numbers of the row itself; another field of the kind can be taken over.
    pub(super) fn assigned(
        &self,
        statement: &mut Statement,
        field: &Field,
    ) -> Result<String, LiveError> {
        if let Arithmetic::Field(name) = self.expression
            && let Some(other) = self.model.field(name)
            && (other.kind() == field.kind() || (other.kind().is_text() && field.kind().is_text()))
            && other.reference.is_none()
            && field.reference.is_none()
        {
            return Ok(quoted(&other.column));
        }
        check(self.model, self.expression)?;
        if !field.kind().is_number() || field.reference.is_some() {
            return Err(LiveError::Invalid(format!(
                "F expressions cannot be used on the field '{}'",
                field.name()
            )));
        }
        let sql = sql(statement, self.model, self.expression)?;
        Ok(match (field.kind(), statement.dialect) {
            (Kind::Integer, Dialect::Sqlite) => format!("CAST({sql} AS INTEGER)"),
            (Kind::Integer, Dialect::Postgres) => {
                format!("CAST(TRUNC(CAST({sql} AS numeric)) AS bigint)")
            }
            (Kind::Decimal { decimal_places, .. }, Dialect::Sqlite) => {
                format!("ROUND({sql}, {decimal_places})")
            }
            (Kind::Decimal { decimal_places, .. }, Dialect::Postgres) => {
                format!("ROUND(CAST({sql} AS numeric), {decimal_places})")
            }
            (_, Dialect::Sqlite) => format!("CAST({sql} AS REAL)"),
            (_, Dialect::Postgres) => format!("CAST({sql} AS float8)"),
        })
    }
}

fn check(model: &Model, expression: &Arithmetic) -> Result<(), LiveError> {
    match expression {
        Arithmetic::Constant(Json::Number(_)) => Ok(()),
        Arithmetic::Constant(_) => Err(LiveError::invalid("F expressions are made of numbers.")),
        Arithmetic::Field(name) => {
            let field = model.field(name).filter(|field| field.reference.is_none());
            match field.is_some_and(|field| field.kind().is_number()) {
                true => Ok(()),
                false => Err(LiveError::Invalid(format!(
                    "The field '{name}' cannot be computed with."
                ))),
            }
        }
        Arithmetic::Binary(_, left, right) => {
            check(model, left)?;
            check(model, right)
        }
        Arithmetic::Call(_, args) => args.iter().try_for_each(|arg| check(model, arg)),
    }
}

fn sql(
    statement: &mut Statement,
    model: &Model,
    expression: &Arithmetic,
) -> Result<String, LiveError> {
    let postgres = statement.dialect == Dialect::Postgres;
    Ok(match expression {
        Arithmetic::Field(name) => {
            let field = model.field(name);
            let column = field.map(|field| quoted(&field.column)).unwrap_or_default();
            // On SQLite arithmetic goes by the value: decimals are stored as numbers.
            column
        }
        Arithmetic::Constant(value) => match (value.as_i64(), value.as_f64()) {
            (Some(integer), _) => statement.bind(Value::Integer(integer)),
            (None, Some(float)) if postgres => {
                let place = statement.bind(Value::Real(Real(float)));
                format!("CAST({place} AS numeric)")
            }
            (None, Some(float)) => statement.bind(Value::Real(Real(float))),
            (None, None) => return Err(LiveError::invalid("F expressions are made of numbers.")),
        },
        Arithmetic::Binary(operator, left, right) => {
            let left = sql(statement, model, left)?;
            let right = sql(statement, model, right)?;
            let (left, right) = match postgres && !matches!(operator, Operator::Divide) {
                true => (
                    format!("CAST({left} AS numeric)"),
                    format!("CAST({right} AS numeric)"),
                ),
                false => (left, right),
            };
            match operator {
                Operator::Plus => format!("({left} + {right})"),
                Operator::Minus => format!("({left} - {right})"),
                Operator::Times => format!("({left} * {right})"),
                Operator::Divide => format!("({left} / {right})"),
                Operator::Remainder => format!("({left} % {right})"),
                Operator::Power => format!("POWER({left}, {right})"),
            }
        }
        Arithmetic::Call(name, args) => {
            let args: Result<Vec<String>, LiveError> =
                args.iter().map(|arg| sql(statement, model, arg)).collect();
            let args = args?.join(", ");
            match (name.as_str(), postgres) {
                ("round", true) => format!("ROUND(CAST({args} AS numeric))"),
                ("min", true) => format!("LEAST({args})"),
                ("max", true) => format!("GREATEST({args})"),
                ("abs", _) => format!("ABS({args})"),
                ("round", false) => format!("ROUND({args})"),
                ("floor", _) => format!("FLOOR({args})"),
                ("ceil", _) => format!("CEIL({args})"),
                ("min", false) => format!("MIN({args})"),
                _ => format!("MAX({args})"),
            }
        }
    })
}
