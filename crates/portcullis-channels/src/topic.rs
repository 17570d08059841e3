//! Topics: many streams over one connection, each with a name that the client asks for.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::frame;

/// A name such as `room:7`, and what its pattern `room:{id}` found in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    pub(crate) name: Arc<str>,
    pattern: &'static str,
    parameters: Vec<(&'static str, String)>,
}

impl Topic {
    /// The topic of a name, by the first pattern that fits.
    pub(crate) fn find(name: &str, patterns: &'static [&'static str]) -> Option<Self> {
        let found = patterns.iter().find_map(|pattern| {
            let parameters = parameters(name, pattern)?;
            Some((*pattern, parameters))
        });
        found.map(|(pattern, parameters)| Self {
            name: name.into(),
            pattern,
            parameters,
        })
    }

    /// Its name, such as `room:7`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The pattern that it fits, such as `room:{id}`.
    #[must_use]
    pub fn pattern(&self) -> &'static str {
        self.pattern
    }

    /// A parameter of the pattern, such as `7` for `id`.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let mut parameters = self.parameters.iter();
        parameters.find_map(|(known, value)| (*known == name).then_some(value.as_str()))
    }
}

/// The values of a pattern's parameters: none is empty, and none reaches over a colon.
fn parameters(name: &str, pattern: &'static str) -> Option<Vec<(&'static str, String)>> {
    let (mut parts, mut given) = (pattern.split(':'), name.split(':'));
    let mut found = Vec::new();
    loop {
        match (parts.next(), given.next()) {
            (None, None) => return Some(found),
            (Some(part), Some(value)) => {
                let parameter = part
                    .strip_prefix('{')
                    .and_then(|rest| rest.strip_suffix('}'));
                match parameter {
                    Some(parameter) if !value.is_empty() => {
                        found.push((parameter, value.to_owned()))
                    }
                    None if part == value => {}
                    _ => return None,
                }
            }
            _ => return None,
        }
    }
}

/// Why a topic is not heard.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Refused {
    Unknown,
    Unauthorized,
    NotSubscribed,
}

impl Refused {
    pub(crate) fn frame(self, topic: &str) -> Map<String, Value> {
        let (reason, detail) = match self {
            Self::Unknown => ("unknown_topic", format!("Unknown topic '{topic}'")),
            Self::Unauthorized => {
                let detail = format!("Not allowed to subscribe to '{topic}'");
                ("unauthorized", detail)
            }
            Self::NotSubscribed => ("not_subscribed", format!("Not subscribed to '{topic}'")),
        };
        frame::error(json!({ "reason": reason, "detail": detail }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameter_stops_at_a_colon() {
        let find = |name| Topic::find(name, &["room:{id}", "all"]);
        assert_eq!(find("room:1").unwrap().parameter("id"), Some("1"));
        assert_eq!(find("all").unwrap().pattern(), "all");
        for name in ["room:1:2", "room:", "room", "al", ""] {
            assert_eq!(find(name), None, "{name}");
        }
    }
}
