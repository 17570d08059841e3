//! Changes that others make, as Django beside us or somebody at a prompt: triggers write them into `portcullis_change`, and
//! each node reads there.
//!
//! A row of it has the model, the key, and the row as it was, as far as rules can be about it. The server's own writes say
//! who they are (`writing`), and are passed over by the triggers: they are told of otherwise.

mod before;
mod log;
mod triggers;
mod writing;

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use crate::error::LiveError;
use crate::live::Live;

pub(crate) use writing::Writing;

/// How often it is looked.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// How often old rows are taken out.
const PRUNE_EVERY: u32 = 600;

impl Live {
    /// Adds the triggers to the tables of all models, where they are not there as they should be, and tells of what others
    /// change from now on, within a tenth of a second or two. The tables get nothing but triggers, whose names start with
    /// `portcullis_change`; on PostgreSQL each is locked for that moment.
    ///
    /// Whether rows with relations to others were seen before such a change is judged by those relations as they are
    /// afterwards.
    ///
    /// # Errors
    /// When the database fails, was not migrated, or the tables are not ours to change.
    pub async fn hear_outside(&self) -> Result<(), LiveError> {
        triggers::add(&self.inner).await?;
        if !self.inner.bus.writing.turn_on() {
            return Ok(());
        }
        let mut log = log::Log::from_now(&self.inner).await?;
        let live = Arc::downgrade(&self.inner);
        tokio::spawn(async move {
            let mut ticks = interval(LOOK_EVERY);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            let mut until_pruned = 0;
            loop {
                ticks.tick().await;
                let Some(inner) = live.upgrade() else {
                    return;
                };
                if let Err(error) = log.read(&inner).await {
                    tracing::warn!(?error, "changes that others make could not be read");
                }
                if until_pruned == 0 {
                    until_pruned = PRUNE_EVERY;
                    if let Err(error) = log::prune(&inner).await {
                        tracing::warn!(?error, "old changes could not be taken out");
                    }
                }
                until_pruned -= 1;
            }
        });
        Ok(())
    }

    /// Takes the triggers out again, of whichever tables; how many there were.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget_outside(&self) -> Result<usize, LiveError> {
        triggers::remove(&self.inner).await
    }
}
