//! What settings are made of: how each kind of value is read, and how it is shown.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use super::given::Given;

/// Why a value is not taken.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// It is something else than what is wanted.
    Kind,
    /// It is of the right kind, and still wrong; the sentence says why and what to write.
    Because(String),
}

/// A kind of value.
pub(crate) trait Kind: Sized {
    /// Whether values are never repeated.
    const IS_SECRET: bool = false;

    /// What is wanted, such as `a whole number from 1 to 100`.
    fn wanted() -> String;

    /// Reads what was given.
    fn read(given: &Given) -> Result<Self, Wrong>;

    /// The value as the file has it; `None` where nothing is set. Secrets are masked.
    fn shown(&self) -> Option<String>;
}

impl Kind for bool {
    fn wanted() -> String {
        "true or false".to_owned()
    }

    fn read(given: &Given) -> Result<Self, Wrong> {
        given.boolean().ok_or(Wrong::Kind)
    }

    fn shown(&self) -> Option<String> {
        Some(self.to_string())
    }
}

/// A whole number between two others, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Whole<const MIN: u32, const MAX: u32>(u32);

impl<const MIN: u32, const MAX: u32> Whole<MIN, MAX> {
    /// The number, brought between the two.
    #[must_use]
    pub const fn new(number: u32) -> Self {
        Self(if number < MIN {
            MIN
        } else if number > MAX {
            MAX
        } else {
            number
        })
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl<const MIN: u32, const MAX: u32> Kind for Whole<MIN, MAX> {
    fn wanted() -> String {
        format!("a whole number from {MIN} to {MAX}")
    }

    fn read(given: &Given) -> Result<Self, Wrong> {
        let number = given
            .integer()
            .and_then(|number| u32::try_from(number).ok());
        let number = number.filter(|number| (MIN..=MAX).contains(number));
        number.map(Self).ok_or(Wrong::Kind)
    }

    fn shown(&self) -> Option<String> {
        Some(self.0.to_string())
    }
}

impl Kind for SocketAddr {
    fn wanted() -> String {
        "an address and a port, such as \"127.0.0.1:8000\" or \"[::1]:8000\"".to_owned()
    }

    fn read(given: &Given) -> Result<Self, Wrong> {
        let address = given.text().and_then(|text| text.trim().parse().ok());
        address.ok_or(Wrong::Kind)
    }

    fn shown(&self) -> Option<String> {
        Some(quoted(&self.to_string()))
    }
}

impl Kind for IpAddr {
    fn wanted() -> String {
        "addresses, such as [\"10.0.0.1\"]".to_owned()
    }

    fn read(given: &Given) -> Result<Self, Wrong> {
        let address = given.text().and_then(|text| text.trim().parse().ok());
        address.ok_or(Wrong::Kind)
    }

    fn shown(&self) -> Option<String> {
        Some(quoted(&self.to_string()))
    }
}

impl Kind for PathBuf {
    fn wanted() -> String {
        "a path, such as \"folder/file\"".to_owned()
    }

    fn read(given: &Given) -> Result<Self, Wrong> {
        let path = given.text().filter(|path| !path.is_empty());
        path.map(Self::from).ok_or(Wrong::Kind)
    }

    fn shown(&self) -> Option<String> {
        Some(quoted(&self.display().to_string()))
    }
}

impl<K: Kind> Kind for Option<K> {
    const IS_SECRET: bool = K::IS_SECRET;

    fn wanted() -> String {
        K::wanted()
    }

    fn read(given: &Given) -> Result<Self, Wrong> {
        K::read(given).map(Some)
    }

    fn shown(&self) -> Option<String> {
        self.as_ref().and_then(K::shown)
    }
}

impl<K: Kind> Kind for Vec<K> {
    const IS_SECRET: bool = K::IS_SECRET;

    fn wanted() -> String {
        format!("a list of {}", K::wanted())
    }

    fn read(given: &Given) -> Result<Self, Wrong> {
        let values = given.list().ok_or(Wrong::Kind)?;
        values.iter().map(K::read).collect()
    }

    fn shown(&self) -> Option<String> {
        let shown: Vec<String> = self.iter().filter_map(K::shown).collect();
        Some(format!("[{}]", shown.join(", ")))
    }
}

/// A list that must not be empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AtLeastOne<K>(pub Vec<K>);

impl<K: Kind> Kind for AtLeastOne<K> {
    fn wanted() -> String {
        format!("a list of {}, at least one", K::wanted())
    }

    fn read(given: &Given) -> Result<Self, Wrong> {
        let values = Vec::read(given)?;
        if values.is_empty() {
            return Err(Wrong::Kind);
        }
        Ok(Self(values))
    }

    fn shown(&self) -> Option<String> {
        self.0.shown()
    }
}

/// A text as the file has it.
pub(crate) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
