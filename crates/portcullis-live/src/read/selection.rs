//! Which fields of which models an answer has.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::error::LiveError;
use crate::job::Job;
use crate::model::{Model, Registry};
use crate::permission::{Actions, Rights};
use crate::query::Query;

/// For each model that comes along, the fields of it; all of them can be seen by whoever asks.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selection {
    fields: BTreeMap<String, BTreeSet<String>>,
}

const NONE: &BTreeSet<String> = &BTreeSet::new();

impl Selection {
    /// By the requested fields and those that are filtered by, or by depth.
    ///
    /// # Errors
    /// 400 for unknown fields, where they are errors.
    pub(crate) fn new(job: &Job<'_>, query: &Query) -> Result<Self, LiveError> {
        let options = &query.options;
        if options.fields.is_empty() {
            return Ok(Self::by_depth(&job.rights, job.model, options.depth));
        }
        let mut selection = Self::default();
        selection
            .fields
            .insert(job.model.name.clone(), BTreeSet::new());
        for path in &options.fields {
            let is_path = path.contains("__");
            if !selection.add(&job.rights, job.model, path) && is_path && job.refuses_unknown {
                let path: String = path.chars().take(200).collect();
                return Err(LiveError::Invalid(format!(
                    "Field '{path}' is not permitted on model '{}'.",
                    job.model.name
                )));
            }
        }
        let mut paths: Vec<&str> = Vec::new();
        for node in query.filters.iter().chain(&query.excludes) {
            node.paths(&mut |path| paths.push(path));
        }
        for path in paths {
            let filtered = filtered_field(job.rights.registry, job.model, path);
            if !filtered.is_empty() {
                selection.add(&job.rights, job.model, &filtered.join("__"));
            }
        }
        Ok(selection)
    }

    /// Every visible field of the model, and of those that so many steps lead to.
    pub(crate) fn by_depth(rights: &Rights<'_>, model: &Model, depth: usize) -> Self {
        let mut selection = Self::default();
        let mut visited = BTreeSet::new();
        let mut queue = VecDeque::from([(model, 0)]);
        while let Some((model, level)) = queue.pop_front() {
            // The first way to a model is the shortest.
            if !visited.insert(&model.name) {
                continue;
            }
            let own = rights.of(model);
            if !own.actions.has(Actions::READ) {
                continue;
            }
            selection
                .fields
                .insert(model.name.clone(), own.visible.clone());
            if level >= depth {
                continue;
            }
            for name in &own.visible {
                let target = model.member(name).and_then(|member| member.target());
                if let Some(target) = target.and_then(|target| rights.registry.model(target)) {
                    queue.push_back((target, level + 1));
                }
            }
        }
        selection.fields.entry(model.name.clone()).or_default();
        selection
    }

    /// Adds what a path names, as far as it can be seen; whether all of it can.
    fn add(&mut self, rights: &Rights<'_>, root: &Model, path: &str) -> bool {
        let mut model = root;
        let mut parts = path.split("__").peekable();
        while let Some(part) = parts.next() {
            let own = rights.of(model);
            if !own.actions.has(Actions::READ) || !own.visible.contains(part) {
                return part == "pk" || part == model.pk().name();
            }
            self.of_mut(model).insert(part.to_owned());
            let target = model.member(part).and_then(|member| member.target());
            let Some(target) = target.and_then(|target| rights.registry.model(target)) else {
                return parts.peek().is_none();
            };
            if parts.peek().is_none() {
                // A relation without more words brings all of the other model.
                let other = rights.of(target);
                if other.actions.has(Actions::READ) {
                    self.of_mut(target).extend(other.visible.iter().cloned());
                }
                return true;
            }
            model = target;
        }
        true
    }

    fn of_mut(&mut self, model: &Model) -> &mut BTreeSet<String> {
        self.fields.entry(model.name.clone()).or_default()
    }

    /// The fields of a model.
    pub(crate) fn of(&self, model: &Model) -> &BTreeSet<String> {
        self.fields.get(&model.name).unwrap_or(NONE)
    }

    /// Whether rows of the model come along.
    pub(crate) fn has(&self, model: &Model) -> bool {
        self.fields.contains_key(&model.name)
    }

    /// What tells apart answers that one statement does not: fields, and the rules of all models beyond.
    pub(crate) fn fingerprint(&self, job: &Job<'_>) -> String {
        let mut rules: BTreeMap<&str, String> = BTreeMap::new();
        for (name, fields) in &self.fields {
            let Some(model) = job.rights.registry.model(name) else {
                continue;
            };
            for field in fields {
                let target = model.member(field).and_then(|member| member.target());
                if let Some(target) = target.and_then(|t| job.rights.registry.model(t)) {
                    let rule = &job.rights.of(target).rule;
                    rules.insert(target.name(), format!("{rule:?}"));
                }
            }
        }
        format!("{:?} {rules:?}", self.fields)
    }
}

/// The field that a condition's path is about, without lookups and keys of JSON; none for keys.
fn filtered_field<'p>(registry: &Registry, root: &Model, path: &'p str) -> Vec<&'p str> {
    let mut model = root;
    let mut found = Vec::new();
    for part in path.split("__") {
        if part == "pk" {
            // The key of a related row, and nothing else of it.
            if !found.is_empty() {
                found.push(part);
            }
            break;
        }
        let Some(member) = model.member(part) else {
            break;
        };
        found.push(part);
        match member.target().and_then(|target| registry.model(target)) {
            Some(target) => model = target,
            None => break,
        }
    }
    // The key comes along in any case.
    if found.as_slice() == [root.pk().name()] {
        found.clear();
    }
    found
}
