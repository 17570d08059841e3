//! Telling who keeps a door open that the reason for it may be gone.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use crate::user::UserId;

/// Whose credentials or rights have changed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Revoked {
    /// Those of this user.
    User(UserId),
    /// Those of somebody who is not known.
    Somebody,
}

type Listener = Arc<dyn Fn(&Revoked) + Send + Sync>;

/// A notice board within one process: a store writes on it after a change is durable, and whoever has let
/// somebody in looks again.
///
/// A notice is a hint and no proof: who hears it asks the store. Clones share their listeners.
///
/// ```
/// use portcullis_core::{Revocations, Revoked, UserId};
/// let board = Revocations::default();
/// board.listen(|revoked| assert_eq!(*revoked, Revoked::User(UserId::Integer(7))));
/// board.publish(&Revoked::User(UserId::Integer(7)));
/// ```
#[derive(Clone, Default)]
pub struct Revocations(Arc<RwLock<Vec<Listener>>>);

impl Revocations {
    /// Calls `listener` at every notice, on the task of whoever wrote it: it must not block.
    pub fn listen(&self, listener: impl Fn(&Revoked) + Send + Sync + 'static) {
        let mut listeners = self.0.write().unwrap_or_else(PoisonError::into_inner);
        listeners.push(Arc::new(listener));
    }

    /// Tells all listeners.
    pub fn publish(&self, revoked: &Revoked) {
        let listeners = {
            let listeners = self.0.read();
            listeners.unwrap_or_else(PoisonError::into_inner).clone()
        };
        for listener in listeners {
            listener(revoked);
        }
    }
}

impl fmt::Debug for Revocations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let listeners = self.0.read().map_or(0, |listeners| listeners.len());
        f.debug_struct("Revocations")
            .field("listeners", &listeners)
            .finish()
    }
}
