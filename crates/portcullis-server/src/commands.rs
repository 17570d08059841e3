//! The commands: each opens what it needs, does one thing, and says what it did.

use std::io::Write;
use std::sync::Arc;
use std::thread::available_parallelism;

use anyhow::Context;
use portcullis::AccountSettings;
use portcullis::core::{AccountStore, Clock, SystemClock};
use portcullis::sql::{Database, Opened};
use portcullis::web::{Doors, HashingPool};
use tokio::net::TcpListener;

use crate::app::{app, doors};
use crate::secret_key::SecretKey;
use crate::settings::Settings;

/// How many log-ins may wait for a hashing thread before the next is told to come again.
const HASHING_QUEUE: usize = 256;

/// Creates and migrates the database, prints the addresses, and serves until told to stop.
///
/// # Errors
/// When the database, the secret key or the address cannot be used.
pub async fn serve(settings: &Settings) -> anyhow::Result<()> {
    let key = SecretKey::load_or_create(&settings.secret_key_file)?;
    let (database, opened) = open(settings).await?;
    let threads = available_parallelism().map_or(1, usize::from);
    let hashing = HashingPool::start(threads, HASHING_QUEUE).context("hashing threads")?;
    let store: Arc<dyn AccountStore> = Arc::new(database);
    let doors = doors(
        store,
        Arc::new(SystemClock),
        hashing,
        AccountSettings::default(),
    );
    let listener = TcpListener::bind(settings.listen)
        .await
        .with_context(|| format!("cannot listen on {}", settings.listen))?;
    let address = listener.local_addr()?;
    // The key signs sessions and links; this server has neither yet, and still refuses a weak one.
    drop(key);
    say(&first_words(settings, opened, &address.to_string(), &doors))?;
    axum::serve(listener, app(doors))
        .with_graceful_shutdown(stop())
        .await?;
    say("stopped\n")
}

/// Brings the tables up to date, and says which migrations were applied.
///
/// # Errors
/// When the database cannot be used.
pub async fn migrate(settings: &Settings) -> anyhow::Result<()> {
    let (database, _) = Database::open_sqlite(&settings.database)?;
    let applied = database.migrate(SystemClock.now()).await?;
    for name in &applied {
        say(&format!("applied {name}\n"))?;
    }
    say(&format!("{} migrations applied\n", applied.len()))
}

/// Prints every door with its authenticators and permission.
///
/// # Errors
/// When the database cannot be opened or standard output is closed.
pub fn routes(settings: &Settings) -> anyhow::Result<()> {
    let hashing = HashingPool::start(1, 1)?;
    let (database, _) = Database::open_sqlite(&settings.database)?;
    let store: Arc<dyn AccountStore> = Arc::new(database);
    let doors = doors(
        store,
        Arc::new(SystemClock),
        hashing,
        AccountSettings::default(),
    );
    let mut table = format!(
        "{:<7} {:<20} {:<28} {}\n",
        "METHOD", "PATH", "AUTHENTICATORS", "PERMISSION"
    );
    for row in doors.rows() {
        let (method, path) = (row.method, row.path);
        let (authenticators, permission) = (row.authenticators, row.permission);
        table += &format!("{method:<7} {path:<20} {authenticators:<28} {permission}\n");
    }
    say(&table)
}

async fn open(settings: &Settings) -> anyhow::Result<(Database, Opened)> {
    let (database, opened) = Database::open_sqlite(&settings.database)
        .with_context(|| format!("cannot open {}", settings.database.display()))?;
    database
        .migrate(SystemClock.now())
        .await
        .context("cannot migrate the database")?;
    Ok((database, opened))
}

fn first_words(settings: &Settings, opened: Opened, address: &str, doors: &Doors) -> String {
    let how = match opened {
        Opened::Created => "created",
        Opened::Existed => "found",
    };
    let rows = doors.rows();
    let open = rows
        .iter()
        .filter(|row| row.permission == "AllowAny")
        .count();
    format!(
        "Portcullis {}\n  database  {} ({how})\n  page      http://{address}/   every door, to try\n  \
         doors     {} routes, {open} of them opened aloud   (portcullis routes)\n  \
         note      sign-up tells whether an address is registered: mail is not set up\n",
        env!("CARGO_PKG_VERSION"),
        settings.database.display(),
        rows.len(),
    )
}

/// Ends when the process is told to stop; requests under way are finished.
async fn stop() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => {
                tokio::select! { _ = interrupt => {}, _ = terminate.recv() => {} }
            }
            Err(_) => drop(interrupt.await),
        }
    }
    #[cfg(not(unix))]
    drop(interrupt.await);
}

fn say(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}
