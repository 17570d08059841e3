//! Whose rules matter: those of everybody who may be told of a model's changes, each once.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use super::Fingerprint;
use crate::rule::Rule;

/// Rules, each with how many have it.
type Counted = HashMap<Fingerprint, (Arc<Rule>, usize)>;

/// Rules by model.
#[derive(Debug, Default)]
pub(crate) struct Interests {
    rules: RwLock<HashMap<String, Counted>>,
}

impl Interests {
    /// One more has this rule; its name.
    pub(crate) fn add(&self, model: &str, rule: &Arc<Rule>) -> Fingerprint {
        let name = Fingerprint::of(model, rule);
        let mut rules = self.rules.write().unwrap_or_else(PoisonError::into_inner);
        let of_model = rules.entry(model.to_owned()).or_default();
        of_model
            .entry(name)
            .or_insert_with(|| (Arc::clone(rule), 0))
            .1 += 1;
        name
    }

    /// One fewer has it.
    pub(crate) fn remove(&self, model: &str, name: Fingerprint) {
        let mut rules = self.rules.write().unwrap_or_else(PoisonError::into_inner);
        let Some(of_model) = rules.get_mut(model) else {
            return;
        };
        if let Some((_, count)) = of_model.get_mut(&name) {
            *count -= 1;
            if *count == 0 {
                of_model.remove(&name);
            }
        }
        if of_model.is_empty() {
            rules.remove(model);
        }
    }

    /// The rules about a model.
    pub(crate) fn about(&self, model: &str) -> Vec<(Fingerprint, Arc<Rule>)> {
        let rules = self.rules.read().unwrap_or_else(PoisonError::into_inner);
        let of_model = rules.get(model).into_iter().flatten();
        of_model
            .map(|(name, (rule, _))| (*name, Arc::clone(rule)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rule_is_there_while_somebody_has_it() {
        let interests = Interests::default();
        let rule = Arc::new(Rule::is("owner", 1));
        let name = interests.add("a.b", &rule);
        assert_eq!(interests.add("a.b", &rule), name);
        interests.remove("a.b", name);
        assert_eq!(interests.about("a.b").len(), 1);
        interests.remove("a.b", name);
        assert!(interests.about("a.b").is_empty());
        // One too many is none.
        interests.remove("a.b", name);
    }
}
