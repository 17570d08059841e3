//! Counts, sums, averages, and the least and the most.

use portcullis_sql::{Cell, Dialect};
use serde_json::{Value as Json, json};

use super::compiler::{Compiler, ROOT};
use super::scope::{End, Scope};
use super::statement::quoted;
use crate::error::LiveError;
use crate::model::Kind;
use crate::value::render;

/// A function over all rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Function {
    Count,
    Sum,
    Avg,
    Min,
    Max,
}

impl Function {
    pub(crate) fn of(name: &str) -> Option<Self> {
        Some(match name {
            "count" => Self::Count,
            "sum" => Self::Sum,
            "avg" => Self::Avg,
            "min" => Self::Min,
            "max" => Self::Max,
            _ => return None,
        })
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Sum => "sum",
            Self::Avg => "avg",
            Self::Min => "min",
            Self::Max => "max",
        }
    }
}

/// One aggregate of a statement: what is selected, and how its answer is read.
#[derive(Debug)]
pub(crate) struct Aggregate {
    pub(crate) sql: String,
    function: Function,
    kind: Kind,
}

impl Aggregate {
    /// A function over a field of the model's own that can be seen; `*` counts rows.
    ///
    /// # Errors
    /// 403 for anything but a visible field, 400 where it cannot be summed up or compared.
    pub(crate) fn new(
        compiler: &mut Compiler<'_, '_>,
        function: Function,
        field: &str,
    ) -> Result<Self, LiveError> {
        if field == "*" && function == Function::Count {
            return Ok(Self {
                sql: "COUNT(*)".to_owned(),
                function,
                kind: Kind::Integer,
            });
        }
        let visible = compiler.rights.of(compiler.model);
        let is_key = field == compiler.model.pk().name;
        if !visible.visible.contains(field) && !is_key {
            return Err(LiveError::denied(format!(
                "You do not have permission to aggregate on field '{field}'."
            )));
        }
        let scope = Scope::follow(compiler.rights.registry, compiler.model, field);
        let Some(scope) = scope.filter(|scope| scope.words.is_empty()) else {
            return Err(LiveError::Invalid(format!(
                "The field '{field}' is computed and cannot be aggregated."
            )));
        };
        if !scope.is_visible(compiler.model, compiler.rights) {
            return Err(LiveError::denied(format!(
                "You do not have permission to aggregate on field '{field}'."
            )));
        }
        let (expression, kind) = match (scope.end, scope.steps.is_empty()) {
            (End::Field(_, field), true) => (
                format!("{ROOT}.{}", quoted(&field.column)),
                field.kind.clone(),
            ),
            _ => compiler.expression(&scope, Some(usize::MAX)),
        };
        let sql =
            sql(compiler.statement.dialect, function, &expression, &kind).ok_or_else(|| {
                LiveError::Invalid(format!(
                    "The {} of the field '{field}' cannot be made.",
                    function.name()
                ))
            })?;
        let kind = match (function, &kind) {
            (Function::Count, _) => Kind::Integer,
            (Function::Sum | Function::Min | Function::Max, Kind::Auto) => Kind::Integer,
            _ => kind,
        };
        Ok(Self {
            sql,
            function,
            kind,
        })
    }

    /// The answer: decimals are numbers here, and null is over nothing.
    pub(crate) fn read(&self, cell: &Cell) -> Json {
        if self.function == Function::Avg {
            return render(&Kind::Real, cell);
        }
        match (&self.kind, cell) {
            (Kind::Decimal { .. }, Cell::Real(value)) => json!(value.0),
            (Kind::Decimal { .. }, Cell::Integer(value)) => {
                render(&Kind::Real, &Cell::Integer(*value))
            }
            (kind, cell) => render(kind, cell),
        }
    }
}

/// `None` where there is no such thing.
fn sql(dialect: Dialect, function: Function, expression: &str, kind: &Kind) -> Option<String> {
    let postgres = dialect == Dialect::Postgres;
    Some(match function {
        Function::Count => format!("COUNT({expression})"),
        Function::Sum | Function::Avg if !kind.is_number() => return None,
        Function::Sum => match (kind, postgres) {
            (Kind::Auto | Kind::Integer, true) => {
                format!("CAST(SUM({expression}) AS bigint)")
            }
            (_, true) => format!("CAST(SUM({expression}) AS float8)"),
            (_, false) => format!("SUM({expression})"),
        },
        Function::Avg => match postgres {
            true => format!("CAST(AVG({expression}) AS float8)"),
            false => format!("AVG({expression})"),
        },
        Function::Min | Function::Max => {
            let name = if function == Function::Min {
                "MIN"
            } else {
                "MAX"
            };
            match (kind, postgres) {
                (Kind::Json, _) => return None,
                (Kind::Boolean, true) => {
                    let name = if function == Function::Min {
                        "bool_and"
                    } else {
                        "bool_or"
                    };
                    format!("{name}({expression})")
                }
                (Kind::Decimal { .. } | Kind::Real, true) => {
                    format!("CAST({name}({expression}) AS float8)")
                }
                (Kind::Uuid | Kind::Date | Kind::Time, true) => {
                    format!("{name}(CAST({expression} AS text))")
                }
                _ => format!("{name}({expression})"),
            }
        }
    })
}
