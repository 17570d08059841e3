//! Counts and sums of what can be seen.

use serde_json::{Map, Value as Json, json};

use crate::error::LiveError;
use crate::job::Job;
use crate::query::Query;
use crate::session::Session;
use crate::sql::{Aggregate, Function};

/// One function over one field.
pub(super) async fn one(
    job: &Job<'_>,
    query: &Query,
    function: Function,
    field: &str,
    session: &mut Session<'_>,
) -> Result<Json, LiveError> {
    let wanted = [(function, field)];
    let name = function.name();
    let context = format!("{name}:{field}");
    let build = |mut values: Vec<Json>| {
        let value = values.pop().unwrap_or(Json::Null);
        let mut metadata = Map::new();
        metadata.insert(name.to_owned(), Json::Bool(true));
        metadata.insert("response_type".to_owned(), json!("number"));
        json!({ "data": value, "metadata": metadata })
    };
    run(job, query, &wanted, &context, build, session).await
}

/// Several functions, each over a field.
pub(super) async fn many(
    job: &Job<'_>,
    query: &Query,
    list: &[(String, Function, String)],
    session: &mut Session<'_>,
) -> Result<Json, LiveError> {
    let wanted: Vec<(Function, &str)> = list
        .iter()
        .map(|(_, function, field)| (*function, field.as_str()))
        .collect();
    let context = format!("aggregate:{wanted:?}");
    let build = |values: Vec<Json>| {
        let named = list.iter().zip(values);
        let data: Map<String, Json> = named
            .map(|((name, _, field), value)| (format!("{field}_{name}"), value))
            .collect();
        json!({
            "data": { "data": data, "metadata": { "aggregated": true } },
            "metadata": { "aggregate": true, "response_type": "number" },
        })
    };
    run(job, query, &wanted, &context, build, session).await
}

async fn run(
    job: &Job<'_>,
    query: &Query,
    wanted: &[(Function, &str)],
    context: &str,
    build: impl FnOnce(Vec<Json>) -> Json,
    session: &mut Session<'_>,
) -> Result<Json, LiveError> {
    let mut compiler = job.compile(job.statement(), query)?;
    let aggregates: Result<Vec<Aggregate>, LiveError> = wanted
        .iter()
        .map(|(function, field)| Aggregate::new(&mut compiler, *function, field))
        .collect();
    let aggregates = aggregates?;
    if aggregates.is_empty() {
        return Ok(build(Vec::new()));
    }
    let columns: Vec<&str> = aggregates.iter().map(|one| one.sql.as_str()).collect();
    let sql = format!("SELECT {}{}", columns.join(", "), compiler.source());
    let prepared = (sql, compiler.statement.values().to_vec());
    let answer = async {
        let rows = session.rows(&prepared.0, &prepared.1).await?;
        let cells = rows.first().map(|row| row.cells()).unwrap_or_default();
        let values = aggregates.iter().zip(cells);
        Ok(build(values.map(|(one, cell)| one.read(cell)).collect()))
    };
    job.cached(&prepared, context, answer).await
}

/// Whether there is a row.
pub(super) async fn exists(
    job: &Job<'_>,
    query: &Query,
    session: &mut Session<'_>,
) -> Result<Json, LiveError> {
    let compiler = job.compile(job.statement(), query)?;
    let sql = format!("SELECT 1{} LIMIT 1", compiler.source());
    let rows = session.rows(&sql, compiler.statement.values()).await?;
    let exists = !rows.is_empty();
    let metadata = json!({ "exists": exists, "response_type": "number" });
    Ok(json!({ "data": exists, "metadata": metadata }))
}
