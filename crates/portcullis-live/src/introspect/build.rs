//! Models of tables, to be refined by the builder or by settings.

use std::collections::HashMap;

use super::catalogue::{Catalogue, Table};
use super::kinds::kind;
use crate::model::{Field, Kind, ManyToMany, Model, OnDelete};

/// A model's name, and the table that it is made of.
#[derive(Clone, Debug)]
pub struct ModelName {
    /// Such as `depot`.
    pub app: String,
    /// Such as `Crate`.
    pub class_name: String,
    /// Such as `depot_crate`.
    pub table: String,
}

impl ModelName {
    /// A model in the table that Django would give it.
    #[must_use]
    pub fn new(app: &str, class_name: &str) -> Self {
        Self {
            app: app.to_owned(),
            class_name: class_name.to_owned(),
            table: format!("{app}_{}", class_name.to_lowercase()),
        }
    }

    fn name(&self) -> String {
        format!("{}.{}", self.app, self.class_name.to_lowercase())
    }
}

impl Catalogue {
    /// Models of these tables: fields of their columns, foreign keys to each other, and many-to-many relations
    /// through tables of pairs named as Django names them. What refers to other tables, and what has a type
    /// that live models do not have, is left out. A table that is not there, or has no single key, gives none.
    ///
    /// Nobody may do anything with them until they are given permissions.
    #[must_use]
    pub fn models(&self, names: &[ModelName]) -> Vec<Model> {
        let by_table: HashMap<&str, String> = names
            .iter()
            .map(|name| (name.table.as_str(), name.name()))
            .collect();
        let models = names.iter().filter_map(|name| {
            let table = self.tables.get(&name.table)?;
            self.model(name, table, &by_table)
        });
        models.collect()
    }

    fn model(
        &self,
        name: &ModelName,
        table: &Table,
        by_table: &HashMap<&str, String>,
    ) -> Option<Model> {
        let mut keys = table.columns.iter().filter(|column| column.is_key);
        let (Some(key), None) = (keys.next(), keys.next()) else {
            return None;
        };
        let mut model = Model::new(&name.app, &name.class_name).in_table(&name.table);
        let key_kind = kind(self.dialect, table, key)?;
        model = model.key(Field::new(&key.name, key_kind));
        for column in table.columns.iter().filter(|column| !column.is_key) {
            let is_unique = table.unique.contains(&column.name);
            let field = match table.foreign.get(&column.name) {
                Some(other) => {
                    let Some(target) = by_table.get(other.as_str()) else {
                        continue;
                    };
                    let field_name = column.name.strip_suffix("_id").unwrap_or(&column.name);
                    let field = match is_unique {
                        true => Field::one_to_one(field_name, target),
                        false => Field::foreign_key(field_name, target),
                    };
                    // What Django would do is not in the database; this loses nothing.
                    field.column(&column.name).on_delete(OnDelete::Protect)
                }
                None => {
                    let Some(kind) = kind(self.dialect, table, column) else {
                        continue;
                    };
                    let field = Field::new(&column.name, kind);
                    match is_unique {
                        true => field.unique(),
                        false => field,
                    }
                }
            };
            model = model.field_of(match column.is_null {
                true => field.nullable().blank(),
                false => field,
            });
        }
        for relation in self.pairs(name, by_table) {
            model = model.many_to_many(relation);
        }
        Some(model)
    }

    /// Tables named `TABLE_FIELD` with a key and two foreign keys, one of which is to the model's.
    fn pairs(&self, name: &ModelName, by_table: &HashMap<&str, String>) -> Vec<ManyToMany> {
        let prefix = format!("{}_", name.table);
        let mut found = Vec::new();
        for (other, table) in &self.tables {
            let Some(field) = other.strip_prefix(&prefix) else {
                continue;
            };
            if by_table.contains_key(other.as_str()) || table.columns.len() != 3 {
                continue;
            }
            let columns: Vec<(&String, &String)> = table
                .columns
                .iter()
                .filter_map(|column| table.foreign.get_key_value(&column.name))
                .collect();
            let [(first, first_table), (second, second_table)] = columns.as_slice() else {
                continue;
            };
            let (from, to, target) =
                match (*first_table == &name.table, *second_table == &name.table) {
                    (true, _) => (first, second, second_table),
                    (false, true) => (second, first, first_table),
                    (false, false) => continue,
                };
            if let Some(target) = by_table.get(target.as_str()) {
                let relation = ManyToMany::new(field, target, other, from.as_str(), to.as_str());
                found.push(relation.blank());
            }
        }
        found
    }
}

impl Model {
    /// The same, with an introspected column's kind made more exact, such as a decimal's digits on SQLite or
    /// the path of a file; without a field of that name, nothing changes.
    #[must_use]
    pub fn refined(mut self, name: &str, kind: Kind) -> Self {
        if let Some(field) = self.fields.iter_mut().find(|field| field.name == name) {
            field.kind = kind;
        }
        self
    }
}
