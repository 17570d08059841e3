//! All models, with their relations to each other.

use std::collections::HashMap;

use super::Model;
use super::field::Field;
use super::relation::{Reverse, Through};

/// Why models cannot be served.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// Two models have one name.
    #[error("the model {0} is registered twice")]
    Twice(String),
    /// A model shows a relation to one that is not registered, whose keys would leak.
    #[error(
        "the model {model} exposes {field}, a relation to {target}, which is not registered: \
         register it, or leave the field out of what {model} exposes"
    )]
    Unregistered {
        /// The model that exposes.
        model: String,
        /// What it exposes.
        field: String,
        /// The model that is missing.
        target: String,
    },
    /// A model names a field that it does not have.
    #[error("the model {0} names the field {1}, which it does not have")]
    NoField(String, String),
}

/// The models, in the order in which they were registered.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    models: Vec<Model>,
    by_name: HashMap<String, usize>,
}

impl Registry {
    /// Puts models together: reverse relations get their names, foreign keys their kinds.
    ///
    /// # Errors
    /// [`RegistryError`], which says what to do.
    pub fn new(models: Vec<Model>) -> Result<Self, RegistryError> {
        let mut by_name = HashMap::new();
        for (index, model) in models.iter().enumerate() {
            if by_name.insert(model.name.clone(), index).is_some() {
                return Err(RegistryError::Twice(model.name.clone()));
            }
        }
        let mut registry = Self { models, by_name };
        registry.check_targets()?;
        registry.add_reverse();
        registry.settle_kinds();
        registry.check_names()?;
        Ok(registry)
    }

    /// A model by its name; capitals do not matter behind the dot.
    #[must_use]
    pub fn model(&self, name: &str) -> Option<&Model> {
        let index = match self.by_name.get(name) {
            Some(index) => index,
            None => {
                let (app, model) = name.split_once('.')?;
                self.by_name
                    .get(&format!("{app}.{}", model.to_lowercase()))?
            }
        };
        self.models.get(*index)
    }

    /// All of them.
    #[must_use]
    pub fn models(&self) -> &[Model] {
        &self.models
    }

    fn check_targets(&self) -> Result<(), RegistryError> {
        for model in &self.models {
            let fields = model.fields.iter().filter_map(|field| {
                let reference = field.reference.as_ref()?;
                Some((&field.name, &reference.model))
            });
            let many = model.many_to_many.iter().map(|m| (&m.name, &m.model));
            for (field, target) in fields.chain(many) {
                if model.exposes(field) && !self.by_name.contains_key(target) {
                    return Err(RegistryError::Unregistered {
                        model: model.name.clone(),
                        field: field.clone(),
                        target: target.clone(),
                    });
                }
            }
        }
        Ok(())
    }

    fn add_reverse(&mut self) {
        let mut found: Vec<(String, Reverse)> = Vec::new();
        for model in &self.models {
            let lower = model.class_name.to_lowercase();
            for field in &model.fields {
                let Some(reference) = &field.reference else {
                    continue;
                };
                let name = reference.related_name.clone();
                let reverse = Reverse {
                    name: name.unwrap_or_else(|| lower.clone()),
                    model: model.name.clone(),
                    through: Through::Column(field.column.clone()),
                    is_one: reference.is_unique,
                };
                found.push((reference.model.clone(), reverse));
            }
            for many in &model.many_to_many {
                let name = many.related_name.clone();
                let through = Through::Pairs(
                    many.table.clone(),
                    many.to_column.clone(),
                    many.from_column.clone(),
                );
                let reverse = Reverse {
                    name: name.unwrap_or_else(|| lower.clone()),
                    model: model.name.clone(),
                    through,
                    is_one: false,
                };
                found.push((many.model.clone(), reverse));
            }
        }
        for (target, reverse) in found {
            let index = self.by_name.get(&target).copied();
            let Some(model) = index.and_then(|index| self.models.get_mut(index)) else {
                continue;
            };
            if model.member(&reverse.name).is_none() {
                model.reverse.push(reverse);
            }
        }
    }

    /// A foreign key holds what the other's key holds.
    fn settle_kinds(&mut self) {
        let kinds: HashMap<String, super::Kind> = self
            .models
            .iter()
            .map(|model| (model.name.clone(), model.pk().kind.clone()))
            .collect();
        for model in &mut self.models {
            for field in &mut model.fields {
                let target = field.reference.as_ref().map(|r| &r.model);
                if let Some(kind) = target.and_then(|target| kinds.get(target)) {
                    field.kind = match kind {
                        super::Kind::Auto => super::Kind::Integer,
                        kind => kind.clone(),
                    };
                }
            }
        }
    }

    fn check_names(&self) -> Result<(), RegistryError> {
        for model in &self.models {
            let missing = |name: &String| RegistryError::NoField(model.name.clone(), name.clone());
            if let super::Names::These(names) = &model.exposed {
                let has = |name: &str| model.member(name).is_some() || model.is_computed(name);
                if let Some(name) = names.iter().find(|name| !has(name)) {
                    return Err(missing(name));
                }
            }
            let texts = model.text.iter().chain(&model.image).flat_map(|(n, _)| n);
            let computed = model.computed.iter().flat_map(|computed| &computed.needs);
            for name in texts.chain(computed) {
                if model.field(name).is_none() {
                    return Err(missing(name));
                }
            }
        }
        Ok(())
    }

    /// The model that a foreign key refers to.
    pub(crate) fn target(&self, field: &Field) -> Option<&Model> {
        self.model(&field.reference.as_ref()?.model)
    }
}
