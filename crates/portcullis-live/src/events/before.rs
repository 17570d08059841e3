//! Who sees rows: asked in the transaction, before they are written, and again when it is told.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use portcullis_sql::{Cell, LimitedTransaction, Row};
use serde_json::Value as Json;

use super::Fingerprint;
use crate::error::LiveError;
use crate::job::Job;
use crate::model::{Model, Record, Registry};
use crate::read::{Columns, key_text};
use crate::rule::{Facts, Rule, rule_sql};
use crate::session::Session;
use crate::sql::{Statement, quoted};
use crate::value::{bind, column, render};

/// How many rules one statement asks about.
const RULES: usize = 200;

/// How many keys one statement names.
const KEYS: usize = 1000;

/// The rules that show rows, with the rows' keys as text.
#[derive(Debug, Default)]
pub(crate) struct Seen(HashMap<Fingerprint, HashSet<String>>);

impl Seen {
    /// Who of those who are told of changes sees these rows now.
    pub(crate) async fn of(
        job: &Job<'_>,
        model: &Model,
        keys: &[Json],
        transaction: &mut LimitedTransaction,
    ) -> Result<Self, LiveError> {
        if !job.live.bus.is_heard() {
            return Ok(Self::default());
        }
        let rules = job.live.bus.interests.about(model.name());
        let mut session = Session::Transaction(transaction);
        Self::by(job, model, keys, rules, &mut session).await
    }

    /// Which of these rules show the rows now. Rules about a row's own fields are looked at here, those that go through
    /// relations are asked in SQL, many in one statement.
    pub(crate) async fn by(
        job: &Job<'_>,
        model: &Model,
        keys: &[Json],
        rules: Vec<(Fingerprint, Arc<Rule>)>,
        session: &mut Session<'_>,
    ) -> Result<Self, LiveError> {
        let mut seen = Self::default();
        if keys.is_empty() {
            return Ok(seen);
        }
        let (related, own): (Vec<_>, Vec<_>) = rules
            .into_iter()
            .partition(|(_, rule)| rule.has_relations());
        if !own.is_empty() {
            let records = records(job, model, keys, session).await?;
            for (name, rule) in &own {
                let shown = shown(job.rights.registry, model, rule, &records);
                if !shown.is_empty() {
                    seen.0.insert(*name, shown);
                }
            }
        }
        for rules in related.chunks(RULES) {
            for keys in keys.chunks(KEYS) {
                seen.ask(job, model, rules, keys, session).await?;
            }
        }
        Ok(seen)
    }

    /// Which of these rules show the one row of a source, which selects it as `t0`.
    pub(crate) async fn among(
        job: &Job<'_>,
        model: &Model,
        source: &(dyn Fn(&mut Statement) -> String + Sync),
        rules: Vec<(Fingerprint, Arc<Rule>)>,
        session: &mut Session<'_>,
    ) -> Result<Self, LiveError> {
        let mut seen = Self::default();
        let (related, own): (Vec<_>, Vec<_>) = rules
            .into_iter()
            .partition(|(_, rule)| rule.has_relations());
        if !own.is_empty() {
            let columns = Columns::all(model);
            let mut statement = job.statement();
            let from = source(&mut statement);
            let list = columns.sql(statement.dialect, "t0");
            let sql = format!("SELECT {list} FROM {from}");
            let rows = session.rows(&sql, statement.values()).await?;
            let records: Vec<Record> = rows.iter().map(|row| columns.record(row)).collect();
            for (name, rule) in &own {
                let shown = shown(job.rights.registry, model, rule, &records);
                if !shown.is_empty() {
                    seen.0.insert(*name, shown);
                }
            }
        }
        for rules in related.chunks(RULES) {
            let mut statement = job.statement();
            let from = source(&mut statement);
            let selected = selected(job, model, rules, &mut statement);
            let sql = format!("SELECT {selected} FROM {from}");
            seen.add(model, rules, &session.rows(&sql, statement.values()).await?);
        }
        Ok(seen)
    }

    /// The rules that show something.
    pub(crate) fn names(&self) -> impl Iterator<Item = Fingerprint> {
        self.0.keys().copied()
    }

