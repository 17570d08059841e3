//! What goes along when rows are deleted, as the models say: found level by level, then deleted.

use std::collections::{HashMap, HashSet};

use portcullis_sql::LimitedTransaction;
use serde_json::Value as Json;

use crate::error::LiveError;
use crate::events::{ChangeKind, Seen};
use crate::job::Job;
use crate::model::{Field, Kind, Model, OnDelete};
use crate::read::key_text;
use crate::sql::{Statement, quoted};
use crate::value::{bind, column, null, render};

/// How many rows may go along.
const MOST: usize = 20_000;

/// How many keys one statement names.
const CHUNK: usize = 5000;

/// Up to how many rows are told of one by one.
const SINGLES: usize = 1000;

/// Rows to delete, those that refer to others after those.
pub(super) struct Cascade<'a> {
    levels: Vec<(&'a Model, Vec<Json>)>,
    /// Columns that lose what they refer to, and the keys that go.
    freed: Vec<(&'a Model, &'a Field, Vec<Json>)>,
}

impl<'a> Cascade<'a> {
    /// Finds what goes along with rows of the job's model.
    ///
    /// # Errors
    /// 409 when a protected row refers to one of them.
    pub(super) async fn of(
        job: &Job<'a>,
        keys: &[Json],
        transaction: &mut LimitedTransaction,
    ) -> Result<Self, LiveError> {
        let mut cascade = Self {
            levels: Vec::new(),
            freed: Vec::new(),
        };
        let mut known: HashMap<&str, HashSet<String>> = HashMap::new();
        let mut waiting = vec![(job.model, keys.to_vec())];
        let mut count = 0;
        while let Some((model, keys)) = waiting.pop() {
            let seen = known.entry(model.name()).or_default();
            let new = |key: &Json| seen.insert(key_text(key));
            let keys: Vec<Json> = {
                let mut new = new;
                keys.into_iter().filter(|key| new(key)).collect()
            };
            if keys.is_empty() {
                continue;
            }
            count += keys.len();
            if count > MOST {
                return Err(LiveError::Invalid(format!(
                    "More than {MOST} rows would be deleted."
                )));
            }
            for other in job.rights.registry.models() {
                for field in &other.fields {
                    let reference = field.reference.as_ref();
                    let Some(reference) = reference.filter(|r| r.model == model.name) else {
                        continue;
                    };
                    if reference.on_delete == OnDelete::SetNull {
                        cascade.freed.push((other, field, keys.clone()));
                        continue;
                    }
                    let referring = referring(job, other, field, &keys, transaction).await?;
                    if referring.is_empty() {
                        continue;
                    }
                    match reference.on_delete {
                        OnDelete::Protect => return Err(protected(model, other, field)),
                        OnDelete::Cascade | OnDelete::SetNull => waiting.push((other, referring)),
                    }
                }
            }
            cascade.levels.push((model, keys));
        }
        Ok(cascade)
    }

    /// Who sees the rows that go, by level.
    pub(super) async fn seen(
        &self,
        job: &Job<'_>,
        transaction: &mut LimitedTransaction,
    ) -> Result<Vec<Seen>, LiveError> {
        let mut seen = Vec::with_capacity(self.levels.len());
        for (model, keys) in &self.levels {
            seen.push(Seen::of(job, model, keys, transaction).await?);
        }
        Ok(seen)
    }

    /// Notes that the rows are gone, each by itself; where they are very many, those of a level together.
    pub(super) fn note(&self, job: &Job<'_>, seen: &[Seen]) -> Result<(), LiveError> {
        let count: usize = self.levels.iter().map(|(_, keys)| keys.len()).sum();
        for ((model, keys), seen) in self.levels.iter().zip(seen) {
            if count > SINGLES {
                job.note(ChangeKind::BulkDelete, model, keys, seen)?;
                continue;
            }
            for key in keys {
                let key = std::slice::from_ref(key);
                job.note(ChangeKind::Delete, model, key, seen)?;
            }
        }
        Ok(())
    }

