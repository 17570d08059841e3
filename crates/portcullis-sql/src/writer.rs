//! The one writer: a thread with the only connection that writes, one transaction a command.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use portcullis_core::StoreError;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::sync::oneshot;

type Command = Box<dyn FnOnce(&mut Connection) + Send>;

/// How many commands may wait; the next is told that the database is busy.
const QUEUE: usize = 1024;

/// Sends commands to the writer's thread.
#[derive(Clone, Debug)]
pub(crate) struct Writer {
    queue: SyncSender<Command>,
}

impl Writer {
    /// Starts the thread, which ends when the last `Writer` is gone.
    pub(crate) fn start(connection: Connection) -> Result<Self, StoreError> {
        let (queue, commands) = sync_channel(QUEUE);
        thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(move || work(connection, &commands))
            .map_err(|error| StoreError::Unavailable(error.to_string()))?;
        Ok(Self { queue })
    }

    /// Runs one command in one transaction: it is durable when this returns `Ok`, or undone.
    pub(crate) async fn run<T, E, F>(&self, command: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&Transaction<'_>) -> Result<T, E> + Send + 'static,
    {
        let (answer, result) = oneshot::channel();
        let command: Command = Box::new(move |connection| {
            let _ = answer.send(transact(connection, command));
        });
        let away = |text: &str| E::from(StoreError::Unavailable(text.to_owned()));
        self.queue
            .try_send(command)
            .map_err(|_| away("too many writes are waiting"))?;
        result.await.map_err(|_| away("the command failed"))?
    }
}

fn transact<T, E: From<StoreError>>(
    connection: &mut Connection,
    command: impl FnOnce(&Transaction<'_>) -> Result<T, E>,
) -> Result<T, E> {
    let failed = |error: rusqlite::Error| E::from(unavailable(&error));
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(failed)?;
    // An early return drops the transaction, which rolls it back.
    let value = command(&transaction)?;
    transaction.commit().map_err(failed)?;
    Ok(value)
}

fn work(mut connection: Connection, commands: &Receiver<Command>) {
    while let Ok(command) = commands.recv() {
        if catch_unwind(AssertUnwindSafe(|| command(&mut connection))).is_err() {
            tracing::error!("a database command panicked");
        }
    }
}

/// The store's error for one of SQLite's.
pub(crate) fn unavailable(error: &rusqlite::Error) -> StoreError {
    StoreError::Unavailable(error.to_string())
}
