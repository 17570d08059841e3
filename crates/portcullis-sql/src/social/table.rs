//! Which table holds accounts at providers: that of the package that the Django project uses.

use portcullis_core::StoreError;

use crate::database::Database;
use crate::migrations::has_table;
use crate::transaction::{Dialect, Transaction};
use crate::value::values;

/// The table that is read and written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Table {
    /// allauth's `socialaccount_socialaccount`.
    Allauth,
    /// social-auth-app-django's `social_auth_usersocialauth`; since its migration 0018 with `id_key`.
    SocialAuth { has_id_key: bool },
    /// Ours, of the same shape as allauth's.
    Own,
}

impl Table {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Allauth => "socialaccount_socialaccount",
            Self::SocialAuth { .. } => "social_auth_usersocialauth",
            Self::Own => "portcullis_socialaccount",
        }
    }

    /// The columns of the last and of the first log-in.
    pub(super) fn times(self) -> (&'static str, &'static str) {
        match self {
            Self::Allauth | Self::Own => ("last_login", "date_joined"),
            Self::SocialAuth { .. } => ("modified", "created"),
        }
    }

    /// Inserts `?1` provider, `?2` uid, `?3` user, `?4` now, `?5` JSON; nothing where the pair is there.
    pub(super) fn insert(self, dialect: Dialect) -> String {
        let (last, first) = self.times();
        let json = json(dialect, "?5");
        let (key, empty) = match self {
            Self::SocialAuth { has_id_key: true } => (", id_key", ", ''"),
            _ => ("", ""),
        };
        format!(
            "INSERT INTO {} (provider, uid, user_id, {last}, {first}, extra_data{key}) \
             VALUES (?1, ?2, ?3, ?4, ?4, {json}{empty}) ON CONFLICT (provider, uid) DO NOTHING",
            self.name()
        )
    }

    /// Writes `?1` now for `?2` provider and `?3` uid, and `?4` JSON where it is only what the provider says.
    ///
    /// In social-auth's table it holds tokens that other programs use: it stays.
    pub(super) fn touch(self, dialect: Dialect) -> String {
        let (last, _) = self.times();
        let json = match self {
            Self::SocialAuth { .. } => String::new(),
            Self::Allauth | Self::Own => format!(", extra_data = {}", json(dialect, "?4")),
        };
        format!(
            "UPDATE {} SET {last} = ?1{json} WHERE provider = ?2 AND uid = ?3",
            self.name()
        )
    }

    /// Whether [`touch`](Self::touch) writes what the provider says.
    pub(super) fn has_own_data(self) -> bool {
        !matches!(self, Self::SocialAuth { .. })
    }
}

/// A text as the column of JSON takes it.
fn json(dialect: Dialect, place: &str) -> String {
    match dialect {
        Dialect::Sqlite => place.to_owned(),
        Dialect::Postgres => format!("CAST({place} AS jsonb)"),
    }
}

impl Database {
    /// The table of accounts at providers, looked for once: allauth's where there is one, unless it is
    /// empty and social-auth's is not.
    pub(super) async fn social_table(&self) -> Result<Table, StoreError> {
        if let Some(table) = self.known_social_table().get() {
            return Ok(*table);
        }
        let mut transaction = self.begin().await?;
        let table = find(&mut transaction).await?;
        // Of two that look at once both find the same.
        Ok(*self.known_social_table().get_or_init(|| table))
    }
}

async fn find(transaction: &mut Transaction) -> Result<Table, StoreError> {
    let has_allauth = has_table(transaction, Table::Allauth.name()).await?;
    let old = Table::SocialAuth { has_id_key: false };
    if !has_table(transaction, old.name()).await? {
        return Ok(if has_allauth {
            Table::Allauth
        } else {
            Table::Own
        });
    }
    if has_allauth {
        let is_used = |table: Table| format!("SELECT 1 FROM {} LIMIT 1", table.name());
        let sql = is_used(Table::Allauth);
        if transaction.optional_row(&sql, values![]).await?.is_some() {
            return Ok(Table::Allauth);
        }
        let sql = is_used(old);
        if transaction.optional_row(&sql, values![]).await?.is_none() {
            return Ok(Table::Allauth);
        }
    }
    let sql = match transaction.dialect() {
        Dialect::Sqlite => {
            "SELECT 1 FROM pragma_table_info('social_auth_usersocialauth') WHERE name = 'id_key'"
        }
        Dialect::Postgres => {
            "SELECT 1 FROM pg_attribute WHERE attrelid = to_regclass('social_auth_usersocialauth') \
             AND attname = 'id_key' AND NOT attisdropped"
        }
    };
    let has_id_key = transaction.optional_row(sql, values![]).await?.is_some();
    Ok(Table::SocialAuth { has_id_key })
}
