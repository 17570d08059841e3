//! Unique fields, told before the database says it.

use std::collections::HashSet;

use serde_json::Value as Json;

use super::form::Valid;
use crate::error::{FormErrors, LiveError};
use crate::job::Job;
use crate::read::key_text;
use crate::session::Session;
use crate::sql::quoted;
use crate::value::{bind, column, render};

/// Adds an error where a value is taken by a row that is none of `own`. One statement for each unique field.
pub(crate) async fn check(
    job: &Job<'_>,
    rows: &mut [Result<Valid, FormErrors>],
    own: &[Json],
    session: &mut Session<'_>,
) -> Result<(), LiveError> {
    let model = job.model;
    let key = model.pk();
    for field in &model.fields {
        if !field.is_unique || field.reference.is_some() {
            continue;
        }
        let values: Vec<Json> = rows
            .iter()
            .filter_map(|row| row.as_ref().ok()?.fields.get(field.name()))
            .filter(|value| !value.is_null())
            .cloned()
            .collect();
        if values.is_empty() {
            continue;
        }
        let mut statement = job.statement();
        let places: Vec<String> = values
            .iter()
            .map(|value| bind(&mut statement, field.kind(), value))
            .collect();
        let others = match own.is_empty() {
            true => String::new(),
            false => {
                let own: Vec<String> = own
                    .iter()
                    .map(|value| bind(&mut statement, key.kind(), value))
                    .collect();
                format!(
                    " AND t0.{} NOT IN ({})",
                    quoted(&key.column),
                    own.join(", ")
                )
            }
        };
        let selected = column(statement.dialect, "t0", &field.column, field.kind());
        let sql = format!(
            "SELECT {selected} FROM {} t0 WHERE t0.{} IN ({}){others}",
            quoted(&model.table),
            quoted(&field.column),
            places.join(", ")
        );
        let taken = session.rows(&sql, statement.values()).await?;
        let taken: HashSet<String> = taken
            .iter()
            .filter_map(|row| row.cells().first())
            .map(|cell| key_text(&render(field.kind(), cell)))
            .collect();
        if taken.is_empty() {
            continue;
        }
        let message = format!(
            "{} with this {} already exists.",
            model.label(),
            field.label()
        );
        for row in rows.iter_mut() {
            let is_taken = row.as_ref().is_ok_and(|valid| {
                let value = valid.fields.get(field.name());
                value.is_some_and(|value| taken.contains(&key_text(value)))
            });
            if is_taken {
                *row = Err(FormErrors::of(field.name(), message.clone()));
            }
        }
    }
    Ok(())
}
