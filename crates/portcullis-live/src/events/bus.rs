//! Who hears of changes within this process.

use std::sync::{Arc, PoisonError, RwLock};

use super::{Change, Interests, Writing};

/// Hears of changes after their commit, whoever may see them.
///
/// It is called on the task of whoever wrote, in the order of the changes of one transaction, and must not block.
///
/// # Security
/// A change has the keys of rows that its receivers may not see: to pass it on, decide for each of them.
pub trait ChangeListener: Send + Sync {
    /// These changes of one transaction are durable.
    fn changed(&self, changes: &Arc<[Change]>);
}

/// All who hear, and the rules of those whom they tell.
#[derive(Default)]
pub(crate) struct Bus {
    listeners: RwLock<Vec<Arc<dyn ChangeListener>>>,
    pub(crate) interests: Interests,
    /// Whether triggers are to be told of our own writes.
    pub(crate) writing: Writing,
}

impl Bus {
    pub(crate) fn listen(&self, listener: Arc<dyn ChangeListener>) {
        let listeners = self.listeners.write();
        listeners
            .unwrap_or_else(PoisonError::into_inner)
            .push(listener);
    }

    /// Whether anybody hears; where nobody does, nothing is noted.
    pub(crate) fn is_heard(&self) -> bool {
        let listeners = self.listeners.read();
        !listeners.unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    pub(crate) fn publish(&self, changes: Vec<Change>) {
        if changes.is_empty() {
            return;
        }
        let listeners = {
            let listeners = self.listeners.read();
            listeners.unwrap_or_else(PoisonError::into_inner).clone()
        };
        let changes: Arc<[Change]> = changes.into();
        for listener in listeners {
            listener.changed(&changes);
        }
    }
}
