//! An empty database on either engine, and a way to look into it that is not the store.

use portcullis_sql::Database;
use rusqlite::Connection;
use sqlx_core::connection::Connection as _;
use sqlx_core::raw_sql::raw_sql;
use sqlx_core::row::Row as _;
use sqlx_core::sql_str::AssertSqlSafe;
use sqlx_postgres::PgConnection;
use tempfile::TempDir;

use crate::NOW;
use crate::postgres::Server;

/// Where a database is, or will be.
pub(crate) enum Place {
    Sqlite(TempDir),
    Postgres { url: String, name: String },
}

impl Place {
    pub(crate) fn sqlite() -> Self {
        Self::Sqlite(tempfile::tempdir().unwrap())
    }

    pub(crate) async fn postgres(server: &mut Server, name: &str) -> Self {
        // PostgreSQL cuts names at 63 bytes.
        let name = name[..name.len().min(50)].to_owned();
        let url = server.create_database(&name).await;
        Self::Postgres { url, name }
    }

    /// Opens the database, as one more node would.
    pub(crate) async fn database(&self) -> Database {
        let url = match self {
            Self::Sqlite(folder) => format!("sqlite://{}", file(folder).display()),
            Self::Postgres { url, .. } => url.clone(),
        };
        Database::open(&url).await.unwrap().0
    }

    pub(crate) async fn migrated(&self) -> Database {
        let database = self.database().await;
        database.migrate(NOW).await.unwrap();
        database
    }

    /// What Django's migrations make on this engine.
    pub(crate) fn django_tables(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => include_str!("../../src/migrations/django_sqlite.sql"),
            Self::Postgres { .. } => include_str!("../../src/migrations/django_postgresql.sql"),
        }
    }

    /// Another empty database beside this one.
    pub(crate) async fn beside(&self) -> Self {
        match self {
            Self::Sqlite(_) => Self::sqlite(),
            Self::Postgres { url, name } => {
                self.run(&format!("CREATE DATABASE {name}_beside")).await;
                Self::Postgres {
                    url: format!("{url}_beside"),
                    name: format!("{name}_beside"),
                }
            }
        }
    }

    /// Runs statements, not through the store.
    pub(crate) async fn run(&self, sql: &str) {
        match self {
            Self::Sqlite(folder) => {
                let connection = Connection::open(file(folder)).unwrap();
                connection.execute_batch(sql).unwrap();
            }
            Self::Postgres { url, .. } => {
                let mut connection = PgConnection::connect(url).await.unwrap();
                raw_sql(AssertSqlSafe(sql))
                    .execute(&mut connection)
                    .await
                    .unwrap();
            }
        }
    }

    /// The first column of each row, which is text.
    pub(crate) async fn texts(&self, sql: &str) -> Vec<String> {
        match self {
            Self::Sqlite(folder) => {
                let connection = Connection::open(file(folder)).unwrap();
                let mut statement = connection.prepare(sql).unwrap();
                let rows = statement.query_map([], |row| row.get(0)).unwrap();
                rows.map(Result::unwrap).collect()
            }
            Self::Postgres { url, .. } => {
                let mut connection = PgConnection::connect(url).await.unwrap();
                let rows = raw_sql(AssertSqlSafe(sql)).fetch_all(&mut connection);
                let rows = rows.await.unwrap();
                rows.iter().map(|row| row.get(0)).collect()
            }
        }
    }

    pub(crate) async fn count(&self, table: &str) -> i64 {
        let sql = format!("SELECT CAST(count(*) AS text) FROM {table}");
        self.texts(&sql).await[0].parse().unwrap()
    }

    /// The number of rows in each table.
    pub(crate) async fn all_rows(&self) -> Vec<(String, i64)> {
        let tables = match self {
            Self::Sqlite(_) => "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name",
            Self::Postgres { .. } => {
                "SELECT relname::text FROM pg_class \
                 WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY relname"
            }
        };
        let mut counts = Vec::new();
        for table in self.texts(tables).await {
            let count = self.count(&table).await;
            counts.push((table, count));
        }
        counts
    }

    /// Everything about the tables but ours, a line a thing.
    pub(crate) async fn catalogue(&self) -> Vec<String> {
        let sql = match self {
            Self::Sqlite(_) => {
                "SELECT name || ': ' || sql FROM sqlite_schema WHERE sql IS NOT NULL \
                 AND name NOT LIKE 'portcullis%' AND name NOT LIKE 'sqlite_%' ORDER BY name"
            }
            Self::Postgres { .. } => include_str!("catalogue.sql"),
        };
        self.texts(sql).await
    }
}

/// The file of a place on SQLite.
pub(crate) fn file(folder: &TempDir) -> std::path::PathBuf {
    folder.path().join("test.db")
}
