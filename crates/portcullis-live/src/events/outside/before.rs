//! Who saw a row as it was, by what the log has kept of it.

use portcullis_core::Principal;
use portcullis_sql::{Dialect, Value};

use super::super::Seen;
use super::triggers::kept;
use crate::error::LiveError;
use crate::job::Job;
use crate::live::Inner;
use crate::model::Model;
use crate::session::Session;
use crate::sql::{Statement, quoted};

/// The rules of those who are told that showed this row.
pub(super) async fn seen(live: &Inner, model: &Model, row: &str) -> Result<Seen, LiveError> {
    let rules = live.bus.interests.about(model.name());
    if rules.is_empty() {
        return Ok(Seen::default());
    }
    let job = Job::new(live, &Principal::Anonymous, model);
    let mut session = Session::Pool(&live.database);
    let from = |statement: &mut Statement| source(statement, model, row);
    Seen::among(&job, model, &from, rules, &mut session).await
}

/// The row as a table of its own. What was not kept is NULL, which no rule lets through but one that asks for it.
fn source(statement: &mut Statement, model: &Model, row: &str) -> String {
    let place = statement.bind(Value::Text(row.to_owned()));
    match statement.dialect {
        Dialect::Postgres => format!(
            "jsonb_populate_record(NULL::{}, CAST({place} AS jsonb)) t0",
            quoted(&model.table)
        ),
        Dialect::Sqlite => {
            let kept = kept(model);
            let columns = model.fields.iter().map(|field| {
                let name = quoted(&field.column);
                match kept.contains(&field.column.as_str()) {
                    true => {
                        let path = format!("$.{name}");
                        format!(
                            "json_extract({place}, '{}') AS {name}",
                            path.replace('\'', "''")
                        )
                    }
                    false => format!("NULL AS {name}"),
                }
            });
            format!("(SELECT {}) t0", columns.collect::<Vec<_>>().join(", "))
        }
    }
}
