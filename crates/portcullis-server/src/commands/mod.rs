//! The commands: each opens what it needs, does one thing, and says what it did.

mod account;
mod audit;
mod beside;
mod check;
mod exit;
mod explain;
mod invite;
mod logins;
mod mail;
mod opening;
mod password;
mod settings;
mod table;
mod token;

use std::process::ExitCode;
use std::sync::Arc;
use std::thread::available_parallelism;

use anyhow::{Context, bail};
use portcullis::accounts::{EmailVerification, SetupKey};
use portcullis::channels::Channels;
use portcullis::core::{AuditStore, Clock, SecretKeys, SystemClock};
use portcullis::django::jwt::Backend;
use portcullis::sql::{Database, Opened};
use portcullis::web::{Doors, HashingPool};
use tokio::net::TcpListener;

use crate::app::{Services, app, doors};
use crate::command_line::{Command, CommandLine, MailCommand};
use crate::http;
use crate::log::start_log;
use crate::settings::{MailVia, Settings};
use crate::sockets;
pub use exit::exit_status;
use opening::open;
use table::{say, table};

/// How many log-ins may wait for a hashing thread before the next is told to come again.
const HASHING_QUEUE: usize = 256;

/// What sockets are closed with when the server stops.
const GOING_AWAY: u16 = 1001;

