//! The keys at the other end of relations to many, for many rows at once.

use serde_json::Value as Json;

use crate::error::LiveError;
use crate::job::Job;
use crate::model::{Member, Model};
use crate::rule::{Rule, rule_sql};
use crate::session::Session;
use crate::sql::{Link, Statement, direction, pairs, quoted};
use crate::value::{bind, column, render};

/// How many keys one statement asks about.
pub(super) const CHUNK: usize = 5000;

/// Pairs of a row's key and that of a row related to it which can be seen, in the other model's order.
pub(super) async fn related_keys(
    job: &Job<'_>,
    model: &Model,
    member: Member<'_>,
    target: &Model,
    keys: &[Json],
    session: &mut Session<'_>,
) -> Result<Vec<(Json, Json)>, LiveError> {
    let mut found = Vec::new();
    for chunk in keys.chunks(CHUNK) {
        let mut statement = job.statement();
        let sql = sql(job, &mut statement, model, member, target, chunk);
        for row in session.rows(&sql, statement.values()).await? {
            if let [from, to] = row.cells() {
                found.push((
                    render(model.pk().kind(), from),
                    render(target.pk().kind(), to),
                ));
            }
        }
    }
    Ok(found)
}

fn sql(
    job: &Job<'_>,
    statement: &mut Statement,
    model: &Model,
    member: Member<'_>,
    target: &Model,
    keys: &[Json],
) -> String {
    let (own, other) = (model.pk(), target.pk());
    let (from, source) = match pairs(member) {
        Link::Pairs(table, from, to) => (
            format!("l.{}", quoted(from)),
            format!(
                "{} l INNER JOIN {} t0 ON t0.{} = l.{}",
                quoted(table),
                quoted(&target.table),
                quoted(&other.column),
                quoted(to)
            ),
        ),
        Link::Backward(column) | Link::Forward(column) => (
            format!("t0.{}", quoted(column)),
            format!("{} t0", quoted(&target.table)),
        ),
    };
    let places: Vec<String> = keys
        .iter()
        .map(|key| bind(statement, own.kind(), key))
        .collect();
    let rule = match &job.rights.of(target).rule {
        Rule::Everything => String::new(),
        rule => {
            let sql = rule_sql(statement, job.rights.registry, target, "t0", rule);
            format!(" AND {sql}")
        }
    };
    let mut order = Vec::new();
    for name in &target.ordering {
        let (name, descending) = direction(name);
        let visible = &job.rights.of(target).visible;
        if let Some(field) = target
            .field(name)
            .filter(|field| visible.contains(field.name()))
        {
            let word = if descending { " DESC" } else { "" };
            order.push(format!("t0.{}{word}", quoted(&field.column)));
        }
    }
    order.push(format!("t0.{}", quoted(&other.column)));
    let (dialect, from_kind) = (statement.dialect, own.kind());
    let selected = crate::value::as_selected(dialect, &from, from_kind);
    format!(
        "SELECT {selected}, {} FROM {source} WHERE {from} IN ({}){rule} ORDER BY {}",
        column(dialect, "t0", &other.column, other.kind()),
        places.join(", "),
        order.join(", ")
    )
}

/// ` WHERE key IN (…) AND rule` about rows of a model under the alias `t0`.
pub(crate) fn where_keys(
    job: &Job<'_>,
    statement: &mut Statement,
    model: &Model,
    keys: &[Json],
) -> String {
    let places: Vec<String> = keys
        .iter()
        .map(|key| bind(statement, model.pk().kind(), key))
        .collect();
    if places.is_empty() {
        return " WHERE (1=0)".to_owned();
    }
    let rule = match &job.rights.of(model).rule {
        Rule::Everything => String::new(),
        rule => {
            let sql = rule_sql(statement, job.rights.registry, model, "t0", rule);
            format!(" AND {sql}")
        }
    };
    format!(
        " WHERE t0.{} IN ({}){rule}",
        quoted(&model.pk().column),
        places.join(", ")
    )
}
