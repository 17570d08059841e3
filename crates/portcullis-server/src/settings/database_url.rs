//! Which database: an embedded file, or a PostgreSQL server.

use std::fmt;
use std::path::{Path, PathBuf};

use super::given::Given;
use super::kind::{Kind, Wrong, quoted};

/// The URL of a database.
///
/// # Security
/// Prints without its password; the whole is a named call.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(String);

impl DatabaseUrl {
    /// An embedded database in that file.
    #[must_use]
    pub fn of_file(path: &str) -> Self {
        Self(format!("sqlite:{path}"))
    }

    /// A URL, to be shown without its password.
    pub(crate) fn of_text(url: &str) -> Self {
        Self(url.to_owned())
    }

    /// The URL as it was given, with its password.
    #[must_use]
    pub fn expose_secret(&self) -> &str {
        &self.0
    }

    /// The file of an embedded database; `None` for a server.
    #[must_use]
    pub fn file(&self) -> Option<PathBuf> {
        let rest = self.0.strip_prefix("sqlite:")?;
        Some(Path::new(rest.strip_prefix("//").unwrap_or(rest)).to_owned())
    }

    /// Whether it is a PostgreSQL server.
    #[must_use]
    pub fn is_postgres(&self) -> bool {
        !self.0.starts_with("sqlite:")
    }

    /// Whether it holds a password.
    #[must_use]
    pub fn has_password(&self) -> bool {
        self.is_postgres() && self.to_string() != self.0
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = self.file() {
            return file.display().fmt(f);
        }
        // Options may hold passwords too; they are left out whole.
        let (url, options) = self.0.split_once('?').unwrap_or((&self.0, ""));
        let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
        let shown = match rest.rsplit_once('@') {
            Some((user, place)) => match user.split_once(':') {
                Some((name, _)) => format!("{name}:…@{place}"),
                None => format!("{user}@{place}"),
            },
            None => rest.to_owned(),
        };
        let options = if options.is_empty() { "" } else { "?…" };
        write!(f, "{scheme}://{shown}{options}")
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({self})")
    }
}

impl Kind for DatabaseUrl {
    const IS_SECRET: bool = true;

    fn wanted() -> String {
        "\"sqlite:FILE\" or \"postgres://USER:PASSWORD@HOST/NAME\"".to_owned()
    }

    fn read(given: &Given) -> Result<Self, Wrong> {
        let text = given.text().ok_or(Wrong::Kind)?.trim();
        if ["postgres://", "postgresql://"].iter().any(|scheme| {
            text.strip_prefix(scheme)
                .is_some_and(|rest| !rest.is_empty())
        }) {
            return Ok(Self(text.to_owned()));
        }
        if let Some(rest) = text.strip_prefix("sqlite:") {
            let path = rest.strip_prefix("//").unwrap_or(rest);
            if path == ":memory:" {
                let why = "a database in memory is lost with the process; name a file";
                return Err(Wrong::Because(why.to_owned()));
            }
            if path.is_empty() || path.contains('?') {
                return Err(Wrong::Kind);
            }
            return Ok(Self(text.to_owned()));
        }
        if text.contains(':') || text.is_empty() {
            return Err(Wrong::Kind);
        }
        let why = format!("a file is written with its kind: \"sqlite:{text}\"");
        Err(Wrong::Because(why))
    }

    fn shown(&self) -> Option<String> {
        let kind = if self.is_postgres() { "" } else { "sqlite:" };
        Some(quoted(&format!("{kind}{self}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_not_shown() {
        for (url, shown) in [
            ("postgres://ada:s@cret@host/db", "postgres://ada:…@host/db"),
            ("postgres://host/db?password=secret", "postgres://host/db?…"),
            ("postgres://ada@host/db", "postgres://ada@host/db"),
            ("sqlite://a.db", "a.db"),
        ] {
            let read = DatabaseUrl::read(&Given::Text(url.to_owned())).unwrap();
            assert_eq!(read.to_string(), shown);
            assert!(!format!("{read:?}").contains("cret"));
        }
    }

    #[test]
    fn only_databases_that_keep_what_they_are_told_are_taken() {
        for url in [
            "",
            "a.db",
            "mysql://host",
            "sqlite:",
            "sqlite::memory:",
            "sqlite:a?b",
            "postgres://",
        ] {
            assert!(
                DatabaseUrl::read(&Given::Text(url.to_owned())).is_err(),
                "{url}"
            );
        }
    }
}
