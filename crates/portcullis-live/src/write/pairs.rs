//! The tables of pairs behind many-to-many relations.

use portcullis_sql::LimitedTransaction;
use serde_json::Value as Json;

use crate::error::LiveError;
use crate::job::Job;
use crate::rule::{Rule, rule_sql};
use crate::sql::quoted;
use crate::value::bind;

/// How many pairs one statement writes.
const CHUNK: usize = 5000;

/// Relates rows that are not related yet: keys of the model, each with a key of the other.
pub(super) async fn add(
    job: &Job<'_>,
    name: &str,
    pairs: &[(&Json, &Json)],
    transaction: &mut LimitedTransaction,
) -> Result<(), LiveError> {
    let many = job.model.many_to_many.iter().find(|many| many.name == name);
    let Some(many) = many else { return Ok(()) };
    let Some(target) = job.rights.registry.model(&many.model) else {
        return Ok(());
    };
    for chunk in pairs.chunks(CHUNK) {
        let mut statement = job.statement();
        let tuples: Vec<String> = chunk
            .iter()
            .map(|(key, other)| {
                let key = bind(&mut statement, job.model.pk().kind(), key);
                let other = bind(&mut statement, target.pk().kind(), other);
                format!("({key}, {other})")
            })
            .collect();
        let sql = format!(
            "INSERT INTO {} ({}, {}) VALUES {}",
            quoted(&many.table),
            quoted(&many.from_column),
            quoted(&many.to_column),
            tuples.join(", ")
        );
        transaction.execute(&sql, statement.values()).await?;
    }
    Ok(())
}

/// Relates each of `keys` to exactly `others`.
pub(super) async fn set(
    job: &Job<'_>,
    name: &str,
    keys: &[Json],
    others: &[Json],
    transaction: &mut LimitedTransaction,
) -> Result<(), LiveError> {
    let many = job.model.many_to_many.iter().find(|many| many.name == name);
    let Some(many) = many else { return Ok(()) };
    let mut statement = job.statement();
    let places: Vec<String> = keys
        .iter()
        .map(|key| bind(&mut statement, job.model.pk().kind(), key))
        .collect();
    let Some(target) = job.rights.registry.model(&many.model) else {
        return Ok(());
    };
    // Pairs with rows that are hidden stay.
    let visible = match &job.rights.of(target).rule {
        Rule::Everything => String::new(),
        rule => {
            let rule = rule_sql(&mut statement, job.rights.registry, target, "t0", rule);
            format!(
                " AND {} IN (SELECT t0.{} FROM {} t0 WHERE {rule})",
                quoted(&many.to_column),
                quoted(&target.pk().column),
                quoted(&target.table)
            )
        }
    };
    let sql = format!(
        "DELETE FROM {} WHERE {} IN ({}){visible}",
        quoted(&many.table),
        quoted(&many.from_column),
        places.join(", ")
    );
    transaction.execute(&sql, statement.values()).await?;
    let pairs: Vec<(&Json, &Json)> = keys
        .iter()
        .flat_map(|key| others.iter().map(move |other| (key, other)))
        .collect();
    add(job, name, &pairs, transaction).await
}
