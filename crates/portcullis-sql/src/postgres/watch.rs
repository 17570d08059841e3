//! Noticing what is written into a PostgreSQL database, by other nodes and by other programs.
//!
//! The triggers of [`notices`](crate::notices) tell a channel of each commit. A connection of its own listens,
//! and four times a second sends a word to itself through the same queue: when it comes back, everything
//! that was committed before it was sent has been heard. Without the triggers the watch is blind.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use portcullis_core::{Revoked, StoreError, UserId};
use sqlx_core::Error;
use sqlx_postgres::{PgListener, PgNotification, PgPool, PgPoolOptions};
use tokio::time::{sleep, timeout, timeout_at};

use super::statement;
use crate::cache::Cache;
use crate::failure::{away, refused};
use crate::notices::{CACHE, CHANNEL, USER, beat};

/// How often a word is sent around.
const BEAT: Duration = Duration::from_millis(250);

/// How long it may take to come back, and a connection to be made.
const PATIENCE: Duration = Duration::from_secs(5);

const WORD: &str = "beat";

/// Listens on a connection of its own until the cache is gone.
///
/// # Errors
/// When nobody answers there.
pub(super) async fn start(pool: &PgPool, cache: &Arc<Cache>) -> Result<(), StoreError> {
    let options = (*pool.connect_options()).clone();
    let own = PgPoolOptions::new()
        .max_connections(1)
        .acquire_timeout(PATIENCE)
        .max_lifetime(None)
        .idle_timeout(None)
        .connect_lazy_with(options);
    let listener = listen(&own).await?;
    tokio::spawn(watch(own, listener, Arc::downgrade(cache)));
    Ok(())
}

async fn listen(pool: &PgPool) -> Result<PgListener, StoreError> {
    let listening = async {
        let mut listener = PgListener::connect_with(pool).await?;
        listener.eager_reconnect(false);
        listener.listen(CHANNEL).await?;
        Ok(listener)
    };
    match timeout(PATIENCE, listening).await {
        Ok(listener) => listener.map_err(|error: Error| refused(&error)),
        Err(_) => Err(away("PostgreSQL does not answer")),
    }
}

async fn watch(pool: PgPool, listener: PgListener, cache: Weak<Cache>) {
    let mut listener = Some(listener);
    let beat = beat();
    while let Some(cache) = cache.upgrade() {
        let heard = match &mut listener {
            Some(listener) => hear(listener, &beat, &cache).await,
            None => Err(away("the connection that listens is lost")),
        };
        if let Err(error) = heard {
            if listener.take().is_some() {
                tracing::error!(cause = %error, "changes by others cannot be heard");
            }
            // What is written from here on is not known, nor whether open doors should be.
            cache.blind();
            cache.changed_outside(&Revoked::Somebody);
            sleep(BEAT).await;
            listener = listen(&pool).await.ok();
        }
    }
}

/// One round: sends the word, and hears what comes until it is time for the next.
async fn hear(listener: &mut PgListener, beat: &str, cache: &Cache) -> Result<(), StoreError> {
    let sent = Instant::now();
    let next = tokio::time::Instant::now() + BEAT;
    let values = [CHANNEL.into(), WORD.into()];
    let round = statement::rows(&mut *listener, beat, &values);
    let rows = match timeout(PATIENCE, round).await {
        Ok(rows) => rows.map_err(|error| refused(&error))?,
        Err(_) => return Err(away("PostgreSQL does not answer")),
    };
    let Some(row) = rows.first() else {
        return Err(away("PostgreSQL says nothing"));
    };
    let (is_everything_told, own): (bool, i64) = (row.get(0)?, row.get(1)?);
    if !is_everything_told {
        cache.blind();
        cache.forget();
    }
    while let Ok(notice) = timeout_at(next, listener.try_recv()).await {
        let notice = notice.map_err(|error| refused(&error))?;
        let notice = notice.ok_or_else(|| away("the connection that listens was lost"))?;
        match notice.payload() {
            WORD if i64::from(notice.process_id()) != own => {}
            WORD if is_everything_told => cache.seen(sent),
            WORD => {}
            _ => apply(&notice, cache),
        }
    }
    Ok(())
}

fn apply(notice: &PgNotification, cache: &Cache) {
    let payload = notice.payload();
    let user = payload.strip_prefix(USER).and_then(|id| id.parse().ok());
    match user {
        Some(id) => cache.changed_outside(&Revoked::User(UserId::Integer(id))),
        None if payload == CACHE => cache.forget(),
        None => cache.changed_outside(&Revoked::Somebody),
    }
}
