//! What tables a database has.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use portcullis_sql::{Cell, Database, Dialect, Limited, SqlError};

/// How long looking may take.
const TIME: Duration = Duration::from_secs(10);

/// Columns, by table: name, declared type, NOT NULL, part of the key; then foreign keys and unique columns.
const SQLITE: [&str; 4] = [
    "SELECT m.name, c.name, c.type, c.\"notnull\" <> 0, c.pk <> 0 FROM sqlite_master m \
     JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' ORDER BY m.name, c.cid",
    "SELECT m.name, f.\"from\", f.\"table\" FROM sqlite_master m \
     JOIN pragma_foreign_key_list(m.name) f WHERE m.type = 'table'",
    "SELECT m.name, MIN(i.name) FROM sqlite_master m JOIN pragma_index_list(m.name) l \
     JOIN pragma_index_info(l.name) i WHERE m.type = 'table' AND l.\"unique\" = 1 \
     GROUP BY m.name, l.name HAVING COUNT(*) = 1",
    "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND sql LIKE '%JSON_VALID%'",
];

const POSTGRES: [&str; 3] = [
    "SELECT CAST(c.relname AS text), CAST(a.attname AS text), format_type(a.atttypid, a.atttypmod), a.attnotnull, \
     EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'p' AND a.attnum = ANY (k.conkey)) \
     FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
     WHERE c.relkind IN ('r', 'p') AND c.relnamespace = CAST(current_schema() AS regnamespace) \
     ORDER BY c.relname, a.attnum",
    "SELECT CAST(c.relname AS text), CAST(a.attname AS text), CAST(o.relname AS text) FROM pg_constraint k \
     JOIN pg_class c ON c.oid = k.conrelid JOIN pg_class o ON o.oid = k.confrelid \
     JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.conkey[1] \
     WHERE k.contype = 'f' AND cardinality(k.conkey) = 1 AND c.relnamespace = CAST(current_schema() AS regnamespace)",
    "SELECT CAST(c.relname AS text), CAST(a.attname AS text) FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid \
     JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0] \
     WHERE i.indisunique AND i.indnkeyatts = 1 AND i.indpred IS NULL \
     AND c.relnamespace = CAST(current_schema() AS regnamespace)",
];

/// A column of a table.
#[derive(Clone, Debug)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) declared: String,
    pub(super) is_null: bool,
    pub(super) is_key: bool,
}

/// A table: columns in order, and what they refer to.
#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    pub(super) columns: Vec<Column>,
    /// The other table, by column.
    pub(super) foreign: BTreeMap<String, String>,
    pub(super) unique: BTreeSet<String>,
    /// Columns of SQLite that are checked to be JSON.
    pub(super) json: BTreeSet<String>,
}

/// The tables of a database, as they were when it was looked at.
#[derive(Clone, Debug)]
pub struct Catalogue {
    pub(super) dialect: Dialect,
    pub(super) tables: BTreeMap<String, Table>,
}

impl Catalogue {
    /// Looks at the tables, columns and keys of a database; on PostgreSQL at those of the current schema.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn read(database: &Database) -> Result<Self, SqlError> {
        let database = database.limited(TIME);
        let mut catalogue = Self {
            dialect: database.dialect(),
            tables: BTreeMap::new(),
        };
        let queries = match catalogue.dialect {
            Dialect::Sqlite => &SQLITE[..],
            Dialect::Postgres => &POSTGRES[..],
        };
        for (index, query) in queries.iter().enumerate() {
            catalogue.take(&database, index, query).await?;
        }
        Ok(catalogue)
    }

    /// The names of all tables.
    pub fn tables(&self) -> impl Iterator<Item = &str> {
        self.tables.keys().map(String::as_str)
    }

    async fn take(
        &mut self,
        database: &Limited,
        index: usize,
        query: &str,
    ) -> Result<(), SqlError> {
        for row in database.rows(query, &[]).await? {
            let cells = row.cells();
            let text = |at: usize| match cells.get(at) {
                Some(Cell::Text(text)) => text.clone(),
                _ => String::new(),
            };
            let truth =
                |at: usize| matches!(cells.get(at), Some(Cell::Bool(true) | Cell::Integer(1)));
            let table = self.tables.entry(text(0)).or_default();
            match index {
                0 => table.columns.push(Column {
                    name: text(1),
                    declared: text(2).to_lowercase(),
                    is_null: !truth(3) && !truth(4),
                    is_key: truth(4),
                }),
                1 => drop(table.foreign.insert(text(1), text(2))),
                2 => drop(table.unique.insert(text(1))),
                _ => {
                    let sql = text(1);
                    let is_json = |column: &&Column| {
                        sql.contains(&format!("JSON_VALID(\"{}\")", column.name))
                    };
                    let names = table.columns.iter().filter(is_json);
                    table.json = names.map(|column| column.name.clone()).collect();
                }
            }
        }
        Ok(())
    }
}
