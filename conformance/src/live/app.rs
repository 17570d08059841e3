//! The services of the application, on the rows that every case starts from.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::response::{Html, IntoResponse};
use http::StatusCode;
use portcullis::accounts::Tokens;
use portcullis::core::{Clock, SecretKeys, Store, SystemClock};
use portcullis::django::password::Hashers;
use portcullis::live::Live;
use portcullis::sql::Database;
use portcullis::web::{
    CookieDoorSettings, Cors, CorsSettings, CsrfSettings, HashingPool, Origins, Passwords,
    SessionSettings, Sessions, TokenAuthentication, TrustedProxies,
};
use portcullis::{AccountSettings, Accounts, Gate};

use crate::profile::Profile;
use crate::{actions, models, views};

/// The rows, as SQL.
const SEED: &str = include_str!("../../live/seed.sql");

/// What lasts over resets.
pub(crate) struct Kit {
    profile: Profile,
    hashing: HashingPool,
    folder: tempfile::TempDir,
    resets: AtomicU64,
}

impl Kit {
    pub(crate) fn new(profile: Profile) -> anyhow::Result<Self> {
        Ok(Self {
            profile,
            hashing: HashingPool::start(1, 16)?,
            folder: tempfile::tempdir()?,
            resets: AtomicU64::new(0),
        })
    }

    fn next_folder(&self) -> anyhow::Result<PathBuf> {
        let number = self.resets.fetch_add(1, Ordering::Relaxed);
        if number > 1 {
            // Of the one before the last, nobody reads any more.
            let old = self.folder.path().join((number - 2).to_string());
            let _ = fs::remove_dir_all(old);
        }
        let folder = self.folder.path().join(number.to_string());
        fs::create_dir(&folder)?;
        Ok(folder)
    }
}

/// A new application on a new database, with one stored file.
pub(crate) async fn fresh(kit: &Kit) -> anyhow::Result<Router> {
    let folder = kit.next_folder()?;
    let media = folder.join("media");
    fs::create_dir_all(media.join("inbox"))?;
    fs::write(media.join("inbox/handbook.txt"), "How to stack crates.\n")?;
    let database = Database::open_sqlite(&folder.join("live.db"))?.0;
    database.migrate(SystemClock.now()).await?;
    seed(&database).await.context("seeding")?;
    router(kit, &database, &media).await
}

async fn router(kit: &Kit, database: &Database, media: &Path) -> anyhow::Result<Router> {
    let mut live = Live::builder(database).settings(kit.profile.settings(media));
    for model in models::all() {
        live = live.model(model);
    }
    for action in actions::all() {
        live = live.action(action);
    }
    let live = live.build().await?;
    let store: Arc<dyn Store> = Arc::new(database.clone());
    let gate = Gate::new(vec![Arc::new(TokenAuthentication(Arc::clone(&store)))]);
    let accounts = accounts(kit, &store);
    let doors = live.doors(&gate).merge(views::doors(&gate, &accounts));
    let cors = CorsSettings {
        origins: Origins::Listed {
            exact: vec!["http://localhost:5173".to_owned()],
            patterns: Vec::new(),
        },
        ..CorsSettings::default()
    };
    let identify = from_fn_with_state(TrustedProxies::default(), TrustedProxies::identify);
    Ok(doors
        .into_router()
        .fallback(async || (StatusCode::NOT_FOUND, Html("<h1>Not Found</h1>")).into_response())
        .layer(from_fn_with_state(Cors::new(cors), Cors::handle))
        .layer(identify))
}

fn accounts(kit: &Kit, store: &Arc<dyn Store>) -> Accounts {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let cookies = CookieDoorSettings {
        secret_keys: SecretKeys::new("live-recorded-not-secret-0123456789-abcdefghij", Vec::new()),
        session: SessionSettings::default(),
        csrf: CsrfSettings::default(),
    };
    let sessions = Sessions::new(Arc::clone(store), Arc::clone(&clock), cookies);
    let hashing = kit.hashing.clone();
    let passwords = Passwords::new(
        Arc::clone(store),
        Arc::clone(&clock),
        hashing,
        Hashers::default(),
        None,
    );
    let settings = AccountSettings {
        tokens: Tokens::Authtoken,
        ..AccountSettings::default()
    };
    Accounts::new(passwords, sessions, clock, settings)
}

/// Runs the statements of the seed, in one transaction: tables first, since rows refer to others'.
async fn seed(database: &Database) -> anyhow::Result<()> {
    let statements = SEED.split(";\n").map(|statement| {
        let lines = statement.lines().filter(|line| !line.starts_with("--"));
        lines.collect::<Vec<&str>>().join("\n")
    });
    // Those of users and tokens are there.
    let is_made = |statement: &String| {
        let makes = statement.starts_with("CREATE");
        makes
            && (statement.contains("\"auth_") || statement.contains("\"authtoken_"))
            && !statement.contains("\"depot_")
    };
    let (tables, others): (Vec<String>, Vec<String>) = statements
        .filter(|statement| !is_made(statement))
        .partition(|statement| statement.starts_with("CREATE TABLE"));
    let mut transaction = database.limited(Duration::from_secs(10)).begin().await?;
    for statement in tables.iter().chain(&others) {
        if !matches!(statement.trim(), "" | "BEGIN TRANSACTION" | "COMMIT") {
            transaction.execute(statement, &[]).await?;
        }
    }
    transaction.commit().await?;
    Ok(())
}
