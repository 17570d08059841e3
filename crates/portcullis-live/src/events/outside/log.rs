//! Reading `portcullis_change`.

use std::collections::BTreeMap;

use portcullis_sql::{Cell, Dialect, Row, Value};
use serde_json::{Value as Json, json};

use super::super::{Change, ChangeKind, Seen};
use super::before;
use crate::error::LiveError;
use crate::live::Inner;
use crate::model::{Kind, Model};
use crate::value::{random_uuid, render};

/// How many rows are read at a time.
const BATCH: usize = 500;

/// Beyond so many changes at a time, those of the same kind that follow each other are told together.
const SINGLES: usize = 100;

/// Where the log was read up to.
#[derive(Debug, Default)]
pub(super) struct Log {
    /// SQLite: the last row. Rows get their numbers in the order of commits, since one writes at a time.
    last: i64,
    /// PostgreSQL: transactions before this one had ended when it was read last.
    floor: i64,
    /// PostgreSQL: the rows from there on that were read, with their transactions.
    read: BTreeMap<i64, i64>,
}

/// One row.
struct Entry {
    id: i64,
    model: String,
    operation: String,
    key: String,
    before: Option<String>,
    transaction: i64,
}

fn text(cell: &Cell) -> Option<String> {
    match cell {
        Cell::Text(text) => Some(text.clone()),
        _ => None,
    }
}

impl Entry {
    fn of(row: &Row) -> Option<Self> {
        let [
            Cell::Integer(id),
            model,
            operation,
            key,
            before,
            Cell::Integer(transaction),
        ] = row.cells()
        else {
            return None;
        };
        Some(Self {
            id: *id,
            model: text(model)?,
            operation: text(operation)?,
            key: text(key)?,
            before: text(before),
            transaction: *transaction,
        })
    }

    fn kind(&self) -> ChangeKind {
        match self.operation.as_str() {
            "i" => ChangeKind::Create,
            "d" => ChangeKind::Delete,
            _ => ChangeKind::Update,
        }
    }
}

impl Log {
    /// What is written from now on.
    pub(super) async fn from_now(live: &Inner) -> Result<Self, LiveError> {
        let mut log = Self::default();
        match live.database.dialect() {
            Dialect::Sqlite => {
                let sql = "SELECT COALESCE(MAX(id), 0) FROM portcullis_change";
                log.last = number(live, sql).await?;
            }
            Dialect::Postgres => {
                log.floor = log.ended(live).await?;
                for entry in log.entries(live).await? {
                    log.read.insert(entry.id, entry.transaction);
                }
            }
        }
        Ok(log)
    }

    /// Tells of what is new.
    pub(super) async fn read(&mut self, live: &Inner) -> Result<(), LiveError> {
        // Before the rows: what ends in between is read once more, and known.
        let ended = match live.database.dialect() {
            Dialect::Postgres => self.ended(live).await?,
            Dialect::Sqlite => 0,
        };
        let entries = self.entries(live).await?;
        let is_full = entries.len() >= BATCH + self.read.len();
        let open = entries.iter().filter(|entry| entry.transaction >= ended);
        let open = open.map(|entry| (entry.id, entry.transaction)).collect();
        let new: Vec<Entry> = entries
            .into_iter()
            .filter(|entry| !self.read.contains_key(&entry.id))
            .collect();
        let changes = changes(live, &new).await?;
        match live.database.dialect() {
            Dialect::Sqlite => self.last = new.last().map_or(self.last, |entry| entry.id),
            // Where there may be more of the same transactions, the floor waits.
            Dialect::Postgres if is_full => {
                let new = new.iter().map(|entry| (entry.id, entry.transaction));
                self.read.extend(new);
            }
            // Those that were pruned are not kept, however long another transaction is open.
            Dialect::Postgres => {
                self.floor = ended;
                self.read = open;
            }
        }
        live.bus.publish(changes);
        Ok(())
    }

