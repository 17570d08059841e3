//! The services of the application, on the rows that every case starts from.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::response::{Html, IntoResponse};
use http::StatusCode;
use portcullis::accounts::Tokens;
use portcullis::channels::Channels;
use portcullis::core::{Clock, SecretKeys, Store, SystemClock};
use portcullis::django::password::Hashers;
use portcullis::live::{Hub, HubSettings, Live};
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

/// The application, on a database that is reset in its place.
pub(crate) struct App {
    database: Database,
    media: PathBuf,
    router: Router,
    _folder: tempfile::TempDir,
}

impl App {
    pub(crate) async fn new(profile: Profile) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let media = folder.path().join("media");
        let database = Database::open_sqlite(&folder.path().join("live.db"))?.0;
        database.migrate(SystemClock.now()).await?;
        let router = router(profile, &database, &media).await?;
        let app = Self {
            database,
            media,
            router,
            _folder: folder,
        };
        make_tables(&app.database)
            .await
            .context("making the tables")?;
        app.reset().await?;
        Ok(app)
    }

    pub(crate) fn router(&self) -> Router {
        self.router.clone()
    }

    /// Puts the rows and the one stored file back.
    pub(crate) async fn reset(&self) -> anyhow::Result<()> {
        if self.media.exists() {
            fs::remove_dir_all(&self.media)?;
        }
        fs::create_dir_all(self.media.join("inbox"))?;
        fs::write(
            self.media.join("inbox/handbook.txt"),
            "How to stack crates.\n",
        )?;
        seed(&self.database).await.context("seeding")
    }
}

async fn router(profile: Profile, database: &Database, media: &Path) -> anyhow::Result<Router> {
    let mut live = Live::builder(database).settings(profile.settings(media));
    for model in models::all() {
        live = live.model(model);
    }
    for action in actions::all() {
        live = live.action(action);
    }
    let live = live.build().await?;
    let settings = HubSettings {
        app_id: "4242".to_owned(),
        key: "livekey".to_owned(),
        secret: "livesecret".to_owned(),
        ..HubSettings::default()
    };
    let hub =
        Hub::new(&live, &Channels::memory(), settings)?.with_standings(Arc::new(database.clone()));
    let store: Arc<dyn Store> = Arc::new(database.clone());
    let gate = Gate::new(vec![Arc::new(TokenAuthentication(Arc::clone(&store)))]);
    let accounts = accounts(&store)?;
    let doors = live
        .doors(&gate)
        .merge(hub.doors(&gate))
        .merge(views::doors(&gate, &accounts));
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

fn accounts(store: &Arc<dyn Store>) -> anyhow::Result<Accounts> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let cookies = CookieDoorSettings {
        secret_keys: SecretKeys::new("live-recorded-not-secret-0123456789-abcdefghij", Vec::new()),
        session: SessionSettings::default(),
        csrf: CsrfSettings::default(),
    };
    let sessions = Sessions::new(Arc::clone(store), Arc::clone(&clock), cookies);
    let hashing = HashingPool::start(1, 16)?;
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
    Ok(Accounts::new(passwords, sessions, clock, settings))
}

/// The statements of the seed: those that make tables, and the others.
fn statements() -> (Vec<String>, Vec<String>) {
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
    statements
        .filter(|statement| !is_made(statement))
        .filter(|statement| !matches!(statement.trim(), "" | "BEGIN TRANSACTION" | "COMMIT"))
        .partition(|statement| statement.starts_with("CREATE"))
}

/// Makes the tables, those first that indexes are about.
async fn make_tables(database: &Database) -> anyhow::Result<()> {
    let (mut making, _) = statements();
    making.sort_by_key(|statement| !statement.starts_with("CREATE TABLE"));
    let mut transaction = database.limited(Duration::from_secs(10)).begin().await?;
    for statement in &making {
        transaction.execute(statement, &[]).await?;
    }
    transaction.commit().await?;
    Ok(())
}

/// Empties the tables of the seed, and fills them again, in one transaction.
async fn seed(database: &Database) -> anyhow::Result<()> {
    let (making, filling) = statements();
    let own = making.iter().filter_map(|statement| {
        let rest = statement.strip_prefix("CREATE TABLE")?;
        rest.split('"').nth(1).map(str::to_owned)
    });
    let mut tables: BTreeSet<String> = own.collect();
    tables.extend(["auth_user", "authtoken_token", "sqlite_sequence"].map(str::to_owned));
    let mut transaction = database.limited(Duration::from_secs(10)).begin().await?;
    // Rows refer to others that come later.
    transaction
        .execute("PRAGMA defer_foreign_keys = ON", &[])
        .await?;
    for table in &tables {
        let sql = format!("DELETE FROM \"{table}\"");
        transaction.execute(&sql, &[]).await?;
    }
    for statement in &filling {
        transaction.execute(statement, &[]).await?;
    }
    transaction.commit().await?;
    Ok(())
}
