//! The commands: each opens what it needs, does one thing, and says what it did.

use std::io::Write;
use std::sync::Arc;
use std::thread::available_parallelism;

use anyhow::Context;
use portcullis::core::{Clock, SecretKeys, SystemClock};
use portcullis::django::password::Hashers;
use portcullis::sql::{Database, Opened};
use portcullis::web::{Doors, HashingPool};
use tokio::net::TcpListener;

use crate::app::{Services, app, doors};
use crate::http;
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
    let surroundings = settings.surroundings();
    let doors = doors(services(database, &key, threads)?, &surroundings);
    let listener = TcpListener::bind(settings.listen)
        .await
        .with_context(|| format!("cannot listen on {}", settings.listen))?;
    let address = listener.local_addr()?;
    say(&first_words(settings, opened, &address.to_string(), &doors))?;
    let app = app(doors, &surroundings);
    let limits = settings.http.clone();
    http::serve(listener, app, limits, &settings.trusted_proxy, stop()).await;
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
    let (database, _) = Database::open_sqlite(&settings.database)?;
    let key = SecretKey::load_or_create(&settings.secret_key_file)?;
    let doors = doors(services(database, &key, 1)?, &settings.surroundings());
    let heading = ["METHOD", "PATH", "AUTHENTICATORS", "PERMISSION"].map(str::to_owned);
    let rows = doors.rows().into_iter().map(|row| {
        let names = row.authenticators.replace("Authentication", "");
        let names = if names.is_empty() {
            "-".to_owned()
        } else {
            names
        };
        [row.method, row.path, names, row.permission]
    });
    let table: Vec<[String; 4]> = std::iter::once(heading).chain(rows).collect();
    let width = |column: usize| table.iter().map(|row| row[column].len()).max().unwrap_or(0);
    let (methods, paths, names) = (width(0), width(1), width(2));
    let table: String = table
        .iter()
        .map(|[m, p, n, last]| format!("{m:<methods$}  {p:<paths$}  {n:<names$}  {last}\n"))
        .collect();
    say(&table)
}

fn services(database: Database, key: &SecretKey, threads: usize) -> anyhow::Result<Services> {
    Ok(Services {
        store: Arc::new(database),
        clock: Arc::new(SystemClock),
        hashing: HashingPool::start(threads, HASHING_QUEUE).context("hashing threads")?,
        hashers: Hashers::default(),
        secret_keys: SecretKeys::new(key.expose_secret(), Vec::new()),
    })
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
