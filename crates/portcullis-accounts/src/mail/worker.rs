//! The worker: takes mail that is due out of the outbox, and sends it.

use std::sync::Arc;
use std::time::Duration;

use portcullis_core::{DueMail, MailClaim, OutboxStore, OutgoingMail, StoreError};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, sleep_until, timeout};

use super::mailer::{Inner, Mailer};
use super::transport::SendError;

/// How many mails are taken and sent at once.
const BATCH: u32 = 10;

/// How long the outbox is not looked at when nobody wakes the worker: for other nodes' mail, and
/// for what is to be tried again.
const PAUSE: Duration = Duration::from_secs(5);

/// How long the rows of mails that were sent or given up are kept, and how often they are removed.
const KEPT: time::Duration = time::Duration::days(7);
const CLEARED_EVERY: Duration = Duration::from_secs(3600);

/// A running worker. Dropping it lets it run on; see [`stop`](Self::stop).
#[derive(Debug)]
pub struct MailWorker {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
    patience: Duration,
}

impl Mailer {
    /// Starts sending what is in the outbox. Any number of workers, on any number of nodes, may do so.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    #[must_use]
    pub fn spawn(&self, store: Arc<dyn OutboxStore>) -> MailWorker {
        let (stop, stopped) = watch::channel(false);
        MailWorker {
            stop,
            task: tokio::spawn(run(self.clone(), store, stopped)),
            patience: self.0.timeout + Duration::from_secs(5),
        }
    }

    /// Sends what is due, ten mails at most, and says how many were taken: sent or not.
    ///
    /// # Errors
    /// [`StoreError`] when the outbox cannot be read.
    pub async fn deliver_due(&self, store: &Arc<dyn OutboxStore>) -> Result<usize, StoreError> {
        let due = store.due_mail(self.0.clock.now(), BATCH).await?;
        let count = due.len();
        let mut sending = JoinSet::new();
        for mail in due {
            sending.spawn(deliver(Arc::clone(&self.0), Arc::clone(store), mail));
        }
        while let Some(ended) = sending.join_next().await {
            // It is taken again when its lease is over.
            if ended.is_err() {
                tracing::error!("sending a mail panicked");
            }
        }
        Ok(count)
    }
}

impl Mailer {
    /// Sends a mail past the outbox, once: to see whether it can be sent.
    ///
    /// # Errors
    /// [`SendError`] when it was not.
    pub async fn send_now(&self, mail: &OutgoingMail) -> Result<(), SendError> {
        let due = DueMail {
            claim: MailClaim {
                id: 0,
                number: 1,
                attempt: 1,
            },
            mail: mail.clone(),
        };
        send(&self.0, &due).await
    }
}

impl MailWorker {
    /// Sends what is due now, and ends; in no more time than one attempt may take, and five seconds.
    /// What could not be sent stays in the outbox.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        if timeout(self.patience, &mut self.task).await.is_err() {
            self.task.abort();
            tracing::warn!("sending mail was broken off");
        }
    }
}

async fn run(mailer: Mailer, store: Arc<dyn OutboxStore>, mut stopped: watch::Receiver<bool>) {
    let mut next_clearing = Instant::now();
    let mut is_failing = false;
    loop {
        let is_last = *stopped.borrow_and_update();
        let taken = mailer.deliver_due(&store).await;
        is_failing = tell(taken.as_ref().err(), is_failing);
        if taken.is_ok_and(|taken| taken == BATCH as usize) {
            continue;
        }
        if is_last {
            return;
        }
        if Instant::now() >= next_clearing {
            next_clearing = Instant::now() + CLEARED_EVERY;
            let before = mailer.0.clock.now() - KEPT;
            if let Err(error) = store.clear_sent(before).await {
                tracing::warn!(%error, "old mail was not removed");
            }
        }
        tokio::select! {
            () = mailer.0.woken.notified() => {}
            () = sleep_until(Instant::now() + PAUSE) => {}
            // Whoever dropped the handle wants the worker to go on.
            Ok(()) = stopped.changed() => {}
        }
    }
}

/// Says once that the outbox cannot be read, and once that it can again.
fn tell(error: Option<&StoreError>, was_failing: bool) -> bool {
    match error {
        Some(error) if !was_failing => tracing::warn!(%error, "the outbox cannot be read"),
        None if was_failing => tracing::info!("the outbox can be read again"),
        _ => {}
    }
    error.is_some()
}

/// Sends one mail and writes down what came of it.
async fn deliver(inner: Arc<Inner>, store: Arc<dyn OutboxStore>, due: DueMail) {
    let claim = due.claim;
    let (id, attempt, kind) = (claim.id, claim.attempt, due.mail.kind.as_str());
    let written = match send(&inner, &due).await {
        Ok(()) => {
            tracing::info!(
                mail = id,
                kind,
                attempt,
                event = "mail",
                outcome = "sent",
                "mail sent"
            );
            store.mark_sent(claim, inner.clock.now()).await
        }
        Err(error) => {
            let why = format!("{}: {}", error.summary, error.detail);
            let now = inner.clock.now();
            let next = store.mark_failed(claim, error.failed, &why, now).await;
            if let Ok(None) = next {
                tracing::error!(mail = id, kind, attempt, %error, event = "mail", outcome = "given up", "mail was not sent");
            } else {
                tracing::warn!(mail = id, kind, attempt, %error, event = "mail", outcome = "later", "mail was not sent");
            }
            next.map(|_| ())
        }
    };
    if let Err(error) = written {
        tracing::warn!(mail = id, kind, %error, "what came of a mail was not written down");
    }
}

async fn send(inner: &Inner, due: &DueMail) -> Result<(), SendError> {
    let mail = inner.sender.encode(due)?;
    let sending = timeout(inner.timeout, inner.transport.send(&mail));
    sending
        .await
        .unwrap_or_else(|_| Err(too_long(inner.timeout)))
}

fn too_long(limit: Duration) -> SendError {
    let seconds = limit.as_secs_f64();
    SendError::passing("it took too long", format!("more than {seconds} s"))
}
