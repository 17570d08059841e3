//! What looking a device token up costs among few rows and among many: it should be the same.

use std::path::Path;
use std::time::Instant;

use anyhow::Context;
use portcullis::core::{
    AccountStore, Clock, Device, LoginStore, NewAccount, PasswordHash, SystemClock, no_mails,
};
use portcullis::django::random;
use portcullis::sql::Database;

const FEW: u32 = 1_000;
const MANY: u32 = 1_000_000;

/// How many tokens are looked up, each another one.
const LOOKUPS: usize = 5_000;

/// Measures both.
pub(crate) async fn run() -> anyhow::Result<()> {
    for rows in [FEW, MANY] {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("rows.db");
        let (database, _) = Database::open_sqlite(&path)?;
        database.migrate(SystemClock.now()).await?;
        let account = NewAccount {
            username: "ada".to_owned(),
            email: String::new(),
            password: PasswordHash::new("!"),
            is_email_verified: None,
            is_staff: false,
            is_superuser: false,
            device: Device::default(),
            now: SystemClock.now(),
        };
        database.create_account(account, None, &no_mails).await?;
        fill(&path, rows)?;
        let mut times = Vec::new();
        for number in 0..LOOKUPS {
            // Spread over all of them, and never the same twice.
            let row = u32::try_from(number).unwrap_or(0) * 7919 % rows;
            let start = Instant::now();
            let found = database.device_logins(&key(row), "").await?;
            times.push(start.elapsed());
            anyhow::ensure!(found.len() == 1, "token {row} is not found");
        }
        times.sort_unstable();
        let median = times.get(LOOKUPS / 2).context("some were looked up")?;
        println!(
            "token look-up among {rows:>9} rows: median {:.1} µs",
            median.as_secs_f64() * 1e6
        );
    }
    Ok(())
}

/// The look-up key of a row: 15 characters, as knox has them, and far from that of the next.
fn key(row: u32) -> String {
    let spread = u64::from(row).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    format!("{spread:016x}").chars().take(15).collect()
}

fn fill(path: &Path, rows: u32) -> anyhow::Result<()> {
    let mut connection = rusqlite::Connection::open(path)?;
    let transaction = connection.transaction()?;
    {
        let mut insert = transaction.prepare(
            "INSERT INTO knox_authtoken (digest, token_key, user_id, created, expiry) \
             VALUES (?1, ?2, 1, '2026-01-02 03:04:05.000006', NULL)",
        )?;
        for row in 0..rows {
            insert.execute((random::hex(64), key(row)))?;
        }
    }
    transaction.commit()?;
    Ok(())
}