    /// Whether a rule shows the row of a key.
    pub(crate) fn shows(&self, name: Fingerprint, key: &str) -> bool {
        self.0.get(&name).is_some_and(|shown| shown.contains(key))
    }

    async fn ask(
        &mut self,
        job: &Job<'_>,
        model: &Model,
        rules: &[(Fingerprint, Arc<Rule>)],
        keys: &[Json],
        session: &mut Session<'_>,
    ) -> Result<(), LiveError> {
        let mut statement = job.statement();
        let key = model.pk();
        let selected = selected(job, model, rules, &mut statement);
        let places: Vec<String> = keys
            .iter()
            .map(|value| bind(&mut statement, key.kind(), value))
            .collect();
        let sql = format!(
            "SELECT {selected} FROM {} t0 WHERE t0.{} IN ({})",
            quoted(&model.table),
            quoted(&key.column),
            places.join(", ")
        );
        self.add(model, rules, &session.rows(&sql, statement.values()).await?);
        Ok(())
    }

    /// Adds the verdicts of rows: a key, and one for each rule.
    fn add(&mut self, model: &Model, rules: &[(Fingerprint, Arc<Rule>)], rows: &[Row]) {
        for row in rows {
            let [own, verdicts @ ..] = row.cells() else {
                continue;
            };
            let text = key_text(&render(model.pk().kind(), own));
            for ((name, _), verdict) in rules.iter().zip(verdicts) {
                if *verdict == Cell::Integer(1) {
                    self.0.entry(*name).or_default().insert(text.clone());
                }
            }
        }
    }

    /// For each rule the places of the rows that it showed, among these keys.
    pub(crate) fn places(&self, keys: &[Json]) -> HashMap<Fingerprint, Vec<usize>> {
        let texts: Vec<String> = keys.iter().map(key_text).collect();
        let rules = self.0.iter().map(|(name, shown)| {
            let places = texts.iter().enumerate();
            let places = places.filter(|(_, text)| shown.contains(*text));
            (*name, places.map(|(place, _)| place).collect::<Vec<_>>())
        });
        rules.filter(|(_, places)| !places.is_empty()).collect()
    }
}

/// A row's key, and what each rule says of it.
fn selected(
    job: &Job<'_>,
    model: &Model,
    rules: &[(Fingerprint, Arc<Rule>)],
    statement: &mut Statement,
) -> String {
    let key = model.pk();
    let mut selected = vec![column(statement.dialect, "t0", &key.column, key.kind())];
    for (_, rule) in rules {
        let sql = rule_sql(statement, job.rights.registry, model, "t0", rule);
        selected.push(format!("CASE WHEN {sql} THEN 1 ELSE 0 END"));
    }
    selected.join(", ")
}

async fn records(
    job: &Job<'_>,
    model: &Model,
    keys: &[Json],
    session: &mut Session<'_>,
) -> Result<Vec<Record>, LiveError> {
    let columns = Columns::all(model);
    let mut records = Vec::with_capacity(keys.len());
    for keys in keys.chunks(KEYS) {
        let mut statement = job.statement();
        let list = columns.sql(statement.dialect, "t0");
        let places: Vec<String> = keys
            .iter()
            .map(|value| bind(&mut statement, model.pk().kind(), value))
            .collect();
        let sql = format!(
            "SELECT {list} FROM {} t0 WHERE t0.{} IN ({})",
            quoted(&model.table),
            quoted(&model.pk().column),
            places.join(", ")
        );
        let rows = session.rows(&sql, statement.values()).await?;
        records.extend(rows.iter().map(|row| columns.record(row)));
    }
    Ok(records)
}

/// The keys of the rows that a rule about their own fields shows.
fn shown(registry: &Registry, model: &Model, rule: &Rule, records: &[Record]) -> HashSet<String> {
    let key = model.pk().name();
    let shown = records
        .iter()
        .filter(|record| rule.holds(registry, model, &Own(record)));
    shown.map(|record| key_text(record.get(key))).collect()
}

/// A row without what is related to it.
pub(super) struct Own<'a>(pub(super) &'a Record);

impl Facts for Own<'_> {
    fn value(&self, field: &str) -> Json {
        self.0.get(field).clone()
    }

    fn related(&self, _: &str) -> Vec<&dyn Facts> {
        Vec::new()
    }
}
