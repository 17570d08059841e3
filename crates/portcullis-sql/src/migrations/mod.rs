//! Which tables there are: Django's, where Django did not make them, and ours.

mod ddl;

use std::sync::atomic::Ordering;
use std::time::Duration;

use portcullis_core::StoreError;
use time::OffsetDateTime;

use crate::database::Database;
use crate::names::Names;
use crate::transaction::{Dialect, Transaction};
use crate::value::values;
use ddl::{
    AUDIT, CHANGE, DJANGO, Ddl, EMAIL_AND_LOGIN, EMAIL_CHANGE, LOGIN_ADDRESS, OUTBOX, PERMISSIONS,
    REFRESH, RESET, SECOND_FACTOR, SOCIAL, THROTTLE, TICKET, USERNAME,
};

const DJANGO_APPLIED: &str = include_str!("django_applied.txt");

/// Our own migrations, in the order of application.
const MIGRATIONS: [(&str, Ddl); 14] = [
    ("0001_initial", EMAIL_AND_LOGIN),
    ("0002_throttle", THROTTLE),
    ("0003_username", USERNAME),
    ("0004_outbox", OUTBOX),
    ("0005_refresh", REFRESH),
    ("0006_login_address", LOGIN_ADDRESS),
    ("0007_audit", AUDIT),
    ("0008_email_change", EMAIL_CHANGE),
    ("0009_social", SOCIAL),
    ("0010_ticket", TICKET),
    ("0011_reset", RESET),
    ("0012_change", CHANGE),
    ("0016_permissions", PERMISSIONS),
    ("0018_second_factor", SECOND_FACTOR),
];

/// Two nodes that migrate one PostgreSQL database at once take turns at this lock.
const TURN: i64 = 0x706f_7274_6375_6c6c;

/// How long a migration may take, and wait for that of another node.
pub(crate) const PATIENCE: Duration = Duration::from_secs(600);

impl Database {
    /// Brings the tables up to date; the names of what was applied, none when all was there.
    ///
    /// On an empty database it makes Django's tables as its migrations leave them, with their rows in
    /// `django_migrations`. On one that Django migrated it adds tables named `portcullis_*` only.
    /// Each migration is one transaction with its row: killed at any point, none is half done; of
    /// two processes that migrate at once, one waits, looks again and finds nothing to do.
    ///
    /// # Errors
    /// When the database fails, or Django migrated it with a user table other than that of this database.
    #[doc(alias = "manage.py migrate")]
    pub async fn migrate(&self, now: OffsetDateTime) -> Result<Vec<String>, StoreError> {
        let mut applied = Vec::new();
        if self.migrate_django(now).await? {
            applied.push("django tables".to_owned());
        }
        for (name, ddl) in MIGRATIONS {
            if self.migrate_ours(name, ddl, now).await? {
                applied.push(format!("portcullis.{name}"));
            }
        }
        self.adopt_users().await?;
        if self.has_notices().await? {
            // New tables are told of as well.
            self.add_notices().await?;
        }
        self.tables().await?;
        Ok(applied)
    }

    /// Brings our tables of names in step with the users that are there.
    async fn adopt_users(&self) -> Result<(), StoreError> {
        let mut transaction = self.begin_migration().await?;
        let sql = "SELECT COALESCE(max(id), 0) FROM auth_user";
        let row = transaction.optional_row(sql, values![]).await?;
        let newest: i64 = row.map_or(Ok(0), |row| row.get(0))?;
        for names in [Names::Usernames, Names::Emails] {
            names.adopt_all(&mut transaction).await?;
        }
        transaction.commit().await?;
        self.newest_user().fetch_max(newest, Ordering::AcqRel);
        Ok(())
    }

    /// What [`migrate`](Self::migrate) would apply; looks only.
    ///
    /// # Errors
    /// When the database fails.
    #[doc(alias = "manage.py migrate --check")]
    pub async fn pending_migrations(&self) -> Result<Vec<String>, StoreError> {
        let mut pending = Vec::new();
        // Rolled back: nothing is written in it.
        let mut transaction = self.begin_blind().await?;
        if !has_table(&mut transaction, self.user_table().name()).await? {
            pending.push("django tables".to_owned());
        }
        let has_records = has_table(&mut transaction, "django_migrations").await?;
        for (name, _) in MIGRATIONS {
            if !has_records || !is_recorded(&mut transaction, name).await? {
                pending.push(format!("portcullis.{name}"));
            }
        }
        Ok(pending)
    }

    /// `false` when the tables are there already.
    async fn migrate_django(&self, now: OffsetDateTime) -> Result<bool, StoreError> {
        let mut transaction = self.begin_migration().await?;
        if has_table(&mut transaction, self.user_table().name()).await? {
            return Ok(false);
        }
        if has_table(&mut transaction, "django_migrations").await? {
            return Err(StoreError::Unavailable(
                "Django has migrated this database with a user table other than auth_user: name it in user_table"
                    .to_owned(),
            ));
        }
        // With Django's other tables there but no `auth_user` this fails, and nothing is changed.
        let ddl = DJANGO.of(transaction.dialect());
        transaction.batch(ddl).await?;
        // The first id is 1, which is what Django's `SITE_ID` says.
        let site = "INSERT INTO django_site (domain, name) VALUES ('example.com', 'example.com')";
        transaction.execute(site, values![]).await?;
        let rows = DJANGO_APPLIED.lines();
        for (app, name) in rows.filter_map(|line| line.split_once('.')) {
            record(&mut transaction, app, name, now).await?;
        }
        transaction.commit().await?;
        Ok(true)
    }

    /// `false` when it was applied before.
    async fn migrate_ours(
        &self,
        name: &str,
        ddl: Ddl,
        now: OffsetDateTime,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.begin_migration().await?;
        if is_recorded(&mut transaction, name).await? {
            return Ok(false);
        }
        transaction.batch(ddl.of(transaction.dialect())).await?;
        record(&mut transaction, "portcullis", name, now).await?;
        transaction.commit().await?;
        Ok(true)
    }

    async fn begin_migration(&self) -> Result<Transaction, StoreError> {
        let mut transaction = self.begin_blind().await?;
        transaction.allow(PATIENCE).await?;
        // On SQLite the transaction itself is the lock.
        if transaction.dialect() == Dialect::Postgres {
            let sql = "SELECT pg_advisory_xact_lock(?1)";
            transaction.rows(sql, values![TURN]).await?;
        }
        Ok(transaction)
    }
}

async fn is_recorded(transaction: &mut Transaction, name: &str) -> Result<bool, StoreError> {
    let sql = "SELECT 1 FROM django_migrations WHERE app = 'portcullis' AND name = ?1";
    let row = transaction.optional_row(sql, values![name]).await?;
    Ok(row.is_some())
}

pub(crate) async fn has_table(
    transaction: &mut Transaction,
    name: &str,
) -> Result<bool, StoreError> {
    let sql = match transaction.dialect() {
        Dialect::Sqlite => "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1",
        Dialect::Postgres => "SELECT 1 WHERE to_regclass(?1) IS NOT NULL",
    };
    let row = transaction.optional_row(sql, values![name]).await?;
    Ok(row.is_some())
}

async fn record(
    transaction: &mut Transaction,
    app: &str,
    name: &str,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO django_migrations (app, name, applied) VALUES (?1, ?2, ?3)";
    transaction.execute(sql, values![app, name, now]).await?;
    Ok(())
}
