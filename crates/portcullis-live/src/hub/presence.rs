//! Who is in a presence channel: each member once, however many connections they have.

use serde_json::{Map, Value as Json, json};

/// One member of one connection.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Member {
    pub(super) id: String,
    pub(super) info: Json,
}

impl Member {
    /// What was signed: `{"user_id", "user_info"}` as JSON text.
    pub(super) fn read(data: &str) -> Option<Self> {
        let data: Json = serde_json::from_str(data).ok()?;
        let id = match data.get("user_id")? {
            Json::String(id) => id.clone(),
            Json::Number(id) => id.to_string(),
            _ => return None,
        };
        let info = data.get("user_info").cloned().unwrap_or(Json::Null);
        (!id.is_empty() && id.len() <= 128).then_some(Self { id, info })
    }
}

/// Members in the order in which they came, with how many connections each has.
#[derive(Debug, Default)]
pub(super) struct Members(Vec<(Member, usize)>);

impl Members {
    /// One more connection of a member; whether they are new.
    pub(super) fn add(&mut self, member: &Member) -> bool {
        match self.0.iter_mut().find(|(known, _)| known.id == member.id) {
            Some((_, count)) => {
                *count += 1;
                false
            }
            None => {
                self.0.push((member.clone(), 1));
                true
            }
        }
    }

    /// One fewer; whether they are gone.
    pub(super) fn remove(&mut self, id: &str) -> bool {
        let Some(place) = self.0.iter().position(|(known, _)| known.id == id) else {
            return false;
        };
        self.0[place].1 -= 1;
        let is_gone = self.0[place].1 == 0;
        if is_gone {
            self.0.remove(place);
        }
        is_gone
    }

    pub(super) fn has(&self, id: &str) -> bool {
        self.0.iter().any(|(known, _)| known.id == id)
    }

    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    pub(super) fn ids(&self) -> Vec<&str> {
        self.0
            .iter()
            .map(|(member, _)| member.id.as_str())
            .collect()
    }

    /// What a new member is told.
    pub(super) fn told(&self) -> Json {
        let hash = self.0.iter();
        let hash: Map<String, Json> = hash
            .map(|(member, _)| (member.id.clone(), member.info.clone()))
            .collect();
        json!({ "presence": { "count": self.count(), "ids": self.ids(), "hash": hash } })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn member_is_one_however_many_connections_they_have() {
        let ann = Member::read(r#"{"user_id":"ann","user_info":{"n":1}}"#).unwrap();
        let bob = Member::read(r#"{"user_id":7}"#).unwrap();
        assert_eq!(Member::read(r#"{"user_id":null}"#), None);
        assert_eq!(Member::read("no"), None);
        let mut members = Members::default();
        assert!(members.add(&ann) && !members.add(&ann) && members.add(&bob));
        assert!(!members.remove("ann") && members.remove("ann") && !members.remove("ann"));
        assert_eq!(members.ids(), ["7"]);
    }
}
