//! Whose rules matter: those of everybody who may be told of a model's changes, each once; of this node and of others.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockWriteGuard};

use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use super::Fingerprint;
use crate::rule::Rule;

/// Rules, each with how many have it.
type Counted = HashMap<Fingerprint, (Arc<Rule>, usize)>;

/// Rules of another node, by their names, with the model.
type Foreign = HashMap<Fingerprint, (String, Arc<Rule>)>;

/// What other nodes are told of.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) enum News {
    /// Somebody here has this rule about a model.
    Came(String, Rule),
    /// Nobody here has it any more.
    Went(Fingerprint),
}

/// Rules by model.
#[derive(Debug, Default)]
pub(crate) struct Interests(RwLock<Known>);

#[derive(Debug, Default)]
struct Known {
    own: HashMap<String, Counted>,
    foreign: HashMap<String, Foreign>,
    told: Option<mpsc::UnboundedSender<News>>,
}

impl Interests {
    fn write(&self) -> RwLockWriteGuard<'_, Known> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells what comes and goes from now on.
    pub(crate) fn tell(&self, told: mpsc::UnboundedSender<News>) {
        self.write().told = Some(told);
    }

    /// One more has this rule; its name.
    pub(crate) fn add(&self, model: &str, rule: &Arc<Rule>) -> Fingerprint {
        let name = Fingerprint::of(model, rule);
        let mut known = self.write();
        let of_model = known.own.entry(model.to_owned()).or_default();
        let own = of_model
            .entry(name)
            .or_insert_with(|| (Arc::clone(rule), 0));
        own.1 += 1;
        if let (1, Some(told)) = (own.1, &known.told) {
            // Whoever tells others is there as long as this is.
            let _ = told.send(News::Came(model.to_owned(), Rule::clone(rule)));
        }
        name
    }

    /// One fewer has it.
    pub(crate) fn remove(&self, model: &str, name: Fingerprint) {
        let mut known = self.write();
        let Some(of_model) = known.own.get_mut(model) else {
            return;
        };
        if let Some((_, count)) = of_model.get_mut(&name) {
            *count -= 1;
            if *count == 0 {
                of_model.remove(&name);
                if of_model.is_empty() {
                    known.own.remove(model);
                }
                if let Some(told) = &known.told {
                    let _ = told.send(News::Went(name));
                }
            }
        }
    }

    /// All that somebody here has.
    pub(crate) fn own(&self) -> Vec<News> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let rules = known.own.iter().flat_map(|(model, rules)| {
            rules
                .values()
                .map(|(rule, _)| News::Came(model.clone(), Rule::clone(rule)))
        });
        rules.collect()
    }

    /// What came and went at another node.
    pub(crate) fn hear(&self, node: &str, news: Vec<News>) {
        let mut known = self.write();
        let of_node = known.foreign.entry(node.to_owned()).or_default();
        for news in news {
            match news {
                News::Came(model, rule) => {
                    let name = Fingerprint::of(&model, &rule);
                    of_node.insert(name, (model, Arc::new(rule)));
                }
                News::Went(name) => drop(of_node.remove(&name)),
            }
        }
    }

    /// Another node is gone, or begins anew.
    pub(crate) fn forget(&self, node: &str) {
        self.write().foreign.remove(node);
    }

    /// The rules about a model.
    pub(crate) fn about(&self, model: &str) -> Vec<(Fingerprint, Arc<Rule>)> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let own = known.own.get(model).into_iter().flatten();
        let own = own.map(|(name, (rule, _))| (*name, Arc::clone(rule)));
        if known.foreign.is_empty() {
            return own.collect();
        }
        let foreign = known.foreign.values().flatten();
        let foreign = foreign.filter(|(_, (of, _))| of == model);
        let foreign = foreign.map(|(name, (_, rule))| (*name, Arc::clone(rule)));
        let all: HashMap<Fingerprint, Arc<Rule>> = own.chain(foreign).collect();
        all.into_iter().collect()
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

    #[test]
    fn rules_of_other_nodes_count_until_they_go() {
        let (told, mut heard) = mpsc::unbounded_channel();
        let (here, there) = (Interests::default(), Interests::default());
        there.tell(told);
        let rule = Arc::new(Rule::is("owner", 1));
        let name = there.add("a.b", &rule);
        here.hear("there", vec![heard.try_recv().unwrap()]);
        assert_eq!(here.about("a.b"), [(name, Arc::clone(&rule))]);
        here.add("a.b", &rule);
        assert_eq!(here.about("a.b").len(), 1);
        there.remove("a.b", name);
        here.hear("there", vec![heard.try_recv().unwrap()]);
        here.remove("a.b", name);
        assert!(here.about("a.b").is_empty());
        here.hear(
            "there",
            vec![News::Came("a.b".to_owned(), Rule::Everything)],
        );
        here.forget("there");
        assert!(here.about("a.b").is_empty());
    }
}
