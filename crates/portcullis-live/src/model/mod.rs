//! Models: what of the database is shown, under which names, and how.

mod builder;
mod computed;
mod field;
mod kind;
mod names;
mod record;
mod registry;
mod relation;

pub use computed::Computed;
pub use field::{Default, Field, OnDelete, Reference, Validator};
pub use kind::Kind;
pub use names::Names;
pub use record::Record;
pub use registry::{Registry, RegistryError};
pub use relation::{ManyToMany, Reverse};

pub(crate) use relation::{Member, Through};

use std::sync::Arc;

use serde_json::Value as Json;

use crate::hook::Hook;
use crate::permission::ModelPermission;

/// What a row is called, or shown as, made of its own fields.
pub type Portrait = Arc<dyn Fn(&Record) -> String + Send + Sync>;

/// A table, as clients may ask about it. Made by its builder methods, beginning with [`Model::new`].
#[derive(Clone)]
pub struct Model {
    pub(crate) name: String,
    pub(crate) class_name: String,
    pub(crate) table: String,
    pub(crate) title: Option<String>,
    pub(crate) plural: Option<String>,
    pub(crate) fields: Vec<Field>,
    pub(crate) primary_key: usize,
    pub(crate) many_to_many: Vec<ManyToMany>,
    pub(crate) reverse: Vec<Reverse>,
    pub(crate) computed: Vec<Computed>,
    pub(crate) exposed: Names,
    pub(crate) filterable: Names,
    pub(crate) searchable: Names,
    pub(crate) ordering_fields: Names,
    pub(crate) ordering: Vec<String>,
    pub(crate) text: Option<(Vec<String>, Portrait)>,
    pub(crate) image: Option<(Vec<String>, Portrait)>,
    pub(crate) display: Option<Json>,
    pub(crate) permissions: Vec<Arc<dyn ModelPermission>>,
    pub(crate) pre_hooks: Vec<Hook>,
    pub(crate) post_hooks: Vec<Hook>,
}

impl Model {
    /// The name, such as `depot.crate`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The table's name.
    #[must_use]
    pub fn table(&self) -> &str {
        &self.table
    }

    /// Its own fields.
    pub fn fields(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter()
    }

    pub(crate) fn pk(&self) -> &Field {
        &self.fields[self.primary_key]
    }

    pub(crate) fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The field whose column has that name, such as `site_id`.
    pub(crate) fn field_of_column(&self, column: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.column == column)
    }

    pub(crate) fn is_computed(&self, name: &str) -> bool {
        self.computed.iter().any(|computed| computed.name == name)
    }

    /// What stands behind a name, be it exposed or not.
    pub(crate) fn member(&self, name: &str) -> Option<Member<'_>> {
        if let Some(field) = self.field(name) {
            return Some(Member::Field(field));
        }
        let many = self.many_to_many.iter().find(|many| many.name == name);
        if let Some(many) = many {
            return Some(Member::ManyToMany(many));
        }
        let reverse = self.reverse.iter().find(|reverse| reverse.name == name);
        reverse.map(Member::Reverse)
    }

    /// Every name that rights can be about: the exposed ones, or all but reverse relations.
    pub(crate) fn names(&self) -> Vec<&str> {
        let fields = self.fields.iter().map(|field| field.name.as_str());
        let many = self.many_to_many.iter().map(|many| many.name.as_str());
        let computed = self.computed.iter().map(|computed| computed.name.as_str());
        let own = fields.chain(many);
        match &self.exposed {
            Names::All => own.chain(computed).collect(),
            Names::These(_) => {
                let reverse = self.reverse.iter().map(|reverse| reverse.name.as_str());
                own.chain(reverse)
                    .filter(|name| self.exposed.has(name))
                    .chain(computed)
                    .collect()
            }
        }
    }

    /// Whether a name can be shown at all.
    pub(crate) fn exposes(&self, name: &str) -> bool {
        match &self.exposed {
            Names::All => {
                self.is_computed(name)
                    || matches!(
                        self.member(name),
                        Some(Member::Field(_) | Member::ManyToMany(_))
                    )
            }
            Names::These(_) => self.is_computed(name) || self.exposed.has(name),
        }
    }

    /// What people call one of them: `depot site`.
    pub(crate) fn label(&self) -> String {
        let spaced = || {
            let mut words = String::new();
            for (index, character) in self.class_name.chars().enumerate() {
                if character.is_uppercase() && index > 0 {
                    words.push(' ');
                }
                words.extend(character.to_lowercase());
            }
            words
        };
        self.title.clone().unwrap_or_else(spaced)
    }

    /// What people call many of them.
    pub(crate) fn plural_label(&self) -> String {
        self.plural
            .clone()
            .unwrap_or_else(|| format!("{}s", self.label()))
    }
}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Model")
            .field("name", &self.name)
            .field("table", &self.table)
            .field("fields", &self.fields)
            .finish_non_exhaustive()
    }
}
