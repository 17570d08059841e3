//! Looking after many connections together: those that want to know whether they still stand are asked about
//! in rounds, a few statements each.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use portcullis_core::{Clock, Standing, StandingStore};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout_at};

/// How many are asked about at a time.
const MOST: usize = 500;
/// How long a round waits for more when somebody has told of a change.
const AT_ONCE: Duration = Duration::from_millis(5);
/// How many may wait for a round; beyond, who asks waits.
const WAITING: usize = 20_000;

/// What is known of somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stand {
    /// All is as it was.
    Firm,
    /// Something has changed: look closer.
    Moved,
    /// The database does not answer.
    Unknown,
}

/// One that wants to know.
struct Asked {
    standing: Standing,
    /// How long it can wait for others.
    patience: Duration,
    answer: oneshot::Sender<Stand>,
}

/// Asks in rounds; clones share them.
#[derive(Clone)]
pub(crate) struct Rounds(Arc<Shared>);

struct Shared {
    store: Arc<dyn StandingStore>,
    clock: Arc<dyn Clock>,
    /// The way to the task that asks, which is there from the first question on.
    task: OnceLock<mpsc::Sender<Asked>>,
}

impl Rounds {
    pub(crate) fn new(store: Arc<dyn StandingStore>, clock: Arc<dyn Clock>) -> Self {
        Self(Arc::new(Shared {
            store,
            clock,
            task: OnceLock::new(),
        }))
    }

    /// How somebody stands, as found in the next round: within `patience`, or, where there is none because
    /// somebody told of a change, within moments.
    pub(crate) async fn ask(&self, standing: Standing, patience: Option<Duration>) -> Stand {
        let patience = patience.unwrap_or(AT_ONCE);
        let (answer, answered) = oneshot::channel();
        let asked = Asked {
            standing,
            patience,
            answer,
        };
        let task = self.0.task.get_or_init(|| {
            let (sender, waiting) = mpsc::channel(WAITING);
            let (store, clock) = (Arc::clone(&self.0.store), Arc::clone(&self.0.clock));
            tokio::spawn(run(store, clock, waiting));
            sender
        });
        match task.send(asked).await {
            Ok(()) => answered.await.unwrap_or(Stand::Moved),
            // The task ends with the runtime alone: whoever asks looks closer by themselves.
            Err(_) => Stand::Moved,
        }
    }
}

impl fmt::Debug for Rounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Rounds(..)")
    }
}

async fn run(
    store: Arc<dyn StandingStore>,
    clock: Arc<dyn Clock>,
    mut waiting: mpsc::Receiver<Asked>,
) {
    while let Some(first) = waiting.recv().await {
        let mut until = Instant::now() + first.patience;
        let mut round = vec![first];
        while round.len() < MOST {
            match timeout_at(until, waiting.recv()).await {
                Ok(Some(asked)) => {
                    until = until.min(Instant::now() + asked.patience);
                    round.push(asked);
                }
                Ok(None) | Err(_) => break,
            }
        }
        let standings: Vec<Standing> = round.iter().map(|asked| asked.standing.clone()).collect();
        let found = store.are_standing(&standings, clock.now()).await;
        match found {
            Ok(found) => {
                let mut found = found.into_iter();
                for asked in round {
                    let stand = match found.next() {
                        Some(true) => Stand::Firm,
                        Some(false) | None => Stand::Moved,
                    };
                    // Whoever has gone meanwhile needs no answer.
                    let _ = asked.answer.send(stand);
                }
            }
            Err(error) => {
                tracing::warn!(%error, "connections could not be looked after");
                // Neither do those who wait get an answer: each question takes the database's whole patience.
                while let Ok(asked) = waiting.try_recv() {
                    round.push(asked);
                }
                for asked in round {
                    let _ = asked.answer.send(Stand::Unknown);
                }
            }
        }
    }
}
