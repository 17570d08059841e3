//! What commands open: the database, a user in it, the doors alone.

use std::sync::Arc;

use anyhow::{Context, anyhow, bail};
use portcullis::channels::Channels;
use portcullis::core::{Clock, SecretKeys, Store, SystemClock, User, UserStore};
use portcullis::django::jwt::{Algorithm, Backend, Key};
use portcullis::django::random;
use portcullis::django::signing::{self, hex, salted_hmac};
use portcullis::live::{Hub, Live, LiveBuilder, LiveSettings};
use portcullis::sql::{Database, Opened};
use portcullis::web::Doors;

use super::services;
use super::table::printable;
use crate::app::doors;
use crate::settings::{PermissionClass, Settings};

/// Opens the database, or makes the file.
pub(super) async fn connect(settings: &Settings) -> anyhow::Result<(Database, Opened)> {
    let url = &settings.database_url;
    let (database, opened) = Database::open(url.expose_secret())
        .await
        .with_context(|| format!("cannot open {url}"))?;
    let database = database.with_user_table(&settings.user_table.0).await;
    Ok((database.context("user_table")?, opened))
}

/// The same, with its tables brought up to date.
pub(super) async fn open(settings: &Settings) -> anyhow::Result<(Database, Opened)> {
    let (database, opened) = connect(settings).await?;
    database
        .migrate(SystemClock.now())
        .await
        .context("cannot migrate the database")?;
    Ok((database, opened))
}

/// Opens a database that is there, with its tables up to date; makes nothing.
pub(super) async fn open_existing(settings: &Settings) -> anyhow::Result<Database> {
    let url = &settings.database_url;
    if url.file().is_some_and(|file| !file.exists()) {
        bail!("{url} is not there: `portcullis migrate` makes it");
    }
    let (database, _) = connect(settings).await?;
    let pending = database.pending_migrations().await?;
    if !pending.is_empty() {
        bail!(
            "{url} is not up to date ({} to apply): run `portcullis migrate`",
            pending.join(", ")
        );
    }
    Ok(database)
}

/// The user whom a name or address means.
pub(super) async fn user(database: &Database, name: &str) -> anyhow::Result<User> {
    let found = database.user_by_login_name(name).await?;
    found.with_context(|| format!("there is no user {:?}", printable(name)))
}

/// The live models of the settings, where there are some.
pub(super) async fn live(settings: &Settings, database: &Database) -> anyhow::Result<Option<Live>> {
    let Some(live) = &settings.live else {
        return Ok(None);
    };
    let builder = live_builder(live, database)?;
    let builder = builder.models_of_settings().await.context("[live]")?;
    Ok(Some(builder.build().await.context("[live]")?))
}

/// The shortest secret of the hub.
const MIN_HUB_SECRET: usize = 32;

/// The hub of live events, where the settings want one. Without a secret of its own it signs with one that follows
/// from the secret key.
pub(super) fn hub(
    live: Option<&Live>,
    channels: &Channels,
    store: Arc<dyn Store>,
    keys: &SecretKeys,
) -> anyhow::Result<Option<Hub>> {
    let Some((live, mut events)) = live.and_then(|live| {
        let events = live.settings().events.clone()?;
        Some((live, events))
    }) else {
        return Ok(None);
    };
    if events.secret.is_empty() {
        let salt = "portcullis.live.hub";
        let key = keys.expose_current();
        events.secret = hex(&salted_hmac(
            salt,
            b"secret",
            key,
            signing::Algorithm::Sha256,
        ));
    }
    if events.secret.len() < MIN_HUB_SECRET {
        bail!("[live.events]: the secret has fewer than {MIN_HUB_SECRET} characters");
    }
    let hub = Hub::new(live, channels, events).context("[live.events]")?;
    Ok(Some(hub.with_standings(store)))
}

/// Adds or takes out the triggers that tell of what others change in live models, as the settings want it.
pub(super) async fn outside(live: &Live) -> anyhow::Result<()> {
    let done = match live.settings().outside_changes {
        true => live.hear_outside().await,
        false => live.forget_outside().await.map(drop),
    };
    done.map_err(|error| anyhow!("[live]: outside_changes: the triggers: {error:?}"))
}

/// Live data by settings, with the permission that they name.
fn live_builder(live: &LiveSettings, database: &Database) -> anyhow::Result<LiveBuilder> {
    let builder = Live::builder(database).settings(live.clone());
    let Some(name) = &live.view_access_class else {
        return Ok(builder);
    };
    let class = PermissionClass::named(name)
        .with_context(|| format!("[live]: view_access_class: unknown class {name:?}"))?;
    Ok(builder.shared_access(class.permission()))
}

/// The doors, to be looked at: with a key that nobody keeps.
pub(super) async fn doors_alone(settings: &Settings, database: Database) -> anyhow::Result<Doors> {
    let key = random::text(64, random::ALPHANUMERIC);
    let jwt = Backend::new(Key::secret(Algorithm::Hs256, &key)?);
    let keys = SecretKeys::new(key, Vec::new());
    let mut surroundings = settings.surroundings();
    if let Some(live) = &settings.live {
        // Its doors are the same whatever the models.
        let builder = live_builder(live, &database)?;
        surroundings.live = Some(builder.build().await.context("[live]")?);
        let store = Arc::new(database.clone());
        let channels = Channels::memory();
        surroundings.hub = hub(surroundings.live.as_ref(), &channels, store, &keys)?;
    }
    let services = services(settings, database, (keys, jwt), 1)?;
    Ok(doors(services, &surroundings))
}
