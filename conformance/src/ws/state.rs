//! What the cases know besides users: rooms with their members, and who is in the group `beta`.

use std::collections::BTreeSet;
use std::str::FromStr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The only one in the group `beta`.
pub(crate) const BETA: &str = "erin";

/// A room, as a consumer gets it.
#[derive(Clone, Debug)]
pub(crate) struct Room {
    pub(crate) id: i64,
    pub(crate) name: &'static str,
    pub(crate) slug: &'static str,
    pub(crate) is_archived: bool,
}

/// A room's number: digits alone.
pub(crate) struct RoomId(pub(crate) i64);

impl FromStr for RoomId {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
        let id = text.parse().ok().filter(|_| is_number);
        id.map(Self).ok_or(())
    }
}

/// A room's name in URLs.
pub(crate) struct Slug(pub(crate) String);

impl FromStr for Slug {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut bytes = text.bytes();
        let is_slug = bytes.all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        is_slug.then(|| Self(text.to_owned())).ok_or(())
    }
}

/// A room and the numbers of its members.
type Members = (Room, BTreeSet<String>);

/// The rooms.
#[derive(Clone, Debug)]
pub(crate) struct Rooms(Arc<Mutex<Vec<Members>>>);

impl Rooms {
    pub(crate) fn new() -> Self {
        let room = |id, name, slug, is_archived, members: &[&str]| {
            let members = members.iter().map(|member| (*member).to_owned());
            let room = Room {
                id,
                name,
                slug,
                is_archived,
            };
            (room, members.collect())
        };
        Self(Arc::new(Mutex::new(vec![
            room(1, "Lobby", "lobby", false, &["1", "2"]),
            room(2, "Private", "private", false, &["2"]),
            room(3, "Archive", "archive", true, &["1", "2"]),
        ])))
    }

    pub(crate) fn by_id(&self, id: i64) -> Option<Room> {
        self.find(|room| room.id == id)
    }

    pub(crate) fn by_slug(&self, slug: &str) -> Option<Room> {
        self.find(|room| room.slug == slug)
    }

    fn find(&self, is_it: impl Fn(&Room) -> bool) -> Option<Room> {
        let rooms = self.rooms();
        let mut rooms = rooms.iter().map(|(room, _)| room);
        rooms.find(|room| is_it(room)).cloned()
    }

    pub(crate) fn has_member(&self, id: i64, user: &str) -> bool {
        let rooms = self.rooms();
        let mut rooms = rooms.iter();
        rooms.any(|(room, members)| room.id == id && members.contains(user))
    }

    pub(crate) fn set_member(&self, id: i64, user: String, is_member: bool) {
        for (room, members) in self.rooms().iter_mut() {
            if room.id == id && is_member {
                members.insert(user.clone());
            } else if room.id == id {
                members.remove(&user);
            }
        }
    }

    fn rooms(&self) -> MutexGuard<'_, Vec<Members>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
