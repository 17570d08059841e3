//! Rows of one model: which columns are needed, and what a row of them is as JSON.

use std::collections::BTreeSet;

use portcullis_sql::{Dialect, Row};
use serde_json::{Map, Value as Json};

use crate::model::{Field, Model, Record};
use crate::sql::{Compiler, ROOT};
use crate::value::{column, render};

/// The columns that are selected of a model.
#[derive(Clone, Debug)]
pub(crate) struct Columns<'a> {
    pub(crate) fields: Vec<&'a Field>,
}

impl<'a> Columns<'a> {
    /// What the selected fields need, and the key and the texts of the row.
    pub(crate) fn of(model: &'a Model, selected: &BTreeSet<String>) -> Self {
        let mut names: BTreeSet<&str> = BTreeSet::new();
        names.insert(model.pk().name());
        names.extend(selected.iter().map(String::as_str));
        for (needs, _) in model.text.iter().chain(&model.image) {
            names.extend(needs.iter().map(String::as_str));
        }
        for computed in &model.computed {
            if selected.contains(&computed.name) {
                names.extend(computed.needs.iter().map(String::as_str));
            }
        }
        let fields = model.fields.iter();
        Self {
            fields: fields
                .filter(|field| names.contains(field.name()))
                .collect(),
        }
    }

    /// All own columns.
    pub(crate) fn all(model: &'a Model) -> Self {
        Self {
            fields: model.fields.iter().collect(),
        }
    }

    /// The list of a `SELECT`.
    pub(crate) fn sql(&self, dialect: Dialect, alias: &str) -> String {
        let columns = self.fields.iter();
        let columns = columns.map(|field| column(dialect, alias, &field.column, field.kind()));
        columns.collect::<Vec<String>>().join(", ")
    }

    /// A row of exactly these columns.
    pub(crate) fn record(&self, row: &Row) -> Record {
        let fields = self.fields.iter().zip(row.cells());
        let fields = fields.map(|(field, cell)| (field.name.clone(), render(field.kind(), cell)));
        Record(fields.collect::<Map<String, Json>>())
    }
}

/// The rows of a compiled query, a page of them.
pub(crate) fn select(
    compiler: &mut Compiler<'_, '_>,
    columns: &Columns<'_>,
    limit: usize,
    offset: usize,
) -> String {
    let list = columns.sql(compiler.statement.dialect, ROOT);
    let page = page(compiler.statement.dialect, limit, offset);
    format!(
        "SELECT {list}{}{}{page}",
        compiler.source(),
        compiler.order()
    )
}

fn page(dialect: Dialect, limit: usize, offset: usize) -> String {
    let limit = match (limit, dialect) {
        (usize::MAX, Dialect::Sqlite) if offset > 0 => " LIMIT -1".to_owned(),
        (usize::MAX, _) => String::new(),
        (limit, _) => format!(" LIMIT {limit}"),
    };
    match offset {
        0 => limit,
        offset => format!("{limit} OFFSET {offset}"),
    }
}

/// A key as the text that stands in `included`.
pub(crate) fn key_text(key: &Json) -> String {
    match key {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}
