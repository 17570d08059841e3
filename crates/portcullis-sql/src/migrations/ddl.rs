//! The statements that make tables, for each engine.

use crate::transaction::Dialect;

/// Statements that make the same tables on each engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ddl {
    sqlite: &'static str,
    postgres: &'static str,
}

impl Ddl {
    pub(super) fn of(self, dialect: Dialect) -> &'static str {
        match dialect {
            Dialect::Sqlite => self.sqlite,
            Dialect::Postgres => self.postgres,
        }
    }
}

/// Django's tables, as its migrations leave them.
pub(super) const DJANGO: Ddl = Ddl {
    sqlite: include_str!("django_sqlite.sql"),
    postgres: include_str!("django_postgresql.sql"),
};

/// `portcullis_login` and `portcullis_email`.
pub(super) const EMAIL_AND_LOGIN: Ddl = Ddl {
    sqlite: include_str!("portcullis_0001_sqlite.sql"),
    postgres: include_str!("portcullis_0001_postgresql.sql"),
};

/// `portcullis_throttle`.
pub(super) const THROTTLE: Ddl = Ddl {
    sqlite: include_str!("portcullis_0002_sqlite.sql"),
    postgres: include_str!("portcullis_0002_postgresql.sql"),
};

/// `portcullis_username`.
pub(super) const USERNAME: Ddl = Ddl {
    sqlite: include_str!("portcullis_0003_sqlite.sql"),
    postgres: include_str!("portcullis_0003_postgresql.sql"),
};

/// `portcullis_outbox`.
pub(super) const OUTBOX: Ddl = Ddl {
    sqlite: include_str!("portcullis_0004_sqlite.sql"),
    postgres: include_str!("portcullis_0004_postgresql.sql"),
};

/// `portcullis_email_change`.
pub(super) const EMAIL_CHANGE: Ddl = Ddl {
    sqlite: include_str!("portcullis_0008_sqlite.sql"),
    postgres: include_str!("portcullis_0008_postgresql.sql"),
};

/// `portcullis_audit`.
pub(super) const AUDIT: Ddl = Ddl {
    sqlite: include_str!("portcullis_0007_sqlite.sql"),
    postgres: include_str!("portcullis_0007_postgresql.sql"),
};

/// The address of logins.
pub(super) const LOGIN_ADDRESS: Ddl = Ddl {
    sqlite: include_str!("portcullis_0006.sql"),
    postgres: include_str!("portcullis_0006.sql"),
};

/// `portcullis_refresh`.
pub(super) const REFRESH: Ddl = Ddl {
    sqlite: include_str!("portcullis_0005_sqlite.sql"),
    postgres: include_str!("portcullis_0005_postgresql.sql"),
};

/// `portcullis_socialaccount`.
pub(super) const SOCIAL: Ddl = Ddl {
    sqlite: include_str!("portcullis_0009_sqlite.sql"),
    postgres: include_str!("portcullis_0009_postgresql.sql"),
};

/// `portcullis_ticket`.
pub(super) const TICKET: Ddl = Ddl {
    sqlite: include_str!("portcullis_0010_sqlite.sql"),
    postgres: include_str!("portcullis_0010_postgresql.sql"),
};

/// `portcullis_reset`.
pub(super) const RESET: Ddl = Ddl {
    sqlite: include_str!("portcullis_0011_sqlite.sql"),
    postgres: include_str!("portcullis_0011_postgresql.sql"),
};

/// `portcullis_change`, and on SQLite `portcullis_writing`.
pub(super) const CHANGE: Ddl = Ddl {
    sqlite: include_str!("portcullis_0012_sqlite.sql"),
    postgres: include_str!("portcullis_0012_postgresql.sql"),
};

/// The rows of Django's permissions, and what searching by prefix needs.
pub(super) const PERMISSIONS: Ddl = Ddl {
    sqlite: include_str!("portcullis_0016.sql"),
    postgres: concat!(
        include_str!("portcullis_0016.sql"),
        include_str!("portcullis_0016_postgresql.sql"),
    ),
};

/// `portcullis_totp`, `portcullis_recovery_code` and `portcullis_proof`.
pub(super) const SECOND_FACTOR: Ddl = Ddl {
    sqlite: include_str!("portcullis_0018_sqlite.sql"),
    postgres: include_str!("portcullis_0018_postgresql.sql"),
};
