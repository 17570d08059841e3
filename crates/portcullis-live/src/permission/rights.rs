//! What somebody may do with each model: the classes of the model, put together once for a request.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use portcullis_core::Principal;

use super::{Actions, Bulk, ModelPermission};
use crate::model::{Model, Names, Record, Registry};
use crate::rule::Rule;

/// What one somebody may do with one model.
#[derive(Debug)]
pub(crate) struct ModelRights {
    /// The rows that can be seen.
    pub(crate) rule: Rule,
    pub(crate) actions: Actions,
    pub(crate) visible: BTreeSet<String>,
    pub(crate) editable: BTreeSet<String>,
    pub(crate) creatable: BTreeSet<String>,
}

impl ModelRights {
    fn new(model: &Model, who: &Principal) -> Self {
        let mut rule = Rule::Nothing;
        let mut hidden = Rule::Nothing;
        let mut actions = Actions::NONE;
        let mut visible = Names::none();
        let mut editable = Names::none();
        let mut creatable = Names::none();
        for class in &model.permissions {
            rule = rule.or(class.filter(who));
            hidden = hidden.or(class.exclude(who));
            let granted = class.actions(who);
            actions = actions | granted;
            // What a class shows counts where it lets look, and so on.
            if granted.has(Actions::READ) {
                visible = visible.or(class.visible(who));
            }
            if granted.has(Actions::UPDATE) {
                editable = editable.or(class.editable(who));
            }
            if granted.has_any(Actions::CREATE | Actions::BULK_CREATE) {
                creatable = creatable.or(class.creatable(who));
            }
        }
        Self {
            rule: rule.and(hidden.not()),
            actions,
            visible: named(model, &visible),
            editable: named(model, &editable),
            creatable: named(model, &creatable),
        }
    }
}

/// The rows that somebody may read; `None` where they may not read the model.
pub(crate) fn shown_rows(model: &Model, who: &Principal) -> Option<Rule> {
    let (mut rule, mut hidden) = (Rule::Nothing, Rule::Nothing);
    let mut actions = Actions::NONE;
    for class in &model.permissions {
        rule = rule.or(class.filter(who));
        hidden = hidden.or(class.exclude(who));
        actions = actions | class.actions(who);
    }
    actions.has(Actions::READ).then(|| rule.and(hidden.not()))
}

/// The model's names that are in a set.
pub(crate) fn named(model: &Model, names: &Names) -> BTreeSet<String> {
    let all = model.names().into_iter();
    all.filter(|name| names.has(name))
        .map(str::to_owned)
        .collect()
}

/// The rights of one somebody, each model's when it is first asked for.
pub(crate) struct Rights<'a> {
    pub(crate) registry: &'a Registry,
    pub(crate) who: &'a Principal,
    known: Mutex<HashMap<String, Arc<ModelRights>>>,
}

impl<'a> Rights<'a> {
    pub(crate) fn new(registry: &'a Registry, who: &'a Principal) -> Self {
        Self {
            registry,
            who,
            known: Mutex::default(),
        }
    }

    pub(crate) fn of(&self, model: &Model) -> Arc<ModelRights> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(rights) = known.get(&model.name) {
            return Arc::clone(rights);
        }
        let rights = Arc::new(ModelRights::new(model, self.who));
        known.insert(model.name.clone(), Arc::clone(&rights));
        rights
    }

    /// Whether a row may be handled so, by any class.
    pub(crate) fn allows_object(&self, model: &Model, row: &Record, action: Actions) -> bool {
        let classes = model.permissions.iter();
        let granted = classes.fold(Actions::NONE, |granted, class| {
            granted | class.object_actions(self.who, row)
        });
        granted.has(action)
    }

    /// How each class decides about many rows.
    pub(crate) fn bulk(
        &self,
        model: &Model,
        action: Actions,
    ) -> Vec<(Arc<dyn ModelPermission>, Bulk)> {
        let classes = model.permissions.iter();
        classes
            .map(|class| (Arc::clone(class), class.bulk(self.who, action)))
            .collect()
    }

    /// What the classes declare, whether or not they grant the action: what forms are told.
    pub(crate) fn declared(&self, model: &Model) -> [BTreeSet<String>; 3] {
        let all = |names: fn(&dyn ModelPermission, &Principal) -> Names| {
            let classes = model.permissions.iter();
            let names = classes.fold(Names::none(), |sum, class| {
                sum.or(names(class.as_ref(), self.who))
            });
            named(model, &names)
        };
        [
            all(|class, who| class.visible(who)),
            all(|class, who| class.creatable(who)),
            all(|class, who| class.editable(who)),
        ]
    }
}

impl std::fmt::Debug for Rights<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rights").finish_non_exhaustive()
    }
}