    /// Notes that the rows that were asked for are gone, together.
    pub(super) fn note_together(
        &self,
        job: &Job<'_>,
        keys: &[Json],
        seen: &[Seen],
    ) -> Result<(), LiveError> {
        // The first level is theirs.
        match seen.first() {
            Some(seen) => job.note(ChangeKind::BulkDelete, job.model, keys, seen),
            None => Ok(()),
        }
    }

    /// Deletes; how many rows went, pairs of relations among them.
    pub(super) async fn delete(
        &self,
        job: &Job<'_>,
        transaction: &mut LimitedTransaction,
    ) -> Result<u64, LiveError> {
        let mut count = 0;
        for (model, field, keys) in &self.freed {
            for chunk in keys.chunks(CHUNK) {
                let mut statement = job.statement();
                let nothing = null(&mut statement, field.kind());
                let among = among(&mut statement, &field.column, field.kind(), chunk);
                let sql = format!(
                    "UPDATE {} SET {} = {nothing} WHERE {among}",
                    quoted(&model.table),
                    quoted(&field.column)
                );
                transaction.execute(&sql, statement.values()).await?;
            }
        }
        for (model, keys) in self.levels.iter().rev() {
            for (table, own) in pair_tables(job, model) {
                count += remove(job, table, own, model.pk().kind(), keys, transaction).await?;
            }
        }
        for (model, keys) in self.levels.iter().rev() {
            let key = model.pk();
            count += remove(
                job,
                &model.table,
                &key.column,
                key.kind(),
                keys,
                transaction,
            )
            .await?;
        }
        Ok(count)
    }
}

fn protected(model: &Model, other: &Model, field: &Field) -> LiveError {
    LiveError::Conflict(
        format!(
            "Cannot delete some instances of model '{}' because they are referenced through protected foreign keys: '{}.{}'.",
            model.class_name, other.class_name, field.name
        ),
        "Cannot delete this object because other objects depend on it.".to_owned(),
    )
}

/// Every table of pairs that has keys of the model, with their column.
fn pair_tables<'m>(job: &'m Job<'_>, model: &'m Model) -> Vec<(&'m str, &'m str)> {
    let models = job.rights.registry.models().iter();
    let all = models.flat_map(|other| {
        other.many_to_many.iter().flat_map(move |many| {
            let own = (other.name == model.name).then_some(many.from_column.as_str());
            let theirs = (many.model == model.name).then_some(many.to_column.as_str());
            own.into_iter()
                .chain(theirs)
                .map(move |column| (many.table.as_str(), column))
        })
    });
    all.collect()
}

fn among(statement: &mut Statement, column: &str, kind: &Kind, keys: &[Json]) -> String {
    let places: Vec<String> = keys.iter().map(|key| bind(statement, kind, key)).collect();
    format!("{} IN ({})", quoted(column), places.join(", "))
}

async fn referring(
    job: &Job<'_>,
    other: &Model,
    field: &Field,
    keys: &[Json],
    transaction: &mut LimitedTransaction,
) -> Result<Vec<Json>, LiveError> {
    let key = other.pk();
    let mut found = Vec::new();
    for chunk in keys.chunks(CHUNK) {
        let mut statement = job.statement();
        let selected = column(statement.dialect, "t0", &key.column, key.kind());
        let among = among(&mut statement, &field.column, field.kind(), chunk);
        let sql = format!(
            "SELECT {selected} FROM {} t0 WHERE t0.{among} LIMIT {}",
            quoted(&other.table),
            MOST + 1
        );
        for row in transaction.rows(&sql, statement.values()).await? {
            if let [cell] = row.cells() {
                found.push(render(key.kind(), cell));
            }
        }
    }
    Ok(found)
}

async fn remove(
    job: &Job<'_>,
    table: &str,
    column: &str,
    kind: &Kind,
    keys: &[Json],
    transaction: &mut LimitedTransaction,
) -> Result<u64, LiveError> {
    let mut count = 0;
    for chunk in keys.chunks(CHUNK) {
        let mut statement = job.statement();
        let among = among(&mut statement, column, kind, chunk);
        let sql = format!("DELETE FROM {} WHERE {among}", quoted(table));
        count += transaction.execute(&sql, statement.values()).await?;
    }
    Ok(count)
}
