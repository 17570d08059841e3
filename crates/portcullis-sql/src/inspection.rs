//! What a database holds that Django has made; looks only. And taking what is ours out of it again.

use std::collections::BTreeMap;

use portcullis_core::StoreError;
use time::OffsetDateTime;

use crate::database::Database;
use crate::tables::Tables;
use crate::transaction::Dialect;
use crate::value::values;

/// What was found in a database.
#[derive(Clone, Debug)]
pub struct Inspection {
    /// Django's migrations: of each app, how many were applied and the name of the last one.
    pub apps: BTreeMap<String, (usize, String)>,
    /// Whether users are in Django's stock `auth_user`.
    pub has_stock_users: bool,
    /// Other tables that look like users': they have `password` and `last_login`.
    pub other_user_tables: Vec<String>,
    /// Whether there is a `django_session`.
    pub has_sessions: bool,
    /// Which tables of packages there are.
    pub tables: Tables,
    /// The `session_data` of a few sessions that are not over, newest first.
    pub sessions: Vec<String>,
    /// Our own tables.
    pub ours: Vec<String>,
}

impl Inspection {
    /// How many of Django's migrations were applied.
    #[must_use]
    pub fn migrations(&self) -> usize {
        self.apps.values().map(|(count, _)| count).sum()
    }
}

impl Database {
    /// Looks at what Django has made, and at up to `sessions` of its sessions. Changes nothing.
    ///
    /// # Errors
    /// When the database fails, or Django never migrated it.
    pub async fn inspect(
        &self,
        sessions: u32,
        now: OffsetDateTime,
    ) -> Result<Inspection, StoreError> {
        if !self.has_table("django_migrations").await? {
            return Err(StoreError::Unavailable(
                "Django has not migrated this database: there is no django_migrations".to_owned(),
            ));
        }
        let mut apps: BTreeMap<String, (usize, String)> = BTreeMap::new();
        let sql = "SELECT app, name FROM django_migrations WHERE app <> 'portcullis' ORDER BY name";
        for row in self.rows_now(sql, values![]).await? {
            let app = apps.entry(row.get(0)?).or_default();
            *app = (app.0 + 1, row.get(1)?);
        }
        let has_sessions = self.has_table("django_session").await?;
        let mut found = Vec::new();
        if has_sessions {
            let sql = "SELECT session_data FROM django_session WHERE expire_date > ?1 \
                       ORDER BY expire_date DESC LIMIT ?2";
            for row in self
                .rows_now(sql, values![now, i64::from(sessions)])
                .await?
            {
                found.push(row.get(0)?);
            }
        }
        Ok(Inspection {
            apps,
            has_stock_users: self.has_table("auth_user").await?,
            other_user_tables: self.user_tables().await?,
            has_sessions,
            tables: self.tables().await?,
            sessions: found,
            ours: self.our_tables().await?,
        })
    }

    /// Removes our tables, and what `django_migrations` says about them, in one transaction; the names of
    /// the tables. Django's own are not touched.
    ///
    /// # Errors
    /// When the database fails; nothing is removed then.
    pub async fn leave(&self) -> Result<Vec<String>, StoreError> {
        self.remove_notices().await?;
        let tables = self.our_tables().await?;
        let mut transaction = self.begin_blind().await?;
        for table in &tables {
            transaction
                .execute(&format!("DROP TABLE {table}"), values![])
                .await?;
        }
        let sql = "DELETE FROM django_migrations WHERE app = 'portcullis'";
        transaction.execute(sql, values![]).await?;
        transaction.commit().await?;
        Ok(tables)
    }

    /// The tables whose names begin with `portcullis_`.
    async fn our_tables(&self) -> Result<Vec<String>, StoreError> {
        let sql = match self.dialect() {
            Dialect::Sqlite => "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name",
            Dialect::Postgres => {
                "SELECT table_name::text FROM information_schema.tables \
                 WHERE table_schema = current_schema() ORDER BY table_name"
            }
        };
        let names = self.names(sql).await?;
        let is_plain = |name: &String| {
            let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
            name.starts_with("portcullis_") && name.chars().all(is_part)
        };
        Ok(names.into_iter().filter(is_plain).collect())
    }

    async fn user_tables(&self) -> Result<Vec<String>, StoreError> {
        let sql = match self.dialect() {
            Dialect::Sqlite => {
                "SELECT m.name FROM sqlite_schema m JOIN pragma_table_info(m.name) p \
                 WHERE m.type = 'table' AND m.name <> 'auth_user' \
                 AND p.name IN ('password', 'last_login') \
                 GROUP BY m.name HAVING count(*) = 2 ORDER BY m.name"
            }
            Dialect::Postgres => {
                "SELECT table_name::text FROM information_schema.columns \
                 WHERE table_schema = current_schema() AND table_name <> 'auth_user' \
                 AND column_name IN ('password', 'last_login') \
                 GROUP BY table_name HAVING count(*) = 2 ORDER BY table_name"
            }
        };
        self.names(sql).await
    }

    async fn names(&self, sql: &str) -> Result<Vec<String>, StoreError> {
        let rows = self.rows_now(sql, values![]).await?;
        rows.iter().map(|row| row.get(0)).collect()
    }
}