    async fn ended(&self, live: &Inner) -> Result<i64, LiveError> {
        let sql = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint";
        number(live, sql).await
    }

    /// The rows that may be new, those among them that were read.
    async fn entries(&self, live: &Inner) -> Result<Vec<Entry>, LiveError> {
        let columns = "id, model, operation, key, before, \"transaction\"";
        let limit = BATCH + self.read.len();
        let (sql, from) = match live.database.dialect() {
            Dialect::Sqlite => (
                format!(
                    "SELECT {columns} FROM portcullis_change WHERE id > ?1 ORDER BY id LIMIT {limit}"
                ),
                self.last,
            ),
            Dialect::Postgres => (
                format!(
                    "SELECT {columns} FROM portcullis_change WHERE \"transaction\" >= ?1 ORDER BY id LIMIT {limit}"
                ),
                self.floor,
            ),
        };
        let rows = live.database.rows(&sql, &[Value::Integer(from)]).await?;
        Ok(rows.iter().filter_map(Entry::of).collect())
    }
}

async fn number(live: &Inner, sql: &str) -> Result<i64, LiveError> {
    let rows = live.database.rows(sql, &[]).await?;
    Ok(match rows.first().map(Row::cells) {
        Some([Cell::Integer(number)]) => *number,
        _ => 0,
    })
}

/// Rows that nobody reads any more.
pub(super) async fn prune(live: &Inner) -> Result<(), LiveError> {
    let sql = match live.database.dialect() {
        Dialect::Sqlite => {
            "DELETE FROM portcullis_change WHERE at < datetime('now', '-10 minutes')"
        }
        Dialect::Postgres => {
            "DELETE FROM portcullis_change WHERE at < now() - interval '10 minutes'"
        }
    };
    let mut transaction = live.database.begin().await?;
    transaction.execute(sql, &[]).await?;
    Ok(transaction.commit().await?)
}

/// What is told of rows of the log; very many that follow each other are told together.
async fn changes(live: &Inner, entries: &[Entry]) -> Result<Vec<Change>, LiveError> {
    let mut changes: Vec<Change> = Vec::new();
    for entry in entries {
        let Some(model) = live.registry.model(&entry.model) else {
            continue;
        };
        let key = key(model, &entry.key);
        let seen = match &entry.before {
            Some(row) => before::seen(live, model, row).await?,
            None => Seen::default(),
        };
        let kind = match (entries.len() > SINGLES, entry.kind()) {
            (false, kind) => kind,
            (true, ChangeKind::Create) => ChangeKind::BulkCreate,
            (true, ChangeKind::Delete) => ChangeKind::BulkDelete,
            (true, _) => ChangeKind::BulkUpdate,
        };
        let last = changes.last_mut();
        let change = match last
            .filter(|last| kind.is_bulk() && last.kind == kind && last.model == entry.model)
        {
            Some(last) => last,
            None => {
                let at = live.clock.now().unix_timestamp_nanos() / 1_000_000;
                changes.push(Change {
                    kind,
                    model: model.name().to_owned(),
                    keys: Vec::new(),
                    key_field: model.pk().name().to_owned(),
                    operation_id: None,
                    canonical_id: random_uuid()?,
                    at_ms: i64::try_from(at).unwrap_or_default(),
                    seen: std::collections::HashMap::new(),
                    is_everywhere: true,
                });
                match changes.last_mut() {
                    Some(last) => last,
                    None => continue,
                }
            }
        };
        for name in seen.names() {
            change.seen.entry(name).or_default().push(change.keys.len());
        }
        change.keys.push(key);
    }
    Ok(changes)
}

/// A key that the log has as text.
fn key(model: &Model, text: &str) -> Json {
    let kind = model.pk().kind();
    match (kind, text.parse::<i64>()) {
        (Kind::Auto | Kind::Integer, Ok(number)) => json!(number),
        _ => render(kind, &Cell::Text(text.to_owned())),
    }
}
