//! Which tables there are: Django's, where Django did not make them, and ours.

use portcullis_core::StoreError;
use rusqlite::{Transaction, params};
use time::OffsetDateTime;

use crate::database::Database;
use crate::timestamp;
use crate::writer::unavailable;

const DJANGO: &str = include_str!("django_sqlite.sql");
const DJANGO_APPLIED: &str = include_str!("django_applied.txt");
const PORTCULLIS_0001: &str = include_str!("portcullis_0001_sqlite.sql");
const PORTCULLIS_0002: &str = include_str!("portcullis_0002_sqlite.sql");

/// Applies one migration if it is wanted: its name, or `None` when it is there already.
type Migration = fn(&Transaction<'_>, OffsetDateTime) -> rusqlite::Result<Option<&'static str>>;

/// In the order of application.
const MIGRATIONS: [Migration; 3] = [django, portcullis_0001, portcullis_0002];

impl Database {
    /// Brings the tables up to date; the names of what was applied, none when all was there.
    ///
    /// On an empty database it makes Django's tables as its migrations leave them, with their rows in
    /// `django_migrations`. On one that Django migrated it adds tables named `portcullis_*` only.
    /// Each migration is one transaction with its row: killed at any point, none is half done; of
    /// two processes that migrate at once, one waits, looks again and finds nothing to do.
    ///
    /// # Errors
    /// When the database fails, or Django migrated it with a user table other than `auth_user`.
    #[doc(alias = "manage.py migrate")]
    pub async fn migrate(&self, now: OffsetDateTime) -> Result<Vec<String>, StoreError> {
        let mut applied = Vec::new();
        for migration in MIGRATIONS {
            let step = move |transaction: &Transaction<'_>| {
                migration(transaction, now).map_err(|error| unavailable(&error))
            };
            applied.extend(self.writer().run(step).await?.map(str::to_owned));
        }
        Ok(applied)
    }
}

fn django(
    transaction: &Transaction<'_>,
    now: OffsetDateTime,
) -> rusqlite::Result<Option<&'static str>> {
    if has_table(transaction, "auth_user")? {
        return Ok(None);
    }
    // With Django's other tables there but no `auth_user` this fails, and nothing is changed.
    transaction.execute_batch(DJANGO)?;
    transaction.execute(
        "INSERT INTO django_site (id, domain, name) VALUES (1, 'example.com', 'example.com')",
        [],
    )?;
    let rows = DJANGO_APPLIED.lines();
    for (app, name) in rows.filter_map(|line| line.split_once('.')) {
        record(transaction, app, name, now)?;
    }
    Ok(Some("django tables"))
}

fn portcullis_0001(
    transaction: &Transaction<'_>,
    now: OffsetDateTime,
) -> rusqlite::Result<Option<&'static str>> {
    if is_recorded(transaction, "portcullis", "0001_initial")? {
        return Ok(None);
    }
    transaction.execute_batch(PORTCULLIS_0001)?;
    adopt_emails(transaction)?;
    record(transaction, "portcullis", "0001_initial", now)?;
    Ok(Some("portcullis.0001_initial"))
}

fn portcullis_0002(
    transaction: &Transaction<'_>,
    now: OffsetDateTime,
) -> rusqlite::Result<Option<&'static str>> {
    if is_recorded(transaction, "portcullis", "0002_throttle")? {
        return Ok(None);
    }
    transaction.execute_batch(PORTCULLIS_0002)?;
    record(transaction, "portcullis", "0002_throttle", now)?;
    Ok(Some("portcullis.0002_throttle"))
}

fn is_recorded(transaction: &Transaction<'_>, app: &str, name: &str) -> rusqlite::Result<bool> {
    transaction.query_row(
        "SELECT EXISTS (SELECT 1 FROM django_migrations WHERE app = ?1 AND name = ?2)",
        [app, name],
        |row| row.get(0),
    )
}

fn has_table(transaction: &Transaction<'_>, name: &str) -> rusqlite::Result<bool> {
    transaction.query_row(
        "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1)",
        [name],
        |row| row.get(0),
    )
}

fn record(
    transaction: &Transaction<'_>,
    app: &str,
    name: &str,
    now: OffsetDateTime,
) -> rusqlite::Result<()> {
    transaction.execute(
        "INSERT INTO django_migrations (app, name, applied) VALUES (?1, ?2, ?3)",
        params![app, name, timestamp::write(now)],
    )?;
    Ok(())
}

/// Takes over the addresses of the users that are there; of two that differ in letter case only,
/// the older account keeps it and the log says so.
fn adopt_emails(transaction: &Transaction<'_>) -> rusqlite::Result<()> {
    let mut users =
        transaction.prepare("SELECT id, email FROM auth_user WHERE email <> '' ORDER BY id")?;
    let mut rows = users.query([])?;
    while let Some(row) = rows.next()? {
        let (id, email): (i64, String) = (row.get(0)?, row.get(1)?);
        let added = transaction.execute(
            "INSERT OR IGNORE INTO portcullis_email (folded, user_id) VALUES (?1, ?2)",
            params![email.to_lowercase(), id],
        )?;
        if added == 0 {
            tracing::warn!(user = id, "another account has the same e-mail address");
        }
    }
    Ok(())
}