/// Does what a command line says.
///
/// # Errors
/// When it cannot be done; [`exit_status`] prints why.
pub async fn run(line: CommandLine) -> anyhow::Result<ExitCode> {
    let command = line.command.clone().unwrap_or(Command::Serve);
    // People read the other commands' answers: their log holds no more than warnings.
    start_log(if matches!(command, Command::Serve) {
        "info"
    } else {
        "warn"
    })?;
    if let Command::Settings { example: true } = command {
        say(&crate::settings::example())?;
        return Ok(ExitCode::SUCCESS);
    }
    if let Command::Beside(words) = &command {
        // Its settings are what it writes.
        beside::beside(words).await?;
        return Ok(ExitCode::SUCCESS);
    }
    let settings = line.settings();
    if let Command::Check = command {
        return check::check(settings).await;
    }
    let settings = &settings?;
    match command {
        Command::Serve => serve(settings).await?,
        Command::Migrate { triggers } => migrate(settings, triggers).await?,
        Command::Routes => routes(settings).await?,
        Command::Settings { .. } | Command::Check | Command::Beside(_) => {
            settings::print(settings)?
        }
        Command::Createsuperuser {
            email,
            username,
            password,
        } => account::create_superuser(settings, email, username, password).await?,
        Command::Changepassword { name, password } => {
            account::change_password(settings, &name, password).await?;
        }
        Command::Token { what } => token::run(settings, what).await?,
        Command::Logins { name, end } => logins::run(settings, &name, end).await?,
        Command::Mail {
            what: MailCommand::Test { address },
        } => mail::test(settings, &address).await?,
        Command::Invite { email } => invite::invite(settings, &email).await?,
        Command::Audit(what) => audit::run(settings, what).await?,
        Command::Clearsessions => token::clear_sessions(settings).await?,
        Command::Explain { who, method, path } => {
            explain::explain(settings, who.as_deref(), &method, &path).await?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Creates and migrates the database, prints the addresses, and serves until told to stop.
///
/// # Errors
/// When the database, the secret key or the address cannot be used.
pub async fn serve(settings: &Settings) -> anyhow::Result<()> {
    let keys = settings.secret_keys()?;
    let jwt = settings.jwt_backend(&keys)?;
    let (database, opened) = open(settings).await?;
    let begins = settings.audit_begins(SystemClock.now());
    database.clear_audit(begins).await?;
    let notes = notes(settings, &database).await?;
    let database = database.with_cache().await?;
    let revocations = database.revocations().clone();
    let threads = available_parallelism().map_or(1, usize::from);
    let mut surroundings = settings.surroundings();
    surroundings.live = opening::live(settings, &database).await?;
    let mut services = services(settings, database, (keys, jwt), threads)?;
    services.mailer = mail::mailer(settings, &services.clock)?;
    let mailer = services.mailer.clone();
    services.channels = settings.channels()?;
    let channels = services.channels.clone();
    let kept = Arc::clone(&services.store);
    let keys = &services.secret_keys;
    surroundings.hub = opening::hub(surroundings.live.as_ref(), &channels, kept, keys)?;
    if let Some(hub) = &mut surroundings.hub {
        hub.listen(&revocations);
        if settings.channel_layer.expose_secret().is_some() {
            *hub = hub.clone().over_nodes(Arc::clone(&services.store));
        }
    }
    if let Some(live) = &surroundings.live {
        opening::outside(live).await?;
    }
    let sockets_left = channels.clone();
    sockets::listen(&channels, &revocations);
    let store = Arc::clone(&services.store);
    let setup_key = if services.store.has_administrator().await? {
        None
    } else {
        let (key, text) = SetupKey::new(&*services.clock);
        services.setup_key = key;
        Some(text)
    };
    let doors = doors(services, &surroundings);
    let listener = TcpListener::bind(settings.listen)
        .await
        .with_context(|| format!("cannot listen on {}", settings.listen))?;
    let address = listener.local_addr()?;
    let address = address.to_string();
    say(&(first_words(settings, opened, &address, &doors) + &notes))?;
    if let Some(key) = setup_key {
        say(&format!(
            "  admin     first administrator: http://{address}/admin/setup/, or POST /api/administrators/ with \
             email, password and setup_key={key} (one hour, once)\n"
        ))?;
    }
    let worker = mailer.map(|mailer| mailer.spawn(store));
    let app = app(doors, &surroundings);
    let limits = settings.http_limits();
    let patience = limits.http_stop_time;
    let stop = async {
        stop().await;
        // Sockets are no requests that could be finished: they are told to come back.
        tokio::spawn(async move { channels.shut_down(GOING_AWAY, patience).await });
    };
    http::serve(listener, app, limits, &settings.trusted_proxies, stop).await;
    let left = sockets_left.shut_down(GOING_AWAY, patience).await;
    if left > 0 {
        tracing::warn!(left, "sockets were broken off");
    }
    // The requests that were under way may have promised mail.
    if let Some(worker) = worker {
        worker.stop().await;
    }
    say("stopped\n")
}

/// Brings the tables up to date, with triggers where they are wanted, and says what was applied.
///
/// # Errors
/// When the database cannot be used.
pub async fn migrate(settings: &Settings, triggers: bool) -> anyhow::Result<()> {
    let (database, _) = opening::connect(settings).await?;
    let applied = database.migrate(SystemClock.now()).await?;
    for name in &applied {
        say(&format!("applied {name}\n"))?;
    }
    say(&format!("{} migrations applied\n", applied.len()))?;
    if triggers {
        say(&triggers_added(&database).await?)?;
    }
    Ok(())
}

/// Adds the triggers that tell of what others write, and says so.
async fn triggers_added(database: &Database) -> anyhow::Result<String> {
    let tables = database.add_notices().await?;
    Ok(match database.has_notices().await? {
        true => format!("added triggers named portcullis_* to {tables} tables\n"),
        false => "SQLite needs no triggers\n".to_owned(),
    })
}

/// Prints every door with its authenticators and permission; opens and makes nothing.
///
/// # Errors
/// When standard output is closed.
pub async fn routes(settings: &Settings) -> anyhow::Result<()> {
    let doors = opening::doors_alone(settings, Database::empty()?).await?;
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
    say(&table(std::iter::once(heading).chain(rows).collect()))
}

fn services(
    settings: &Settings,
    database: Database,
    (secret_keys, jwt): (SecretKeys, Backend),
    threads: usize,
) -> anyhow::Result<Services> {
    Ok(Services {
        store: Arc::new(database),
        clock: Arc::new(SystemClock),
        hashing: HashingPool::start(threads, HASHING_QUEUE).context("hashing threads")?,
        hashers: settings.hashers(),
        secret_keys,
        jwt,
        setup_key: SetupKey::default(),
        mailer: None,
        social: settings.social_providers()?,
        channels: Channels::memory(),
    })
}

/// A line for each of Django's tables that is missing; an error where a setting needs one.
async fn notes(settings: &Settings, database: &Database) -> anyhow::Result<String> {
    let tables = database.tables().await?;
    if !tables.emails && settings.accounts_email_verification == EmailVerification::Mandatory {
        bail!(
            "nobody could log in: accounts.email_verification is \"mandatory\", and the database has \
             no account_emailaddress (django-allauth)"
        );
    }
    if !tables.authtoken && settings.issues_authtokens() {
        bail!(
            "compat.authtoken is on, and the database has no authtoken_token (rest_framework.authtoken)"
        );
    }
    let missing = tables.missing().into_iter();
    let mut lines: String = missing
        .map(|(name, what)| format!("  note      no table {name}: {what}\n"))
        .collect();
    if settings.database_url.is_postgres() && !database.has_notices().await? {
        lines += "  note      every request asks the database: `portcullis migrate --triggers` lets answers be kept\n";
    }
    Ok(lines)
}

fn first_words(settings: &Settings, opened: Opened, address: &str, doors: &Doors) -> String {
    let how = match opened {
        Opened::Created => "created",
        Opened::Existed => "found",
    };
    let database = format!("{} ({how})", settings.database_url);
    let hint = if settings.database_url.is_postgres() {
        ""
    } else {
        "move with DATABASE_URL=postgres://…"
    };
    let database = format!("{database:<34} {hint}");
    let page = format!("http://{address}/");
    let docs = match settings.docs_enabled {
        true => {
            let docs = format!("{page}docs/");
            format!("  docs      {docs:<34} every door, to read\n")
        }
        false => String::new(),
    };
    let rows = doors.rows();
    let mut mail = match settings.mail_transport {
        MailVia::None => String::new(),
        _ => format!("  mail      {}\n", settings.mail_in_words()),
    };
    if settings.tells_of_addresses() {
        let how = match settings.mail_transport {
            MailVia::None => "mail is not set up",
            _ => "they need not be confirmed (accounts.email_verification)",
        };
        mail += &format!("  note      sign-up tells whether an address is registered: {how}\n");
    }
    let open = rows
        .iter()
        .filter(|row| row.permission == "AllowAny")
        .count();
    format!(
        "Portcullis {}\n  database  {}\n  page      {page:<34} every door, to try\n{docs}  \
         doors     {} routes, {open} of them opened aloud   (portcullis routes)\n{mail}",
        env!("CARGO_PKG_VERSION"),
        database.trim_end(),
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
