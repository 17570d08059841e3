//! The rows that come along, level by level: one statement for each relation of a level, however many rows.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value as Json, json};

use super::keys::{CHUNK, related_keys, where_keys};
use super::rows::{Columns, key_text};
use super::selection::Selection;
use crate::error::LiveError;
use crate::job::Job;
use crate::model::{Kind, Member, Model, Record};
use crate::query::caps;
use crate::rule::Rule;
use crate::session::Session;
use crate::sql::quoted;

/// Rows of one model, in the order in which they were found.
#[derive(Default)]
struct Bucket {
    order: Vec<String>,
    records: HashMap<String, Record>,
    /// Keys at the other end of relations to many, by the row's key and the relation.
    related: HashMap<(String, String), Vec<Json>>,
    /// Keys that were looked at and can be seen, where rows do not come along.
    seen: HashSet<String>,
    /// Keys of rows that are hidden, or gone.
    hidden: HashSet<String>,
}

/// Collects the rows of an answer.
pub(crate) struct Collector<'r, 'a> {
    job: &'r Job<'a>,
    selection: &'r Selection,
    buckets: HashMap<String, Bucket>,
    count: usize,
}

impl<'r, 'a> Collector<'r, 'a> {
    pub(crate) fn new(job: &'r Job<'a>, selection: &'r Selection) -> Self {
        Self {
            job,
            selection,
            buckets: HashMap::new(),
            count: 0,
        }
    }

