//! Names of cookies, of Django's backends and of time zones, as settings.

use portcullis::accounts::Zone;

use super::given::Given;
use super::kind::{Kind, Wrong, quoted};

/// A cookie's name: letters, digits, `_`, `-` and `.`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CookieName(pub String);

impl CookieName {
    pub(super) fn new(name: &str) -> Self {
        Self(name.to_owned())
    }
}

impl Kind for CookieName {
    fn wanted() -> String {
        "a cookie's name: letters, digits, _, - and .".to_owned()
    }

    fn read(given: &Given) -> Result<Self, Wrong> {
        let text = given.text().filter(|text| is_name(text, "_-."));
        text.map(Self::new).ok_or(Wrong::Kind)
    }

    fn shown(&self) -> Option<String> {
        Some(quoted(&self.0))
    }
}

/// The name of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableName(pub String);

impl Kind for TableName {
    fn wanted() -> String {
        "a table's name: small letters, digits and _".to_owned()
    }

    fn read(given: &Given) -> Result<Self, Wrong> {
        let is_small = |text: &&str| !text.contains(|c: char| c.is_ascii_uppercase());
        let text = given
            .text()
            .filter(|text| is_name(text, "_"))
            .filter(is_small);
        text.map(|text| Self(text.to_owned())).ok_or(Wrong::Kind)
    }

    fn shown(&self) -> Option<String> {
        Some(quoted(&self.0))
    }
}

/// The path of an authentication backend in a Django project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackendPath(pub String);

impl Kind for BackendPath {
    fn wanted() -> String {
        "paths of classes, such as [\"django.contrib.auth.backends.ModelBackend\"]".to_owned()
    }

    fn read(given: &Given) -> Result<Self, Wrong> {
        let text = given.text().filter(|text| is_name(text, "_."));
        text.map(|text| Self(text.to_owned())).ok_or(Wrong::Kind)
    }

    fn shown(&self) -> Option<String> {
        Some(quoted(&self.0))
    }
}

/// A time zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZoneName(pub Zone);

impl Kind for ZoneName {
    fn wanted() -> String {
        "a time zone's name, such as \"Europe/Berlin\"".to_owned()
    }

    fn read(given: &Given) -> Result<Self, Wrong> {
        let zone = given.text().and_then(Zone::named);
        zone.map(Self).ok_or(Wrong::Kind)
    }

    fn shown(&self) -> Option<String> {
        Some(quoted(self.0.name()))
    }
}

fn is_name(text: &str, others: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || others.contains(c);
    (1..=200).contains(&text.len()) && text.chars().all(is_part)
}
