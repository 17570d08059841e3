//! The layer of one process.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use async_trait::async_trait;

use super::{ChannelLayer, LayerError, Member};
use crate::group::{ConnectionId, Envelope, Group};

type Members = HashMap<ConnectionId, Member>;

/// The layer of one process, and what layers between processes keep their own connections in.
#[doc(alias = "InMemoryChannelLayer")]
#[derive(Default)]
pub struct MemoryLayer(RwLock<HashMap<Group, Members>>);

impl MemoryLayer {
    /// Puts a connection into a group; whether it is the group's first.
    pub fn add(&self, group: &Group, member: Member) -> bool {
        let mut groups = self.write();
        let members = groups.entry(group.clone()).or_default();
        let is_first = members.is_empty();
        members.insert(member.id.clone(), member);
        is_first
    }

    /// Takes a connection out of a group; whether the group is empty now.
    pub fn remove(&self, group: &Group, id: &ConnectionId) -> bool {
        let mut groups = self.write();
        let Some(members) = groups.get_mut(group) else {
            return true;
        };
        members.remove(id);
        let is_empty = members.is_empty();
        if is_empty {
            groups.remove(group);
        }
        is_empty
    }

    /// Delivers to all connections that are in a group.
    pub fn deliver(&self, group: &Group, envelope: &Arc<Envelope>) {
        let groups = self.read();
        for member in groups.get(group).into_iter().flat_map(HashMap::values) {
            member.deliver(envelope);
        }
    }

    /// Whether somebody is in a group.
    #[must_use]
    pub fn has(&self, group: &Group) -> bool {
        self.read().contains_key(group)
    }

    /// All groups that somebody is in.
    #[must_use]
    pub fn groups(&self) -> Vec<Group> {
        self.read().keys().cloned().collect()
    }

    fn read(&self) -> RwLockReadGuard<'_, HashMap<Group, Members>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, HashMap<Group, Members>> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for MemoryLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let groups = self.read().len();
        f.debug_struct("MemoryLayer")
            .field("groups", &groups)
            .finish()
    }
}

#[async_trait]
impl ChannelLayer for MemoryLayer {
    async fn join(&self, group: &Group, member: Member) -> Result<(), LayerError> {
        self.add(group, member);
        Ok(())
    }

    async fn leave(&self, group: &Group, id: &ConnectionId) -> Result<(), LayerError> {
        self.remove(group, id);
        Ok(())
    }

    async fn send(&self, group: &Group, envelope: Arc<Envelope>) -> Result<(), LayerError> {
        self.deliver(group, &envelope);
        Ok(())
    }
}