    /// `included` for these rows of the job's model.
    ///
    /// # Errors
    /// 400 when more rows come along than may.
    pub(crate) async fn collect(
        mut self,
        records: Vec<Record>,
        session: &mut Session<'_>,
    ) -> Result<Map<String, Json>, LiveError> {
        let model = self.job.model;
        let mut wave: Vec<(&'a Model, Vec<Json>)> = Vec::new();
        let keys = self.add(model, records);
        if self.selection.has(model) {
            wave.push((model, keys));
        }
        while !wave.is_empty() {
            wave = self.next(wave, session).await?;
        }
        Ok(self.included())
    }

    fn add(&mut self, model: &Model, records: Vec<Record>) -> Vec<Json> {
        let bucket = self.buckets.entry(model.name.clone()).or_default();
        let mut added = Vec::new();
        for record in records {
            let key = record.get(model.pk().name()).clone();
            let text = key_text(&key);
            if !bucket.records.contains_key(&text) {
                bucket.order.push(text.clone());
                bucket.records.insert(text, record);
                added.push(key);
            }
        }
        self.count += added.len();
        added
    }

    /// Follows the relations of new rows; the rows that were new at their other ends.
    async fn next(
        &mut self,
        wave: Vec<(&'a Model, Vec<Json>)>,
        session: &mut Session<'_>,
    ) -> Result<Vec<(&'a Model, Vec<Json>)>, LiveError> {
        let mut wanted: Vec<(&'a Model, Vec<Json>)> = Vec::new();
        for (model, keys) in wave {
            for name in self.selection.of(model) {
                let Some(member) = model.member(name) else {
                    continue;
                };
                let target = member
                    .target()
                    .and_then(|t| self.job.rights.registry.model(t));
                let Some(target) = target else { continue };
                let found = match member {
                    Member::Field(field) => self.forward(model, field.name(), &keys),
                    _ => {
                        let pairs =
                            related_keys(self.job, model, member, target, &keys, session).await?;
                        self.remember(model, name, pairs)
                    }
                };
                match wanted
                    .iter_mut()
                    .find(|(model, _)| model.name == target.name)
                {
                    Some((_, keys)) => keys.extend(found),
                    None => wanted.push((target, found)),
                }
            }
        }
        let mut next = Vec::new();
        for (target, keys) in wanted {
            let keys = self.unknown(target, keys);
            if keys.is_empty() {
                continue;
            }
            let added = self.load(target, &keys, session).await?;
            if self.selection.has(target) && !added.is_empty() {
                next.push((target, added));
            }
            if self.count > caps::INCLUDED {
                return Err(LiveError::Invalid(format!(
                    "More than {} rows would come along.",
                    caps::INCLUDED
                )));
            }
        }
        Ok(next)
    }

    /// The keys in a column of these rows.
    fn forward(&self, model: &Model, field: &str, keys: &[Json]) -> Vec<Json> {
        let Some(bucket) = self.buckets.get(&model.name) else {
            return Vec::new();
        };
        let values = keys.iter().filter_map(|key| {
            let record = bucket.records.get(&key_text(key))?;
            Some(record.get(field).clone()).filter(|value| !value.is_null())
        });
        values.collect()
    }

    fn remember(&mut self, model: &Model, name: &str, pairs: Vec<(Json, Json)>) -> Vec<Json> {
        let bucket = self.buckets.entry(model.name.clone()).or_default();
        let mut found = Vec::with_capacity(pairs.len());
        for (from, to) in pairs {
            let place = (key_text(&from), name.to_owned());
            bucket.related.entry(place).or_default().push(to.clone());
            found.push(to);
        }
        found
    }

    /// Those keys that were not looked at, each once.
    fn unknown(&self, model: &Model, keys: Vec<Json>) -> Vec<Json> {
        let bucket = self.buckets.get(&model.name);
        let mut once = HashSet::new();
        let new = keys.into_iter().filter(|key| {
            let text = key_text(key);
            let is_known = bucket.is_some_and(|bucket| {
                bucket.records.contains_key(&text)
                    || bucket.seen.contains(&text)
                    || bucket.hidden.contains(&text)
            });
            !is_known && once.insert(text)
        });
        new.collect()
    }

    /// Loads rows that come along, or finds out which of them can be seen; the keys of rows that came.
    async fn load(
        &mut self,
        model: &'a Model,
        keys: &[Json],
        session: &mut Session<'_>,
    ) -> Result<Vec<Json>, LiveError> {
        let comes_along = self.selection.has(model);
        if !comes_along && self.job.rights.of(model).rule == Rule::Everything {
            return Ok(Vec::new());
        }
        let columns = match comes_along {
            true => Columns::of(model, self.selection.of(model)),
            false => Columns {
                fields: vec![model.pk()],
            },
        };
        let mut records = Vec::new();
        for chunk in keys.chunks(CHUNK) {
            let mut statement = self.job.statement();
            let condition = where_keys(self.job, &mut statement, model, chunk);
            let list = columns.sql(statement.dialect, "t0");
            let sql = format!("SELECT {list} FROM {} t0{condition}", quoted(&model.table));
            let rows = session.rows(&sql, statement.values()).await?;
            records.extend(rows.iter().map(|row| columns.record(row)));
        }
        let key = model.pk().name();
        let visible: HashSet<String> = records.iter().map(|r| key_text(r.get(key))).collect();
        let added = match comes_along {
            true => self.add(model, records),
            false => Vec::new(),
        };
        let bucket = self.buckets.entry(model.name.clone()).or_default();
        for key in keys {
            let text = key_text(key);
            match visible.contains(&text) {
                true => bucket.seen.insert(text),
                false => bucket.hidden.insert(text),
            };
        }
        Ok(added)
    }

    fn included(&self) -> Map<String, Json> {
        let mut included = Map::new();
        for model in self.job.rights.registry.models() {
            let Some(bucket) = self.buckets.get(&model.name) else {
                continue;
            };
            if bucket.order.is_empty() {
                continue;
            }
            let mut objects = Map::new();
            for key in &bucket.order {
                if let Some(record) = bucket.records.get(key) {
                    objects.insert(key.clone(), self.object(model, bucket, key, record));
                }
            }
            included.insert(model.name.clone(), Json::Object(objects));
        }
        included
    }

    fn object(&self, model: &Model, bucket: &Bucket, key: &str, record: &Record) -> Json {
        let mut object = Map::new();
        let key_name = model.pk().name();
        object.insert(key_name.to_owned(), record.get(key_name).clone());
        object.insert("repr".to_owned(), portrait(model, record));
        for name in self.selection.of(model) {
            if name == key_name {
                continue;
            }
            let value = match model.member(name) {
                Some(Member::Field(field)) => match &field.reference {
                    Some(reference) => self.shown_key(&reference.model, record.get(name)),
                    None if matches!(field.kind(), Kind::File { .. }) => {
                        self.job.live.file(record.get(name))
                    }
                    None => record.get(name).clone(),
                },
                Some(member) => {
                    let place = (key.to_owned(), name.clone());
                    let keys = bucket.related.get(&place).cloned().unwrap_or_default();
                    match member.is_multiple() {
                        true => Json::Array(keys),
                        false => keys.into_iter().next().unwrap_or(Json::Null),
                    }
                }
                None => match model.computed.iter().find(|own| own.name == *name) {
                    Some(computed) => (computed.compute)(record),
                    None => continue,
                },
            };
            object.insert(name.clone(), value);
        }
        Json::Object(object)
    }

    /// A foreign key; null where the row that it names is hidden.
    fn shown_key(&self, target: &str, key: &Json) -> Json {
        let bucket = self.buckets.get(target);
        let is_hidden = bucket.is_some_and(|bucket| bucket.hidden.contains(&key_text(key)));
        match is_hidden {
            true => Json::Null,
            false => key.clone(),
        }
    }
}

/// `{"str": …, "img": …}`.
pub(crate) fn portrait(model: &Model, record: &Record) -> Json {
    let text = match &model.text {
        Some((_, text)) => text(record),
        None => {
            let key = key_text(record.get(model.pk().name()));
            format!("{} object ({key})", model.class_name)
        }
    };
    let image = model.image.as_ref().map(|(_, image)| image(record));
    json!({ "str": text, "img": image })
}
