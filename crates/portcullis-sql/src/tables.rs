//! Which of Django's tables there are: a project has those of the packages that it installed.

use portcullis_core::StoreError;

use crate::database::Database;
use crate::transaction::Dialect;
use crate::value::values;

/// Django's tables that a database may lack. What is about a missing one is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tables {
    /// allauth's `account_emailaddress`. Without it there are the addresses of the user table alone, and
    /// nobody can confirm one.
    pub emails: bool,
    /// `knox_authtoken`. Without it device tokens are in the list of logins alone, and no good at Django.
    pub knox: bool,
    /// DRF's `authtoken_token`. Without it there are no tokens of DRF.
    pub authtoken: bool,
    /// simplejwt's `token_blacklist_*`. Without them refresh tokens are ended here alone.
    pub blacklist: bool,
}

/// Every table with what is said when it is missing.
const NAMES: [(&str, &str); 5] = [
    (
        "account_emailaddress",
        "addresses are those of the user table, and cannot be confirmed",
    ),
    (
        "knox_authtoken",
        "device tokens are good here alone, not at Django",
    ),
    ("authtoken_token", "there are no tokens of DRF"),
    (
        "token_blacklist_outstandingtoken",
        "refresh tokens that end here are still good at Django",
    ),
    (
        "token_blacklist_blacklistedtoken",
        "refresh tokens that end here are still good at Django",
    ),
];

impl Default for Tables {
    /// All of them, as in a database that we made.
    fn default() -> Self {
        Self::of(|_| true)
    }
}

impl Tables {
    fn of(has: impl Fn(&str) -> bool) -> Self {
        Self {
            emails: has("account_emailaddress"),
            knox: has("knox_authtoken"),
            authtoken: has("authtoken_token"),
            blacklist: has("token_blacklist_outstandingtoken")
                && has("token_blacklist_blacklistedtoken"),
        }
    }

    /// The tables that are missing, each with what that means.
    #[must_use]
    pub fn missing(self) -> Vec<(&'static str, &'static str)> {
        let is_there = [
            self.emails,
            self.knox,
            self.authtoken,
            self.blacklist,
            // Named once: they come together.
            true,
        ];
        let names = NAMES.into_iter().zip(is_there);
        names
            .filter_map(|(name, is_there)| (!is_there).then_some(name))
            .collect()
    }
}

impl Database {
    /// Which of Django's tables there are. They are looked for once: a package that is installed later is
    /// noticed at the next start.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn tables(&self) -> Result<Tables, StoreError> {
        if let Some(tables) = self.known_tables().get() {
            return Ok(*tables);
        }
        let mut found = Vec::new();
        let users = self.user_table().name();
        for name in [users].into_iter().chain(NAMES.map(|(name, _)| name)) {
            if self.has_table(name).await? {
                found.push(name);
            }
        }
        if !found.contains(&users) {
            // Nothing was made yet; what we make has all of them.
            return Ok(Tables::default());
        }
        let tables = Tables::of(|name| found.contains(&name));
        Ok(*self.known_tables().get_or_init(|| tables))
    }

    /// Whether there is a table of that name.
    pub(crate) async fn has_table(&self, name: &str) -> Result<bool, StoreError> {
        let sql = match self.dialect() {
            Dialect::Sqlite => "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1",
            Dialect::Postgres => "SELECT 1 WHERE to_regclass(?1) IS NOT NULL",
        };
        Ok(!self.rows_now(sql, values![name]).await?.is_empty())
    }
}
