//! The audit log, `portcullis_audit`.

use async_trait::async_trait;
use portcullis_core::{
    AuditEntry, AuditEvent, AuditFilter, AuditRecord, AuditStore, Device, NewLogin, Scheme,
    StoreError, UserId,
};
use time::OffsetDateTime;

use crate::database::Database;
use crate::migrations::PATIENCE;
use crate::row::Row;
use crate::transaction::Transaction;
use crate::user_row::integer;
use crate::value::{Value, values};

const INSERT: &str = "INSERT INTO portcullis_audit \
                      (at, event, outcome, user_id, scheme, address, device) \
                      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";

/// How many lines are removed in one transaction.
const PAGE: i64 = 10_000;

#[async_trait]
impl AuditStore for Database {
    async fn record(&self, entry: AuditEntry) -> Result<(), StoreError> {
        let user_id = entry.user.as_ref().and_then(integer);
        self.execute(INSERT, &row_of(&entry, user_id)).await?;
        Ok(())
    }

    async fn audit(&self, filter: &AuditFilter) -> Result<Vec<AuditRecord>, StoreError> {
        let user = filter.user.as_ref();
        let user = user.map(|user| integer(user).unwrap_or(-1));
        let sql = "SELECT a.id, a.at, a.event, a.outcome, a.user_id, u.username, a.scheme, \
                   a.address, a.device FROM portcullis_audit a \
                   LEFT JOIN auth_user u ON u.id = a.user_id WHERE a.id > ?1 \
                   AND (?2 IS NULL OR a.user_id = ?2) AND (?3 IS NULL OR a.event = ?3) \
                   AND (?4 IS NULL OR a.at >= ?4) AND a.id < ?6 ORDER BY a.id DESC LIMIT ?5";
        let values = values![
            filter.after.unwrap_or(i64::MIN),
            user,
            filter.event.map(AuditEvent::name),
            filter.since,
            filter.limit,
            filter.before.unwrap_or(i64::MAX)
        ];
        let rows = self.rows(sql, values).await?;
        rows.iter().rev().map(record_of).collect()
    }

    async fn clear_audit(&self, before: OffsetDateTime) -> Result<u64, StoreError> {
        let mut cleared = 0;
        loop {
            let mut transaction = self.begin().await?;
            transaction.allow(PATIENCE).await?;
            let sql = "DELETE FROM portcullis_audit WHERE id IN \
                       (SELECT id FROM portcullis_audit WHERE at < ?1 ORDER BY at LIMIT ?2)";
            let some = transaction.execute(sql, values![before, PAGE]).await?;
            transaction.commit().await?;
            cleared += some;
            if some < PAGE.unsigned_abs() {
                return Ok(cleared);
            }
        }
    }
}

/// Writes a line in the transaction of what it tells about; `user_id` is whom that was about.
pub(crate) async fn write_audit(
    transaction: &mut Transaction,
    entry: Option<&AuditEntry>,
    user_id: Option<i64>,
) -> Result<(), StoreError> {
    if let Some(entry) = entry {
        let user_id = entry.user.as_ref().and_then(integer).or(user_id);
        transaction.execute(INSERT, &row_of(entry, user_id)).await?;
    }
    Ok(())
}

/// The line of a log-in.
pub(crate) fn login_entry(event: AuditEvent, login: &NewLogin) -> AuditEntry {
    let (scheme, device, now) = match login {
        NewLogin::Device(login) => (Scheme::Device, &login.device, login.now),
        NewLogin::Session(login) | NewLogin::SessionBeside(login) => {
            (Scheme::Session, &login.device, login.now)
        }
        NewLogin::Jwt(login) => (Scheme::Jwt, &login.device, login.now),
        NewLogin::Token { device, now, .. } => (Scheme::Other("token".to_owned()), device, *now),
    };
    AuditEntry::new(event, device.clone(), now).by(scheme)
}

fn row_of(entry: &AuditEntry, user_id: Option<i64>) -> [Value; 7] {
    // Bounded and plain, whoever made the device.
    let device = Device::named(&entry.device.name);
    let scheme = entry
        .scheme
        .as_ref()
        .map_or(String::new(), Scheme::to_string);
    [
        entry.at.into(),
        entry.event.name().into(),
        entry.outcome.to_string().into(),
        user_id.into(),
        scheme.into(),
        entry.device.address_text().into(),
        device.name.into(),
    ]
}

fn record_of(row: &Row) -> Result<AuditRecord, StoreError> {
    Ok(AuditRecord {
        id: row.get(0)?,
        at: row.get(1)?,
        event: row.get(2)?,
        outcome: row.get(3)?,
        user: row.get::<Option<i64>>(4)?.map(UserId::Integer),
        username: row.get(5)?,
        scheme: row.get(6)?,
        address: row.get(7)?,
        device: row.get(8)?,
    })
}
