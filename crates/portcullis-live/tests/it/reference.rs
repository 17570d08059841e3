//! The slow reference: rows in memory, and what somebody sees of them, row by row.

use std::collections::HashMap;

use portcullis_live::{Facts, Names, Registry, Rule};
use serde_json::Value as Json;

use crate::random::relations;

/// A row's own fields.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) own: HashMap<String, Json>,
}

/// An item with a tag.
#[derive(Clone, Debug)]
pub(crate) struct Link {
    pub(crate) item: Json,
    pub(crate) tag: Json,
}

/// All rows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reference {
    rows: HashMap<String, Vec<Row>>,
    pub(crate) links: Vec<Link>,
}

/// A row with its surroundings.
#[derive(Clone)]
pub(crate) struct Seen<'a> {
    pub(crate) all: &'a Reference,
    pub(crate) model: &'static str,
    pub(crate) row: &'a Row,
}

impl Reference {
    pub(crate) fn add(&mut self, model: &str, row: Row) {
        self.rows.entry(model.to_owned()).or_default().push(row);
    }

    pub(crate) fn of(&self, model: &str) -> &[Row] {
        self.rows.get(model).map(Vec::as_slice).unwrap_or_default()
    }

    pub(crate) fn all(&self, model: &'static str) -> Vec<Seen<'_>> {
        let rows = self.of(model).iter();
        rows.map(|row| Seen {
            all: self,
            model,
            row,
        })
        .collect()
    }
}

pub(crate) fn key_name(model: &str) -> &'static str {
    if model == "shop.tag" { "slug" } else { "id" }
}

impl<'a> Seen<'a> {
    pub(crate) fn key(&self) -> &'a Json {
        &self.row.own[key_name(self.model)]
    }

    /// The rows at the other end of a relation, hidden ones too.
    pub(crate) fn at(&self, relation: &str) -> Vec<Self> {
        let (_, target) = relations(self.model)
            .iter()
            .find(|(name, _)| *name == relation)
            .unwrap();
        let others = self.all.all(target);
        let is_related = |other: &Self| match (self.model, relation) {
            ("shop.item", "team" | "parent") | ("shop.note", "item") => {
                self.row.own[relation] == *other.key()
            }
            ("shop.team", _) => other.row.own["team"] == *self.key(),
            ("shop.item", "children") => other.row.own["parent"] == *self.key(),
            ("shop.item", "notes") => other.row.own["item"] == *self.key(),
            ("shop.item", _) => self.all.has_tag(self.key(), other.key()),
            _ => self.all.has_tag(other.key(), self.key()),
        };
        others.into_iter().filter(is_related).collect()
    }
}

impl Reference {
    fn has_tag(&self, item: &Json, tag: &Json) -> bool {
        self.links
            .iter()
            .any(|link| link.item == *item && link.tag == *tag)
    }
}

/// For the rules of the crate: it boxes nothing and borrows, so that rows are made once.
pub(crate) struct Tree {
    own: HashMap<String, Json>,
    related: HashMap<String, Vec<Tree>>,
}

impl Tree {
    /// A row with what is related to it, so many steps far.
    pub(crate) fn of(seen: &Seen<'_>, depth: usize) -> Self {
        let mut related = HashMap::new();
        if depth > 0 {
            for (name, _) in relations(seen.model) {
                let others = seen.at(name);
                let others = others.iter().map(|other| Self::of(other, depth - 1));
                related.insert((*name).to_owned(), others.collect());
            }
        }
        Self {
            own: seen.row.own.clone(),
            related,
        }
    }
}

impl Facts for Tree {
    fn value(&self, field: &str) -> Json {
        self.own.get(field).cloned().unwrap_or_default()
    }

    fn related(&self, relation: &str) -> Vec<&dyn Facts> {
        let others = self.related.get(relation);
        others
            .into_iter()
            .flatten()
            .map(|row| row as &dyn Facts)
            .collect()
    }
}

/// What somebody sees: for each model, the keys of rows and the names of fields.
pub(crate) struct Sight {
    rows: HashMap<String, Vec<Json>>,
    fields: HashMap<String, Names>,
}

impl Sight {
    pub(crate) fn new(
        rows: &Reference,
        registry: &Registry,
        rules: &HashMap<&'static str, (Rule, Names)>,
    ) -> Self {
        let mut sight = Self {
            rows: HashMap::new(),
            fields: HashMap::new(),
        };
        for (model, (rule, names)) in rules {
            let definition = registry.model(model).unwrap();
            let visible = rows
                .all(model)
                .into_iter()
                .filter(|seen| rule.holds(registry, definition, &Tree::of(seen, 3)));
            let keys = visible.map(|seen| seen.key().clone()).collect();
            sight.rows.insert((*model).to_owned(), keys);
            sight.fields.insert((*model).to_owned(), names.clone());
        }
        sight
    }

    pub(crate) fn row(&self, model: &str, key: &Json) -> bool {
        self.rows[model].contains(key)
    }

    pub(crate) fn field(&self, model: &str, name: &str) -> bool {
        self.fields[model].has(name)
    }

    /// The visible rows at the other end of a relation.
    pub(crate) fn at<'a>(&self, seen: &Seen<'a>, relation: &str) -> Vec<Seen<'a>> {
        let others = seen.at(relation).into_iter();
        others
            .filter(|other| self.row(other.model, other.key()))
            .collect()
    }
}
