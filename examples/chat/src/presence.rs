//! Who is in which room at the moment, as far as this process knows.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

/// How many windows each person has open, by room and name.
#[derive(Debug, Default)]
pub(crate) struct Presence(Mutex<HashMap<i64, BTreeMap<String, usize>>>);

impl Presence {
    /// Somebody opens a window; who is there now.
    pub(crate) fn enter(&self, room: i64, name: String) -> Vec<String> {
        let mut rooms = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let people = rooms.entry(room).or_default();
        *people.entry(name).or_default() += 1;
        people.keys().cloned().collect()
    }

    /// Somebody closes a window; who is there still.
    pub(crate) fn leave(&self, room: i64, name: &str) -> Vec<String> {
        let mut rooms = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(people) = rooms.get_mut(&room) else {
            return Vec::new();
        };
        if let Some(windows) = people.get_mut(name) {
            *windows = windows.saturating_sub(1);
        }
        people.retain(|_, windows| *windows > 0);
        let names = people.keys().cloned().collect();
        if people.is_empty() {
            rooms.remove(&room);
        }
        names
    }
}
