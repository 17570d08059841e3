//! Triggers that tell of what is written into a PostgreSQL database, whoever writes it.
//!
//! They are named `portcullis_notice_*` and are added on request alone: without them nothing that was read
//! from PostgreSQL is kept. A statement that concerns a few users tells who they are; one that concerns many,
//! or where it cannot be told, says "somebody". SQLite needs none.

use portcullis_core::StoreError;

use crate::database::Database;
use crate::row::Row;
use crate::transaction::Dialect;
use crate::value::values;

/// The channel of PostgreSQL on which it is told.
pub(crate) const CHANNEL: &str = "portcullis";

/// What a notice says: something was written that ends nothing.
pub(crate) const CACHE: &str = "cache";

/// What comes before the primary key of a user whose credentials or rights were changed.
pub(crate) const USER: &str = "user ";

/// The tables in question, each with the column that says whose a row is, or with nothing.
///
/// Of ours it is all but the counters and tickets, which nobody keeps answers about.
const TABLES: &str = "SELECT c.relname::text AS name, \
     CASE WHEN c.relname = 'auth_user' THEN 'id' \
     WHEN EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'user_id' \
     AND NOT a.attisdropped) THEN 'user_id' ELSE '' END AS whose, c.oid AS oid \
     FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace \
     AND (c.relname IN ('auth_user', 'auth_user_groups', 'auth_user_user_permissions', 'auth_group', \
     'auth_group_permissions', 'auth_permission', 'django_content_type', 'django_session', \
     'knox_authtoken', 'authtoken_token', 'token_blacklist_outstandingtoken', \
     'token_blacklist_blacklistedtoken', 'account_emailaddress', 'account_emailconfirmation') \
     OR c.relname LIKE 'portcullis\\_%' \
     AND c.relname NOT IN ('portcullis_throttle', 'portcullis_ticket', 'portcullis_change'))";

/// How many of its triggers a table has that are on.
const TRIGGERS_ON: &str = "(SELECT count(*) FROM pg_trigger g WHERE g.tgrelid = t.oid \
     AND g.tgname LIKE 'portcullis\\_notice\\_%' AND g.tgenabled IN ('O', 'A'))";

/// What every trigger runs. What a statement has changed is in the table `changed`.
const FUNCTION: &str = "CREATE OR REPLACE FUNCTION portcullis_notice() RETURNS trigger \
     LANGUAGE plpgsql AS $$ \
     DECLARE who text[]; one text; \
     BEGIN \
       IF TG_OP = 'INSERT' THEN \
         PERFORM pg_notify('portcullis', 'cache'); \
       ELSIF TG_OP = 'TRUNCATE' THEN \
         PERFORM pg_notify('portcullis', 'somebody'); \
       ELSIF TG_ARGV[0] = '' THEN \
         IF EXISTS (SELECT 1 FROM changed) THEN \
           PERFORM pg_notify('portcullis', 'somebody'); \
         END IF; \
       ELSE \
         EXECUTE format('SELECT array_agg(s.who) FROM (SELECT DISTINCT %I::text AS who \
                         FROM changed LIMIT 21) s', TG_ARGV[0]) INTO who; \
         IF cardinality(who) > 20 THEN \
           PERFORM pg_notify('portcullis', 'somebody'); \
         ELSE \
           FOREACH one IN ARRAY COALESCE(who, '{}') LOOP \
             PERFORM pg_notify('portcullis', COALESCE('user ' || one, 'somebody')); \
           END LOOP; \
         END IF; \
       END IF; \
       RETURN NULL; \
     END $$";

/// The four triggers of a table: their names' ends, what sets them off, and how they see what was changed.
const TRIGGERS: [(&str, &str, &str); 4] = [
    ("insert", "INSERT", ""),
    ("update", "UPDATE", "REFERENCING OLD TABLE AS changed"),
    ("delete", "DELETE", "REFERENCING OLD TABLE AS changed"),
    ("truncate", "TRUNCATE", ""),
];

/// A query whether everything that is written is told, with the channel and a word that are told now.
pub(crate) fn beat() -> String {
    let all = TRIGGERS.len();
    format!(
        "SELECT NOT EXISTS (SELECT 1 FROM ({TABLES}) t WHERE {TRIGGERS_ON} < {all}), pg_backend_pid(), \
         pg_notify(?1, ?2)::text"
    )
}

impl Database {
    /// Adds the triggers that tell of what is written; to how many tables.
    ///
    /// Each table is locked against writes for the moment that its triggers take; who waits two seconds for
    /// such a lock gives up. On SQLite there is nothing to add.
    ///
    /// # Errors
    /// When the database fails, or the tables are not ours to change. What was added until then stays, and
    /// counts for nothing until the rest is there.
    pub async fn add_notices(&self) -> Result<u64, StoreError> {
        if self.dialect() == Dialect::Sqlite {
            return Ok(0);
        }
        self.execute(FUNCTION, values![]).await?;
        let mut tables = 0;
        for (name, whose) in self
            .noticed(&format!("{TRIGGERS_ON} < {}", TRIGGERS.len()))
            .await?
        {
            let mut transaction = self.begin_blind().await?;
            transaction
                .execute("SET LOCAL lock_timeout = '2s'", values![])
                .await?;
            for (end, event, sees) in TRIGGERS {
                let sql = format!("DROP TRIGGER IF EXISTS portcullis_notice_{end} ON {name}");
                transaction.execute(&sql, values![]).await?;
                let sql = format!(
                    "CREATE TRIGGER portcullis_notice_{end} AFTER {event} ON {name} {sees} \
                     FOR EACH STATEMENT EXECUTE FUNCTION portcullis_notice('{whose}')"
                );
                transaction.execute(&sql, values![]).await?;
            }
            transaction.commit().await?;
            tables += 1;
        }
        Ok(tables)
    }

    /// Removes the triggers; from how many tables.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn remove_notices(&self) -> Result<u64, StoreError> {
        if self.dialect() == Dialect::Sqlite {
            return Ok(0);
        }
        let mut tables = 0;
        let any = "EXISTS (SELECT 1 FROM pg_trigger g WHERE g.tgrelid = t.oid \
                   AND g.tgname LIKE 'portcullis\\_notice\\_%')";
        for (name, _) in self.noticed(any).await? {
            let mut transaction = self.begin_blind().await?;
            transaction
                .execute("SET LOCAL lock_timeout = '2s'", values![])
                .await?;
            for (end, ..) in TRIGGERS {
                let sql = format!("DROP TRIGGER IF EXISTS portcullis_notice_{end} ON {name}");
                transaction.execute(&sql, values![]).await?;
            }
            transaction.commit().await?;
            tables += 1;
        }
        self.execute("DROP FUNCTION IF EXISTS portcullis_notice()", values![])
            .await?;
        Ok(tables)
    }

    /// Whether there are triggers of ours.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn has_notices(&self) -> Result<bool, StoreError> {
        if self.dialect() == Dialect::Sqlite {
            return Ok(false);
        }
        Ok(!self
            .noticed(&format!("{TRIGGERS_ON} > 0"))
            .await?
            .is_empty())
    }

    /// The tables for which a condition holds, with the columns that say whose a row is.
    async fn noticed(&self, condition: &str) -> Result<Vec<(String, String)>, StoreError> {
        let sql =
            format!("SELECT t.name, t.whose FROM ({TABLES}) t WHERE {condition} ORDER BY t.name");
        let pair = |row: &Row| Ok((row.get(0)?, row.get(1)?));
        let rows = self.rows_now(&sql, values![]).await?;
        // The names are those of the query, or ours: none needs quotes.
        rows.iter().map(pair).collect()
    }
}
